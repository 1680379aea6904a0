package bellhop

import "slices"

// Kind describes one kind of resource: what it is called, what its fields are and
// who may do what. The API, the list dialect and the store are driven by it; adding
// a kind without behaviour of its own is one more entry (docs/contract/resources.md).
type Kind struct {
	Name   string // singular: conversation.create, data.conversation
	Plural string // in paths and as the table's name
	Label  string // begins "... not found"
	Open   bool   // undeclared top-level fields are stored and returned
	Fields []Field
	Access Access
}

// Access is the lowest scope that may do something with a kind
// (docs/contract/auth.md, "Permissions").
type Access struct {
	List, Get, Create, Update, Delete Scope
}

// Type is what a field holds.
type Type int

// The types of fields.
const (
	String Type = iota
	Number
	Bool
	Date
	Ref    // the id of a resource of the kind Field.Ref
	Object // with the declared Field.Fields, or free if there are none
	Any
)

// Field describes one field of a kind, or of an object in it.
type Field struct {
	Name     string
	Type     Type
	List     bool     // an array of Type
	Ref      string   // singular name of the kind that a Ref points to
	Fields   []Field  // of an Object; nil means any fields
	Required bool     // on create; neither absent, null, nor an empty string
	ReadOnly bool     // ignored in what clients send
	Enum     []string // the strings that are accepted; nil means all
	Default  string   // JSON that stands in for an absent value; empty means the field stays absent
	MadeOf   string   // in an array of objects: made of this field of the same object if it is absent, and unique in the array
	Ruled    bool     // of a Ref: what it may point to is for the rules of the kind to say
}

// Field returns the declared field of that name, or nil.
func (k *Kind) Field(name string) *Field { return fieldOf(k.Fields, name) }

// Field returns the declared field of that name in an object, or nil.
func (f *Field) Field(name string) *Field { return fieldOf(f.Fields, name) }

func fieldOf(fields []Field, name string) *Field {
	i := slices.IndexFunc(fields, func(f Field) bool { return f.Name == name })
	if i < 0 {
		return nil
	}
	return &fields[i]
}

// NotFound returns the error for an id that does not exist or that the caller may
// not see.
func (k *Kind) NotFound() *Error { return Errorf(NotFound, "%s not found", k.Label) }

// fields adds what every resource has to the fields of its own
// (docs/contract/resources.md section 2).
func fields(own ...Field) []Field {
	return append([]Field{{Name: "id", ReadOnly: true}}, append(own,
		Field{Name: "createdBy", Type: Ref, Ref: "user", ReadOnly: true},
		Field{Name: "createdAt", Type: Date, ReadOnly: true},
		Field{Name: "updatedAt", Type: Date, ReadOnly: true},
	)...)
}

// owned adds the owner as well, which organizations do not have.
func owned(own ...Field) []Field {
	return fields(append([]Field{
		{Name: "organization", Type: Ref, Ref: "organization", Ruled: true},
		{Name: "orgPath", ReadOnly: true},
	}, own...)...)
}

func roleNames() []string {
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = string(r)
	}
	return names
}
