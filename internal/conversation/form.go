package conversation

import (
	"context"
	"slices"
	"strings"

	"bellhop"
)

// formOrder is what a form message wants: "+Name" or "-Name", with the form in meta.form
// (docs/contract/conversations.md section 5, form).
type formOrder struct {
	form     bellhop.ID
	off      bool
	category category
}

// category is one of an organization, as a message names it; by its index, if it has one,
// else by its name, else it is the conversation's.
type category struct {
	index int
	given bool // the index
	name  string
}

// formOfText returns the id in a text "+<form id>", "" if it is none.
func formOfText(text string) bellhop.ID {
	if text == "" || text[0] != '+' && text[0] != '-' {
		return ""
	}
	if id := bellhop.ID(strings.TrimSpace(text[1:])); id.Valid() {
		return id
	}
	return ""
}

// readForm reads what a form message wants, and writes the form of its text to meta, where
// the others have it.
func readForm(m *bellhop.Message) (*formOrder, error) {
	if m.Text == "" || m.Text[0] != '+' && m.Text[0] != '-' {
		return nil, bellhop.InvalidField("text", "of a form must start with + or -")
	}
	o := &formOrder{off: m.Text[0] == '-'}
	var err error
	if o.form, err = formIn(m.Meta); err != nil {
		return nil, err
	}
	if o.form == "" {
		o.form = formOfText(m.Text)
		m.Meta["form"] = string(o.form)
	}
	if o.form == "" {
		return nil, bellhop.InvalidField("meta.form", "is required")
	}
	o.category, err = categoryIn(m.Meta)
	return o, err
}

// formIn reads meta.form.
func formIn(meta map[string]any) (bellhop.ID, error) {
	r := &reader{fields: meta, prefix: "meta.", err: new(error)}
	return r.id("form"), r.failed()
}

// categoryIn reads meta.categoryIndex, a number or its text, and meta.category.
func categoryIn(meta map[string]any) (category, error) {
	r := &reader{fields: meta, prefix: "meta.", err: new(error)}
	c := category{name: r.text("category"), given: r.has("categoryIndex")}
	if text, ok := meta["categoryIndex"].(string); !ok {
		c.index = r.category("categoryIndex")
	} else if c.index, ok = categoryIndex(text); !ok {
		r.fail("categoryIndex", "must be an integer from 0 to %d", bellhop.MaxCategory)
	}
	return c, r.failed()
}

// of returns the index of c in a conversation, -1 if there is none.
func (c category) of(conv *bellhop.Conversation, all []bellhop.Category) int {
	switch {
	case c.given:
		return c.index
	case c.name == "":
		return conv.CategoryIndex
	}
	return slices.IndexFunc(all, func(other bellhop.Category) bool { return strings.EqualFold(other.Name, c.name) })
}

// arrange activates or removes a form. One that is active can be removed also when the
// organization does not offer it any more.
func (s *stream) arrange(ctx context.Context, o *formOrder) error {
	categories, err := categoriesOf(ctx, s.plan.tx, s.conv.Organization)
	if err != nil {
		return err
	}
	index := o.category.of(s.conv, categories)
	active := slices.IndexFunc(s.conv.Forms, func(f bellhop.ActiveForm) bool { return f.ID == o.form && f.CategoryIndex == index })
	if o.off && active >= 0 {
		s.conv.Forms = slices.Delete(s.conv.Forms, active, active+1)
		return nil
	}
	if index < 0 || index >= len(categories) || !slices.Contains(categories[index].Forms, o.form) {
		return bellhop.InvalidField("meta.form", "is not assigned to the category")
	}
	if o.off || active >= 0 {
		return nil
	}
	form, err := s.plan.form(ctx, o.form)
	if err != nil {
		return err
	}
	s.conv.Forms = append(s.conv.Forms, bellhop.ActiveForm{
		ID: o.form, Name: form.Name, CategoryIndex: index, Values: map[string]any{},
	})
	return nil
}

// form is what a form asks for.
type form struct {
	Name   string `json:"name"`
	Fields []struct {
		Name string `json:"name"`
		Key  string `json:"key"`
	} `json:"fields"`
}

// has reports whether key is that of a field, or the name of one without a key.
func (f *form) has(key string) bool {
	for _, field := range f.Fields {
		if field.Key == key || field.Key == "" && strings.EqualFold(field.Name, key) {
			return key != ""
		}
	}
	return false
}

// form returns the form of that id.
func (p *plan) form(ctx context.Context, id bellhop.ID) (*form, error) {
	doc, err := p.tx.Document(ctx, bellhop.Forms, id)
	if err != nil {
		return nil, err
	}
	f := new(form)
	return f, doc.Decode(f)
}
