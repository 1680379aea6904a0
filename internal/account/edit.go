package account

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"bellhop"
	"bellhop/internal/event"
	"bellhop/internal/store"
)

// Edit is one create or update under way, in a transaction. The rules of a kind complete
// and check Fields, and set New's Secret, Keys and Parent, and its owner where that
// follows from Fields; who calls them stores New afterwards, with Fields as its body.
type Edit struct {
	Tx     *store.Tx
	Caller *Caller
	Now    bellhop.Time

	Old *bellhop.Document // nil on create
	New *bellhop.Document // with its id, its owner and its times

	// Fields is the whole resource, decoded from JSON: with the registry's defaults on
	// create, merged over Old on update.
	Fields map[string]any

	// Sent is what the client sent.
	Sent map[string]any

	// Touched is set by the rules to a user that they have changed along.
	Touched *bellhop.Document
}

// text returns a field that holds a string, else "".
func (e *Edit) text(name string) string {
	s, _ := e.Fields[name].(string)
	return s
}

// set puts a field, or removes it if it is an empty string.
func (e *Edit) set(name, value string) {
	if value == "" {
		delete(e.Fields, name)
	} else {
		e.Fields[name] = value
	}
}

// own makes an organization the owner of what is stored.
func (e *Edit) own(organization bellhop.ID, orgPath string) {
	e.New.Organization, e.New.OrgPath = organization, orgPath
	e.Fields["organization"], e.Fields["orgPath"] = string(organization), orgPath
}

// decode reads Fields into v. A field of another type than v's is the client's mistake.
func (e *Edit) decode(v any) error {
	text, err := event.AppendValue(nil, e.Fields)
	if err != nil {
		return err
	}
	err = json.Unmarshal(text, v)
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return bellhop.InvalidField(wrong.Field, "has the wrong type")
	}
	return err
}

// before returns what is stored, decoded.
func (e *Edit) before() (map[string]any, error) {
	old := map[string]any{}
	return old, e.Old.Decode(&old)
}

// changed returns the names of the fields that the client sent and that differ from what
// is stored: to send back what was read asks for nothing.
func (e *Edit) changed() ([]string, error) {
	old, err := e.before()
	if err != nil {
		return nil, err
	}
	var names []string
	for name := range e.Sent {
		same, err := equal(old[name], e.Fields[name])
		if err != nil {
			return nil, err
		}
		if !same {
			names = append(names, name)
		}
	}
	return names, nil
}

func equal(x, y any) (bool, error) {
	a, err := event.AppendValue(nil, x)
	if err != nil {
		return false, err
	}
	b, err := event.AppendValue(nil, y)
	return bytes.Equal(a, b), err
}

// render makes fields the body of doc, with the fields that all resources have, in the
// order of the registry. So what is stored along with another resource has the bytes that
// it would have if it had been stored by itself, and does not seem to change later.
func render(kind *bellhop.Kind, doc *bellhop.Document, fields map[string]any) error {
	fields["id"] = string(doc.ID)
	fields["createdAt"], fields["updatedAt"] = doc.CreatedAt.String(), doc.UpdatedAt.String()
	if kind != bellhop.Organizations {
		fields["organization"], fields["orgPath"] = string(doc.Organization), doc.OrgPath
	}
	var names []string
	for _, f := range kind.Fields {
		if _, ok := fields[f.Name]; ok {
			names = append(names, f.Name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if kind.Field(name) == nil {
			names = append(names, name)
		}
	}
	body := []byte{'{'}
	for i, name := range names {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(event.AppendString(body, name), ':')
		var err error
		if body, err = event.AppendValue(body, fields[name]); err != nil {
			return fmt.Errorf("render %s of %s %s: %w", name, kind.Name, doc.ID, err)
		}
	}
	var err error
	// A free name may be an array index, which comes first.
	if doc.Body, err = event.Canonical(nil, append(body, '}')); err != nil {
		return fmt.Errorf("render %s %s: %w", kind.Name, doc.ID, err)
	}
	return nil
}

// place returns where an organization is, to which something is about to be added. It returns
// bellhop.Organizations.NotFound for one that is not there, or that caller does not see.
func place(ctx context.Context, tx *store.Tx, caller *Caller, organization bellhop.ID) (Place, error) {
	if err := tx.Keep(ctx, bellhop.Organizations, organization); err != nil {
		return Place{}, err
	}
	doc, err := tx.Document(ctx, bellhop.Organizations, organization)
	if err != nil {
		return Place{}, err
	}
	if caller.ScopeAt(doc.OrgPath) == bellhop.NoScope {
		return Place{}, bellhop.Organizations.NotFound()
	}
	return Place{Organization: doc.ID, OrgPath: doc.OrgPath}, nil
}
