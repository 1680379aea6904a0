package conformance

import (
	"context"
	"fmt"
	"strings"

	"bellhop/chipchat"
)

// resource is a method of a resource, as "users.list".
func (p *play) resource(ctx context.Context, name string, args []any) (any, error) {
	plural, method, _ := strings.Cut(name, ".")
	r := chipchat.ResourceOf[chipchat.Document](p.bot, plural)
	id := func() chipchat.ID { return chipchat.ID(args[0].(string)) }
	query := func(i int) chipchat.Query {
		if len(args) <= i {
			return nil
		}
		return chipchat.Query(args[i].(map[string]any))
	}
	switch method {
	case "list":
		return list(ctx, r, query(0))
	case "get":
		return r.Get(ctx, id(), query(1))
	case "create":
		return r.Create(ctx, args[0])
	case "update":
		return r.Update(ctx, id(), args[1])
	case "delete":
		return nil, r.Delete(ctx, id())
	case "replace":
		m, err := p.bot.Messages.Replace(ctx, id(), args[1])
		if err != nil {
			return nil, err
		}
		return m.Raw, nil
	}
	return nil, fmt.Errorf("there is no method %s", name)
}

// list is a list call as the original has it: with pagination among its options.
func list(ctx context.Context, r *chipchat.Resource[chipchat.Document], q chipchat.Query) (any, error) {
	all := []chipchat.Document{}
	pagination, ok := q["pagination"].(map[string]any)
	if !ok {
		page, err := r.List(ctx, q)
		if err != nil {
			return nil, err
		}
		return append(all, page.Items...), nil
	}
	q = chipchat.Query(merge(q, object{"pagination": nil, "offset": pagination["offset"]}))
	if pagination["iterate"] == true {
		for item, err := range r.Each(ctx, q, pagingOf(pagination)) {
			if err != nil {
				return nil, err
			}
			all = append(all, item)
		}
		return all, nil
	}
	items, err := r.All(ctx, q, pagingOf(pagination))
	return append(all, items...), err
}
