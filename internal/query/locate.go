package query

import "bellhop"

// Place is where a path leads in the documents of a kind.
type Place struct {
	// Steps lead through declared fields from the document down. If Declared is false
	// there is at most one, the declared field in which the path goes on among fields that
	// nobody declared.
	Steps []Step

	// Declared says that the last step is the field itself, of type Type. It is false
	// for the type Any and for objects, which hold what they like.
	Declared bool
	Type     bellhop.Type

	// Rest is the path below the only step, or from the document down. Each of its dots
	// may separate keys or be part of a key: `meta.a.b` is the key b in the object a and
	// the key "a.b" (docs/contract/resources.md section 4). Rest is empty if the
	// path ends at the step.
	Rest Path
}

// Step is a declared field.
type Step struct {
	Name string
	List bool // it holds an array
}

// Locate finds the place of a path by the declarations of kind. There is a place for
// every path.
func Locate(kind *bellhop.Kind, path Path) Place {
	var steps []Step
	fields := &bellhop.Field{Fields: kind.Fields}
	for i, name := range path {
		field := fields.Field(name)
		if field == nil {
			break
		}
		steps = append(steps, Step{Name: name, List: field.List})
		if i == len(path)-1 && field.Type != bellhop.Any && field.Type != bellhop.Object {
			return Place{Steps: steps, Declared: true, Type: field.Type}
		}
		fields = field
	}
	if len(steps) == 0 {
		return Place{Type: bellhop.Any, Rest: path}
	}
	return Place{Steps: steps[:1], Type: bellhop.Any, Rest: path[1:]}
}
