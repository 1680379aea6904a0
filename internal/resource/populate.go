package resource

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/query"
	"bellhop/internal/store"
)

// What is laid into one answer at most; ids beyond it stay ids: paths that go back and forth between
// kinds would grow without end.
const (
	maxPopulated      = 100_000  // resources
	maxPopulatedBytes = 64 << 20 // of them together

	readAtOnce = 100 // with one statement
)

// population replaces ids by the resources that they name
// (docs/contract/resources.md section 4, "populate"), in all resources of an answer together: it
// finds the ids to which paths lead, reads all of one kind at once, lays them in, and goes on with
// what paths name in these.
type population struct {
	r      *Resources
	tx     *store.Tx
	caller *account.Caller

	found map[target]json.RawMessage // what was read; nil for an id that stays an id
	read  int                        // bytes of these
	slots []slot                     // that have an id
	count int                        // resources laid in
	size  int                        // bytes of these
}

// target names a resource.
type target struct {
	kind *bellhop.Kind
	id   bellhop.ID
}

// slot is a place in an answer that holds an id, and where paths go on in the resource.
type slot struct {
	value *any
	of    target
	below []*branch
}

func (p *population) populate(ctx context.Context, kind *bellhop.Kind, bodies []json.RawMessage, paths []query.Path) ([]json.RawMessage, error) {
	branches := branchesOf(paths)
	answers := make([]any, len(bodies))
	for i, body := range bodies {
		answers[i] = body
		if err := p.follow(&answers[i], nil, kind.Fields, branches); err != nil {
			return nil, fmt.Errorf("populate a %s: %w", kind.Name, err)
		}
	}
	for len(p.slots) > 0 {
		slots := p.slots
		p.slots = nil
		if err := p.readAll(ctx, slots); err != nil {
			return nil, err
		}
		for _, s := range slots {
			if err := p.fill(s); err != nil {
				return nil, fmt.Errorf("populate a %s with %s %s: %w", kind.Name, s.of.kind.Name, s.of.id, err)
			}
		}
	}
	populated := make([]json.RawMessage, len(answers))
	for i, answer := range answers {
		populated[i] = appendTree(make([]byte, 0, len(bodies[i])), answer)
	}
	return populated, nil
}

// follow looks for the ids to which branches lead from value: itself an id of kind, an object with
// these fields, or an array of such.
func (p *population) follow(value *any, kind *bellhop.Kind, fields []bellhop.Field, branches []*branch) error {
	raw, _ := (*value).(json.RawMessage)
	switch {
	case len(raw) == 0:
	case raw[0] == '"' && kind != nil:
		var id bellhop.ID
		if err := json.Unmarshal(raw, &id); err != nil {
			return err
		}
		p.slots = append(p.slots, slot{value, target{kind, id}, branches})
	case raw[0] == '[':
		list, err := listOf(raw)
		if err != nil {
			return err
		}
		*value = list
		for i := range list {
			if err := p.follow(&list[i], kind, fields, branches); err != nil {
				return err
			}
		}
	case raw[0] == '{' && len(branches) > 0:
		tree, err := treeOf(raw)
		if err != nil {
			return err
		}
		*value = tree
		return p.followInto(tree, fields, branches)
	}
	return nil
}

func (p *population) followInto(tree *tree, fields []bellhop.Field, branches []*branch) error {
	for _, b := range branches {
		i := slices.IndexFunc(tree.members, func(m member) bool { return m.name == b.name })
		if i < 0 {
			continue
		}
		kind, inner := referred(b.name), []bellhop.Field(nil)
		if at := slices.IndexFunc(fields, func(f bellhop.Field) bool { return f.Name == b.name }); at >= 0 {
			kind, inner = nil, fields[at].Fields
			switch fields[at].Type {
			case bellhop.Ref:
				kind = bellhop.KindNamed(fields[at].Ref)
			case bellhop.Any:
				kind = referred(b.name)
			}
		}
		if err := p.follow(&tree.members[i].value, kind, inner, b.below); err != nil {
			return err
		}
	}
	return nil
}

// referred returns the kind that a field refers to which nobody declared, by its name; nil if that says
// nothing. The names are those of the contract.
func referred(name string) *bellhop.Kind {
	switch name {
	case "createdBy":
		return bellhop.Users
	case "parent":
		return bellhop.Organizations
	case "messages":
		return bellhop.Messages
	case "forms":
		return bellhop.Forms
	case "organization", "user", "conversation", "contact", "bot", "channel", "service", "form":
		return bellhop.KindNamed(name)
	}
	return nil
}

// readAll reads what slots refer to and was not read yet.
func (p *population) readAll(ctx context.Context, slots []slot) error {
	missing := map[*bellhop.Kind][]bellhop.ID{}
	for _, s := range slots {
		if _, known := p.found[s.of]; !known && p.read < maxPopulatedBytes {
			p.found[s.of] = nil
			if s.of.id.Valid() {
				missing[s.of.kind] = append(missing[s.of.kind], s.of.id)
			}
		}
	}
	for _, kind := range bellhop.Kinds() {
		for ids := range slices.Chunk(missing[kind], readAtOnce) {
			if p.read >= maxPopulatedBytes {
				return nil
			}
			if err := p.readSome(ctx, kind, ids); err != nil {
				return err
			}
		}
	}
	return nil
}

// readSome finds the resources as the caller is shown them. What does not exist for him is not found.
func (p *population) readSome(ctx context.Context, kind *bellhop.Kind, ids []bellhop.ID) error {
	docs, err := p.tx.Documents(ctx, kind, ids)
	if err != nil {
		return err
	}
	for _, doc := range docs {
		err := p.r.may(p.caller, kind, Read, doc)
		if _, refused := errors.AsType[*bellhop.Error](err); refused {
			continue
		}
		if err != nil {
			return err
		}
		body, err := p.r.show(ctx, p.tx, p.caller, kind, doc, true)
		if err != nil {
			return err
		}
		p.found[target{kind, doc.ID}] = body
		p.read += len(body)
	}
	return nil
}

// fill lays the resource in of which the id is in the slot.
func (p *population) fill(s slot) error {
	body := p.found[s.of]
	if body == nil || p.count >= maxPopulated || p.size+len(body) > maxPopulatedBytes {
		return nil
	}
	p.count++
	p.size += len(body)
	*s.value = body
	return p.follow(s.value, nil, s.of.kind.Fields, s.below)
}
