package resource

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/event"
	"bellhop/internal/query"
	"bellhop/internal/store"
)

// present returns a document as caller is shown it, with what q populates and selects.
func (r *Resources) present(ctx context.Context, tx *store.Tx, caller *account.Caller, kind *bellhop.Kind, doc *bellhop.Document, q *query.Query, listed bool) (json.RawMessage, error) {
	body, err := r.show(ctx, tx, caller, kind, doc, listed)
	if err != nil {
		return nil, err
	}
	if len(q.Populate) > 0 {
		p := population{r: r, tx: tx, caller: caller}
		if body, err = p.populate(ctx, kind, body, q.Populate); err != nil {
			return nil, err
		}
	}
	return query.Project(body, q.Select), nil
}

func (r *Resources) show(ctx context.Context, tx *store.Tx, caller *account.Caller, kind *bellhop.Kind, doc *bellhop.Document, listed bool) (json.RawMessage, error) {
	rules := r.rules[kind]
	switch {
	case listed && rules.List != nil:
		return rules.List(ctx, tx, caller, doc)
	case rules.Show != nil:
		return rules.Show(ctx, tx, caller, doc)
	}
	return doc.Body, nil
}

// population replaces ids by the resources that they name
// (docs/contract/resources.md section 4, "populate").
type population struct {
	r      *Resources
	tx     *store.Tx
	caller *account.Caller
	found  map[target]json.RawMessage // what was read before; nil for an id that stays an id
	count  int                        // resources laid in
}

// target names a resource. A bot and its user have one id.
type target struct {
	kind *bellhop.Kind
	id   bellhop.ID
}

func (p *population) populate(ctx context.Context, kind *bellhop.Kind, body json.RawMessage, paths []query.Path) (json.RawMessage, error) {
	var object map[string]any
	if err := json.Unmarshal(body, &object); err != nil {
		return nil, fmt.Errorf("populate a %s: %w", kind.Name, err)
	}
	p.found = map[target]json.RawMessage{}
	for _, path := range paths {
		if err := p.walk(ctx, kind.Fields, object, path); err != nil {
			return nil, err
		}
	}
	return event.AppendValue(nil, object)
}

// walk follows path through object, whose fields are declared by fields.
func (p *population) walk(ctx context.Context, fields []bellhop.Field, object map[string]any, path query.Path) error {
	for i := range fields {
		field := &fields[i]
		if field.Name != path[0] {
			continue
		}
		if list, ok := object[field.Name].([]any); ok {
			for i := range list {
				if err := p.step(ctx, field, &list[i], path[1:]); err != nil {
					return err
				}
			}
			return nil
		}
		value := object[field.Name]
		if err := p.step(ctx, field, &value, path[1:]); err != nil {
			return err
		}
		if value != nil {
			object[field.Name] = value
		}
	}
	return nil
}

func (p *population) step(ctx context.Context, field *bellhop.Field, value *any, rest query.Path) error {
	switch v := (*value).(type) {
	case map[string]any:
		if len(rest) == 0 {
			return nil
		}
		fields := field.Fields
		if kind := bellhop.KindNamed(field.Ref); field.Type == bellhop.Ref && kind != nil {
			fields = kind.Fields // populated by a path before this one
		}
		return p.walk(ctx, fields, v, rest)
	case string:
		kind := bellhop.KindNamed(field.Ref)
		if field.Type != bellhop.Ref || kind == nil {
			return nil
		}
		found, err := p.fetch(ctx, kind, bellhop.ID(v))
		if err != nil || found == nil {
			return err
		}
		*value = found
		if len(rest) == 0 {
			return nil
		}
		return p.walk(ctx, kind.Fields, found, rest)
	}
	return nil
}

// maxPopulated bounds how many resources are laid into one: paths that go back and forth
// between kinds would grow without end. What is beyond it stays an id.
const maxPopulated = 10_000

// fetch returns the resource of that id as the caller is shown it, or nil: then the id
// stays. Every call returns another object, since each is populated by itself.
func (p *population) fetch(ctx context.Context, kind *bellhop.Kind, id bellhop.ID) (map[string]any, error) {
	key := target{kind, id}
	body, known := p.found[key]
	if !known {
		var err error
		if body, err = p.read(ctx, kind, id); err != nil {
			return nil, err
		}
		p.found[key] = body
	}
	if body == nil || p.count >= maxPopulated {
		return nil, nil
	}
	p.count++
	var object map[string]any
	err := json.Unmarshal(body, &object)
	return object, err
}

// read returns nil for what does not exist for the caller.
func (p *population) read(ctx context.Context, kind *bellhop.Kind, id bellhop.ID) (json.RawMessage, error) {
	doc, err := p.r.readable(ctx, p.tx, p.caller, kind, id, Read)
	if _, refused := errors.AsType[*bellhop.Error](err); refused {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return p.r.show(ctx, p.tx, p.caller, kind, doc, true)
}
