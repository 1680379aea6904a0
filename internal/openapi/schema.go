package openapi

import "encoding/json"

// Schema is a JSON Schema of draft 2020-12, as far as it is used here.
type Schema struct {
	Ref         string            `json:"$ref,omitempty"`
	Description string            `json:"description,omitempty"`
	Type        any               `json:"type,omitempty"` // a string, or several
	Format      string            `json:"format,omitempty"`
	Pattern     string            `json:"pattern,omitempty"`
	MediaType   string            `json:"contentMediaType,omitempty"`
	Enum        []any             `json:"enum,omitempty"`
	Const       any               `json:"const,omitempty"`
	Default     json.RawMessage   `json:"default,omitempty"`
	Examples    []json.RawMessage `json:"examples,omitempty"`
	ReadOnly    bool              `json:"readOnly,omitempty"`
	WriteOnly   bool              `json:"writeOnly,omitempty"`

	Minimum          *float64 `json:"minimum,omitempty"`
	Maximum          *float64 `json:"maximum,omitempty"`
	ExclusiveMinimum *float64 `json:"exclusiveMinimum,omitempty"`
	MultipleOf       float64  `json:"multipleOf,omitempty"`
	MinLength        int      `json:"minLength,omitempty"`
	MaxLength        int      `json:"maxLength,omitempty"`
	MinItems         int      `json:"minItems,omitempty"`
	MaxItems         int      `json:"maxItems,omitempty"`
	UniqueItems      bool     `json:"uniqueItems,omitempty"`

	Properties Members[*Schema] `json:"properties,omitempty"`
	Required   []string         `json:"required,omitempty"`
	Additional any              `json:"additionalProperties,omitempty"` // false, or a Schema
	Items      *Schema          `json:"items,omitempty"`

	AllOf []*Schema `json:"allOf,omitempty"`
	AnyOf []*Schema `json:"anyOf,omitempty"`
	OneOf []*Schema `json:"oneOf,omitempty"`
	If    *Schema   `json:"if,omitempty"`
	Then  *Schema   `json:"then,omitempty"`
	Else  *Schema   `json:"else,omitempty"`
}

func typed(name string) *Schema { return &Schema{Type: name} }

func text() *Schema    { return typed("string") }
func number() *Schema  { return typed("number") }
func whole() *Schema   { return typed("integer") }
func flag() *Schema    { return typed("boolean") }
func free() *Schema    { return typed("object") }
func anyJSON() *Schema { return &Schema{} }

func list(of *Schema) *Schema { return &Schema{Type: "array", Items: of} }

func either(of ...*Schema) *Schema { return &Schema{AnyOf: of} }

// schemas begins the references to our own schemas.
const schemas = "#/components/schemas/"

// ref refers to a schema of the components.
func ref(name string) *Schema { return &Schema{Ref: schemas + name} }

// object is one with these properties. More is allowed until it is closed.
func object(properties Members[*Schema]) *Schema {
	return &Schema{Type: "object", Properties: properties}
}

// prop is a property.
func prop(name string, s *Schema) Member[*Schema] { return Member[*Schema]{name, s} }

// say returns s with a description.
func (s *Schema) say(description string) *Schema {
	s.Description = description
	return s
}

// closed returns s without any property that is not named.
func (s *Schema) closed() *Schema {
	s.Additional = false
	return s
}

// with returns s with properties that have to be there.
func (s *Schema) with(required ...string) *Schema {
	s.Required = append(s.Required, required...)
	return s
}

// whole returns s with all of its properties having to be there.
func (s *Schema) whole() *Schema {
	for _, p := range s.Properties {
		s.Required = append(s.Required, p.Name)
	}
	return s
}

// oneOf returns s with these values alone.
func (s *Schema) oneOf(values ...string) *Schema {
	for _, v := range values {
		s.Enum = append(s.Enum, v)
	}
	return s
}

// from and to bound a number.
func (s *Schema) from(low float64) *Schema { s.Minimum = &low; return s }
func (s *Schema) to(high float64) *Schema  { s.Maximum = &high; return s }

// or returns s with a default.
func (s *Schema) or(value string) *Schema {
	s.Default = json.RawMessage(value)
	return s
}

// like returns s with an example.
func (s *Schema) like(value string) *Schema {
	s.Examples = append(s.Examples, json.RawMessage(value))
	return s
}

// atMost bounds the length of an array or a string.
func (s *Schema) atMost(n int) *Schema {
	if s.Type == "array" {
		s.MaxItems = n
	} else {
		s.MaxLength = n
	}
	return s
}

// orNull returns what takes s or null: in what clients send, null is as good as absent.
func (s *Schema) orNull() *Schema {
	switch t := s.Type.(type) {
	case string:
		s.Type = []string{t, "null"}
		if s.Enum != nil {
			s.Enum = append(s.Enum, nil)
		}
		return s
	case nil:
		if s.Ref != "" {
			n := either(s, typed("null"))
			n.Description, s.Description = s.Description, ""
			return n
		}
		if s.AnyOf != nil {
			s.AnyOf = append(s.AnyOf, typed("null"))
		}
	}
	return s
}
