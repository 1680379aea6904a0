package conversation

import (
	"context"
	"maps"
	"strings"
	"unicode"
	"unicode/utf8"

	"bellhop"
)

// fieldOrder is what a field message sets: ".key value" (docs/contract/conversations.md
// section 5, field).
type fieldOrder struct {
	form       bellhop.ID // empty if the server is to find where the key belongs
	category   category   // of the form, where it is active in several
	key, value string
}

// splitField takes a text ".key value" apart. The value is all after one white space, valued
// whether there is that.
func splitField(text string) (key, value string, valued bool) {
	rest, ok := strings.CutPrefix(text, ".")
	if !ok {
		return "", "", false
	}
	end := strings.IndexFunc(rest, unicode.IsSpace)
	if end < 0 {
		return rest, "", false
	}
	_, separator := utf8.DecodeRuneInString(rest[end:])
	return rest[:end], rest[end+separator:], true
}

// readField reads what a field message sets, and writes it to meta.
func readField(m *bellhop.Message) (*fieldOrder, error) {
	o := new(fieldOrder)
	o.key, o.value, _ = splitField(m.Text)
	if o.key == "" {
		return nil, bellhop.InvalidField("text", "of a field must be .key value")
	}
	var err error
	if o.form, err = formIn(m.Meta); err != nil {
		return nil, err
	}
	if o.category, err = categoryIn(m.Meta); err != nil {
		return nil, err
	}
	m.Meta["key"], m.Meta["value"] = o.key, o.value
	return o, nil
}

// settle returns d as a field if it has no type and its word is a field of an active form.
func (s *stream) settle(ctx context.Context, d *draft) (*draft, error) {
	if d.word == "" {
		return d, nil
	}
	i, err := s.formWith(ctx, d.word)
	if err != nil || i < 0 {
		return d, err
	}
	field := *d
	field.word = ""
	field.message.Type = bellhop.FieldMessage
	field.message.Meta = cloned(d.message.Meta)
	return &field, field.complete()
}

// fillIn sets a field, in the active form or in the contact's profile.
func (s *stream) fillIn(ctx context.Context, o *fieldOrder) error {
	i, err := s.formFor(ctx, o)
	if err != nil {
		return err
	}
	if i < 0 {
		return s.setProfile(ctx, o.key, o.value)
	}
	f := &s.conv.Forms[i]
	f.Values = cloned(f.Values)
	if o.value == "" {
		delete(f.Values, o.key)
	} else {
		f.Values[o.key] = o.value
	}
	return nil
}

// formFor returns the index of the active form that a field is of, -1 if it is of none.
func (s *stream) formFor(ctx context.Context, o *fieldOrder) (int, error) {
	if o.form == "" {
		return s.formWith(ctx, o.key)
	}
	categories, err := categoriesOf(ctx, s.plan.tx, s.conv.Organization)
	if err != nil {
		return -1, err
	}
	index, found := o.category.of(s.conv, categories), -1
	for i, f := range s.conv.Forms {
		switch {
		case f.ID != o.form:
		case f.CategoryIndex == index:
			return i, nil
		case found < 0 && !o.category.given && o.category.name == "":
			found = i
		}
	}
	if found < 0 {
		return -1, bellhop.InvalidField("meta.form", "is no active form of the conversation")
	}
	return found, nil
}

// formWith returns the index of the active form that has a field of that key: one of the
// conversation's category before the others, which count in their order; -1 if none has.
func (s *stream) formWith(ctx context.Context, key string) (int, error) {
	found := -1
	for i, active := range s.conv.Forms {
		f, err := s.plan.form(ctx, active.ID)
		if bellhop.HasCode(err, bellhop.NotFound) {
			continue // deleted since
		}
		if err != nil {
			return -1, err
		}
		switch {
		case !f.has(key):
		case active.CategoryIndex == s.conv.CategoryIndex:
			return i, nil
		case found < 0:
			found = i
		}
	}
	return found, nil
}

// cloned returns a copy that can be written to.
func cloned(m map[string]any) map[string]any {
	c := make(map[string]any, len(m)+1)
	maps.Copy(c, m)
	return c
}
