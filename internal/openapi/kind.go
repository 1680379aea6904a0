package openapi

import (
	"encoding/json"
	"slices"
	"strings"

	"bellhop"
)

// described is a kind with what the registry does not know of it.
type described struct {
	*bellhop.Kind
	note note
}

// resource reports whether a kind is one that is stored and populated; the others are lists
// in the dialect of resources.
func (d *described) resource() bool { return bellhop.KindNamed(d.Name) == d.Kind }

// addSchemas adds what the operations of a kind refer to.
func (d *described) addSchemas(to *Members[*Schema]) {
	to.set(d.Label, d.shown())
	if d.resource() {
		to.set(d.Label+"Input", d.sent(d.note.create, true))
		if d.note.patch != nil {
			to.set(d.Label+"Patch", d.sent(d.note.patch, false))
		}
	}
	to.set(d.Label+"Filter", d.filter())
}

// shown is the kind as answers have it. Nothing is required: a client may have selected some
// fields only; what is there whenever he has not says full.
func (d *described) shown() *Schema {
	s := object(nil).say(d.note.about)
	for i := range d.Fields {
		if f := &d.Fields[i]; f.Name != "password" {
			s.Properties.set(f.Name, d.shownField(f))
		}
	}
	for _, p := range d.note.extra {
		s.Properties.set(p.Name, p.Value)
	}
	if !d.Open {
		s.closed()
	} else {
		s.Description += " Fields of your own are stored and returned, too."
	}
	if d.note.refine != nil {
		d.note.refine(s)
	}
	return s
}

func (d *described) shownField(f *bellhop.Field) *Schema {
	n := d.note.fields.Get(f.Name)
	s := n.shown
	switch {
	case s != nil:
	case f.Name == "id":
		s = ref("Id")
	default:
		s = d.shownType(f)
	}
	about(s, n.say)
	s.ReadOnly = f.ReadOnly
	return s
}

// about describes s if there is something to say.
func about(s *Schema, description string) {
	if description != "" {
		s.Description = description
	}
}

func (d *described) shownType(f *bellhop.Field) *Schema { return listed(f, d.shownOne(f)) }

// listed makes s, what one value of f is, what all of f is.
func listed(f *bellhop.Field, s *Schema) *Schema {
	if f.List {
		return list(s)
	}
	return s
}

func (d *described) shownOne(f *bellhop.Field) *Schema {
	switch f.Type {
	case bellhop.Number:
		return number()
	case bellhop.Bool:
		return flag()
	case bellhop.Date:
		return ref("Time")
	case bellhop.Ref:
		if kind := bellhop.KindNamed(f.Ref); kind != nil {
			return either(ref("Id"), ref(kind.Label)).say("Id; the " + kind.Name + " itself if populated.")
		}
		return ref("Id")
	case bellhop.Object:
		s := free()
		for i := range f.Fields {
			s.Properties.set(f.Fields[i].Name, d.shownType(&f.Fields[i]))
		}
		if f.Fields != nil && !d.Open {
			s.closed()
		}
		return s
	case bellhop.Any:
		return anyJSON()
	}
	return text().oneOf(f.Enum...)
}

// part is an answer that may have been selected from: only the id is always there.
func (d *described) part() *Schema {
	return &Schema{AllOf: []*Schema{ref(d.Label), ref("Identified")}}
}

// full is a whole answer: with all that is always there.
func (d *described) full() *Schema {
	return &Schema{AllOf: []*Schema{ref(d.Label), (&Schema{}).with(d.always()...)}}
}

// always names what no whole answer lacks.
func (d *described) always() []string {
	names := []string{}
	for _, f := range d.Fields {
		switch {
		case f.Name == "createdBy", f.Name == "password":
		case f.Name == "id", f.Name == "createdAt", f.Name == "updatedAt", f.Name == "organization", f.Name == "orgPath",
			f.Required, f.Default != "":
			names = append(names, f.Name)
		}
	}
	return append(names, d.note.always...)
}

// sent is the kind as clients send it: null is as good as absent, and what is not described is
// ignored, or stored where the kind is open. It has the fields named by only, all for nil.
func (d *described) sent(only []string, create bool) *Schema {
	s := object(nil)
	for i := range d.Fields {
		f := &d.Fields[i]
		n := d.note.fields.Get(f.Name)
		if f.ReadOnly || n.ignored || only != nil && !slices.Contains(only, f.Name) {
			continue
		}
		s.Properties.set(f.Name, d.sentField(f, &n, create))
	}
	s.Description = "Read-only fields may be sent back as they were read; they are ignored, as is what is not described here."
	if d.Open {
		s.Description = "Read-only fields may be sent back as they were read; they are ignored. Fields of your own are stored and returned."
	}
	return s
}

func (d *described) sentField(f *bellhop.Field, n *fieldNote, create bool) *Schema {
	s := n.sent
	if s == nil {
		s = sentType(f).orNull()
	}
	about(s, n.say)
	if f.Default != "" && create && s.Ref == "" {
		s.Default = json.RawMessage(f.Default)
	}
	s.WriteOnly = f.Name == "password"
	return s
}

func sentType(f *bellhop.Field) *Schema { return listed(f, sentOne(f)) }

func sentOne(f *bellhop.Field) *Schema {
	switch f.Type {
	case bellhop.Number:
		return number()
	case bellhop.Bool:
		return flag()
	case bellhop.Date:
		return ref("SentTime")
	case bellhop.Ref:
		return ref("Id")
	case bellhop.Object:
		s := free()
		for i := range f.Fields {
			s.Properties.set(f.Fields[i].Name, sentType(&f.Fields[i]).orNull())
		}
		return s
	case bellhop.Any:
		return anyJSON()
	}
	return text().oneOf(f.Enum...)
}

// required are the fields that a new resource cannot do without.
func (d *described) required() []string {
	var names []string
	for _, f := range d.Fields {
		if f.Required {
			names = append(names, f.Name)
		}
	}
	return names
}

// createBody is the body that makes a resource.
func (d *described) createBody() *Schema {
	input := ref(d.Label + "Input")
	if required := d.required(); required != nil {
		return &Schema{AllOf: []*Schema{input, (&Schema{}).with(required...)}}
	}
	return input
}

// patchBody is the body that changes one.
func (d *described) patchBody() *Schema {
	if d.note.patch != nil {
		return ref(d.Label + "Patch")
	}
	return ref(d.Label + "Input")
}

// filter are the parameters of a list that are filters, by the names of fields. A dotted name
// reaches into objects, and any other name is a filter, too.
func (d *described) filter() *Schema {
	s := object(nil)
	for i := range d.Fields {
		f := &d.Fields[i]
		if f.Name == "password" {
			continue
		}
		s.Properties.set(f.Name, filtered(f))
		for j := range f.Fields {
			inner := &f.Fields[j]
			s.Properties.set(f.Name+"."+inner.Name, filtered(inner))
		}
	}
	s.Additional = ref("Filter")
	s.Description = "A filter on any field, also with a dotted path (`meta.intent`). All filters have to match."
	if d.note.mandatory != nil {
		s.Description += " At least one of " + code(d.note.mandatory...) + " has to be there."
		for _, name := range d.note.mandatory {
			s.AnyOf = append(s.AnyOf, (&Schema{}).with(name), (&Schema{}).with(name+"[]"))
		}
	}
	return s
}

func filtered(f *bellhop.Field) *Schema {
	s := ref("Filter")
	switch f.Type {
	case bellhop.Number:
		s.Description = "A number, with an operator or without."
	case bellhop.Bool:
		s.Description = "`true` or `false`."
	case bellhop.Date:
		s.Description = "A date, with an operator or without: `>=2024-01-31`."
	case bellhop.Ref:
		s.Description = "The id of a " + f.Ref + "."
	default:
		if f.Enum != nil {
			s.Description = "One of " + code(f.Enum...) + "."
		}
	}
	return s
}

// populatable are the paths that populate takes.
func (d *described) populatable() []string {
	var names []string
	for _, f := range d.Fields {
		if f.Type == bellhop.Ref {
			names = append(names, f.Name)
		}
		for _, inner := range f.Fields {
			if inner.Type == bellhop.Ref {
				names = append(names, f.Name+"."+inner.Name)
			}
		}
	}
	return names
}

// code writes words as code, separated by commas.
func code(words ...string) string { return "`" + strings.Join(words, "`, `") + "`" }
