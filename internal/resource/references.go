package resource

import (
	"context"
	"slices"

	"bellhop"
)

// reference is an id that a client sent, and where.
type reference struct {
	kind *bellhop.Kind
	path string // of the field: categories.forms
	id   bellhop.ID
}

// checkReferences returns an Invalid error if a client points to what does not exist for
// him (docs/contract/resources.md section 2). What the resource has pointed to before it may
// go on pointing to: others may have deleted it meanwhile. Each kind is asked for once.
func (r *Resources) checkReferences(ctx context.Context, c *Change) error {
	sent := references(c.Kind.Fields, c.Sent, "", nil)
	if len(sent) == 0 {
		return nil
	}
	if c.Old != nil {
		var stored map[string]any
		if err := c.Old.Decode(&stored); err != nil {
			return err
		}
		known := map[reference]bool{}
		for _, ref := range references(c.Kind.Fields, stored, "", nil) {
			known[ref] = true
		}
		sent = slices.DeleteFunc(sent, func(ref reference) bool { return known[ref] })
	}
	asked := map[*bellhop.Kind][]bellhop.ID{}
	for _, ref := range sent {
		asked[ref.kind] = append(asked[ref.kind], ref.id)
	}
	there := map[bellhop.ID]bool{}
	for kind, ids := range asked {
		slices.Sort(ids)
		found, err := c.Tx.Present(ctx, kind, slices.Compact(ids), c.Caller.Visible(kind))
		if err != nil {
			return err
		}
		for _, id := range found {
			there[id] = true
		}
	}
	for _, ref := range sent {
		if !there[ref.id] {
			return bellhop.InvalidField(ref.path, "points to a %s that does not exist: %s", ref.kind.Name, ref.id)
		}
	}
	return nil
}

// references appends the ids in object that stand where the registry has a Ref, in the
// order of the registry. What a client cannot set, and what rules look after, is left out.
func references(fields []bellhop.Field, object map[string]any, path string, refs []reference) []reference {
	for i := range fields {
		field := &fields[i]
		if field.ReadOnly || field.Ruled {
			continue
		}
		values, ok := object[field.Name].([]any)
		if !ok {
			values = []any{object[field.Name]}
		}
		for _, value := range values {
			switch value := value.(type) {
			case map[string]any:
				refs = references(field.Fields, value, path+field.Name+".", refs)
			case string:
				if kind := bellhop.KindNamed(field.Ref); field.Type == bellhop.Ref && kind != nil {
					refs = append(refs, reference{kind, path + field.Name, bellhop.ID(value)})
				}
			}
		}
	}
	return refs
}
