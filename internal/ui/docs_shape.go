package ui

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"bellhop/internal/openapi"
)

// docsOperation is an operation as its page shows it.
type docsOperation struct {
	ID, Method, Path, Summary string
	About                     []paragraph
	Parameters                []docsField
	Body                      *docsBody // nil if there is none
	Answers                   []docsAnswer
	Failures                  []link
}

// docsField is a field of an object, or a parameter.
type docsField struct {
	Name     string
	Type     []piece
	Required bool
	Note     string // where it is, or that it cannot be set
	Text     []piece
}

// docsBody is that of a request.
type docsBody struct {
	Required bool
	Type     []piece
	Fields   []docsField
	Examples []docsExample
}

// docsExample is a body that one can send.
type docsExample struct{ Summary, Text string }

// docsAnswer is an answer that is no failure.
type docsAnswer struct {
	Status string
	Text   []piece
	Type   []piece
}

// shaper makes of the parts of a document what a page shows.
type shaper struct{ doc *openapi.Document }

func (s *shaper) operation(o located) docsOperation {
	d := docsOperation{ID: o.ID, Method: o.method, Path: o.path, Summary: o.Summary, About: prose(o.Description)}
	for _, p := range o.Parameters {
		if name, ok := strings.CutPrefix(p.Ref, "#/components/parameters/"); ok {
			p = s.doc.Components.Parameters.Get(name)
		}
		d.Parameters = append(d.Parameters, docsField{
			Name: p.Name, Note: p.In, Required: p.Required, Type: s.typeOf(p.Schema), Text: append(pieces(p.Description), s.details(p.Schema)...),
		})
	}
	if o.Body != nil {
		media := o.Body.Content[0].Value
		d.Body = &docsBody{Required: o.Body.Required, Type: s.typeOf(media.Schema), Fields: s.fields(media.Schema)}
		for _, e := range media.Examples {
			d.Body.Examples = append(d.Body.Examples, docsExample{e.Value.Summary, indentJSON(e.Value.Value)})
		}
	}
	for _, r := range o.Responses {
		if strings.HasPrefix(r.Value.Ref, "#/components/responses/") {
			d.Failures = append(d.Failures, link{Text: r.Name, To: docsPath + "#status-" + r.Name})
			continue
		}
		a := docsAnswer{Status: r.Name, Text: pieces(r.Value.Description)}
		if len(r.Value.Content) > 0 {
			a.Type = s.typeOf(r.Value.Content[0].Value.Schema)
			if media := r.Value.Content[0].Name; media != "application/json" {
				a.Type = append(a.Type, piece{Text: ", as "}, piece{Text: media, Code: true})
			}
		}
		d.Answers = append(d.Answers, a)
	}
	return d
}

const schemaPrefix = "#/components/schemas/"

func (s *shaper) resolve(schema *openapi.Schema) *openapi.Schema {
	for schema != nil && schema.Ref != "" {
		schema = s.doc.Components.Schemas.Get(strings.TrimPrefix(schema.Ref, schemaPrefix))
	}
	return schema
}

// fields are those of an object, with those of objects in it by dotted names.
func (s *shaper) fields(schema *openapi.Schema) []docsField {
	properties, required := s.properties(schema)
	var all []docsField
	for _, p := range properties {
		all = append(all, s.field(p.Name, p.Value, slices.Contains(required, p.Name))...)
	}
	if then := s.resolve(schema).Then; then != nil { // of some it holds that a field is narrower
		for i := range all {
			if narrow := then.Properties.Get(all[i].Name); narrow != nil && narrow.Ref != "" {
				all[i].Type = append(append(all[i].Type, piece{Text: " or "}), s.typeOf(narrow)...)
			}
		}
	}
	return all
}

// properties are those of a schema and of all that have to hold as well. Of several schemas it is the first with some.
func (s *shaper) properties(schema *openapi.Schema) (properties openapi.Members[*openapi.Schema], required []string) {
	schema = s.resolve(schema)
	if schema == nil {
		return nil, nil
	}
	properties, required = schema.Properties, schema.Required
	for _, part := range schema.AllOf {
		p, r := s.properties(part)
		properties, required = append(properties, p...), append(required, r...)
	}
	for _, part := range schema.AnyOf {
		if len(properties) == 0 {
			properties, required = s.properties(part)
		}
	}
	return properties, required
}

func (s *shaper) field(name string, schema *openapi.Schema, required bool) []docsField {
	f := docsField{Name: name, Required: required, Type: s.typeOf(schema), Text: append(pieces(schema.Description), s.details(schema)...)}
	switch {
	case schema.ReadOnly:
		f.Note = "read-only"
	case schema.WriteOnly:
		f.Note = "write-only"
	}
	all := []docsField{f}
	inner, prefix := schema, name+"."
	if inner.Items != nil {
		inner, prefix = inner.Items, name+"[]."
	}
	for _, p := range inner.Properties {
		all = append(all, s.field(prefix+p.Name, p.Value, slices.Contains(inner.Required, p.Name))...)
	}
	return all
}

// typeOf says in words what a schema takes.
func (s *shaper) typeOf(schema *openapi.Schema) []piece {
	switch {
	case schema.Ref != "":
		name := strings.TrimPrefix(schema.Ref, schemaPrefix)
		return []piece{{Text: name, To: docsSchemaPath(name)}}
	case schema.Items != nil:
		return append([]piece{{Text: "array of "}}, s.typeOf(schema.Items)...)
	case len(schema.AllOf) > 0:
		return s.typeOf(schema.AllOf[0])
	case len(schema.AnyOf) > 0 && schema.Type == nil:
		var all []piece
		for i, part := range schema.AnyOf {
			if i > 0 {
				all = append(all, piece{Text: " or "})
			}
			all = append(all, s.typeOf(part)...)
		}
		return all
	case schema.Const != nil:
		return []piece{{Text: fmt.Sprint(schema.Const), Code: true}}
	}
	switch t := schema.Type.(type) {
	case string:
		return []piece{{Text: t}}
	case []string:
		return []piece{{Text: strings.Join(t, " or ")}}
	}
	return []piece{{Text: "anything"}}
}

// details says what of its type a schema takes.
func (s *shaper) details(schema *openapi.Schema) []piece {
	var all []piece
	add := func(words string, codes ...string) {
		all = append(all, piece{Text: " " + words})
		for i, code := range codes {
			if i > 0 {
				all = append(all, piece{Text: ", "})
			}
			all = append(all, piece{Text: code, Code: true})
		}
		all = append(all, piece{Text: "."})
	}
	if values := enumTexts(schema.Enum); values != nil {
		add("One of ", values...)
	}
	if len(schema.Default) > 0 {
		add("Default ", string(schema.Default))
	}
	for _, b := range bounds(schema) {
		add(b)
	}
	if schema.Items != nil && schema.Items.Ref == "" {
		all = append(all, s.details(schema.Items)...)
	}
	if schema.Pattern != "" {
		add("Pattern ", schema.Pattern)
	}
	if len(schema.Examples) > 0 {
		add("Example ", string(schema.Examples[0]))
	}
	return all
}

func enumTexts(values []any) []string {
	var all []string
	for _, v := range values {
		if text, ok := v.(string); ok && text != "" {
			all = append(all, text)
		}
	}
	return all
}

func bounds(s *openapi.Schema) []string {
	limits := map[string]string{}
	if s.Minimum != nil {
		limits["At least"] = strconv.FormatFloat(*s.Minimum, 'f', -1, 64)
	}
	if s.Maximum != nil {
		limits["At most"] = strconv.FormatFloat(*s.Maximum, 'f', -1, 64)
	}
	if s.MaxLength > 0 {
		limits["At most"] = strconv.Itoa(s.MaxLength) + " characters"
	}
	if s.MaxItems > 0 {
		limits["At most"] = strconv.Itoa(s.MaxItems) + " elements"
	}
	if s.MinLength+s.MinItems > 0 {
		limits["Not"] = "empty"
	}
	var all []string
	for _, word := range slices.Sorted(maps.Keys(limits)) {
		all = append(all, word+" "+limits[word])
	}
	return all
}
