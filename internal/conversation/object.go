package conversation

import (
	"encoding/json"
	"errors"
	"fmt"

	"bellhop"
	"bellhop/internal/event"
)

// object is what a client sent, decoded. Keys are compared exactly.
type object map[string]any

// readObject cleans and decodes the JSON object that text is. What is called name in
// errors.
func readObject(text []byte, name string) (object, error) {
	clean, err := event.Clean(make([]byte, 0, len(text)), text)
	if err != nil {
		return nil, unreadable(err)
	}
	var value any
	if err := json.Unmarshal(clean, &value); err != nil {
		return nil, fmt.Errorf("decode clean JSON: %w", err)
	}
	fields, ok := value.(map[string]any)
	if !ok {
		return nil, bellhop.InvalidField(name, "must be an object")
	}
	if _, ok := fields["error"]; ok {
		return nil, bellhop.InvalidField("error", "is no name for a field") // docs/contract/resources.md section 3
	}
	return fields, nil
}

// unreadable is the error for a text that event.Clean does not take
// (docs/contract/resources.md section 5).
func unreadable(err error) error {
	switch {
	case errors.Is(err, event.ErrDepth):
		return bellhop.InvalidField("body", "is nested deeper than %d", event.MaxDepth)
	case errors.Is(err, event.ErrNumber):
		return bellhop.InvalidField("body", "has a number that is out of range")
	}
	return &bellhop.Error{Code: bellhop.Invalid, Message: "Invalid JSON", Err: err}
}

// reader reads the fields of an object and keeps the first thing that is wrong in err,
// which the readers of nested objects share. Null counts as absent, and what is absent
// reads as the zero value.
type reader struct {
	fields object
	prefix string // of names in errors
	err    *error
}

func read(fields object) *reader { return &reader{fields: fields, err: new(error)} }

// failed returns the first thing that is wrong.
func (r *reader) failed() error { return *r.err }

func (r *reader) fail(name, format string, args ...any) {
	if *r.err == nil {
		*r.err = bellhop.InvalidField(r.prefix+name, format, args...)
	}
}

// has reports whether the field is there.
func (r *reader) has(name string) bool { return r.fields[name] != nil }

func (r *reader) text(name string) string {
	s, ok := r.fields[name].(string)
	if !ok && r.has(name) {
		r.fail(name, "must be a string")
	}
	return s
}

func (r *reader) flag(name string) bool {
	b, ok := r.fields[name].(bool)
	if !ok && r.has(name) {
		r.fail(name, "must be true or false")
	}
	return b
}

func (r *reader) number(name string) float64 {
	f, ok := r.fields[name].(float64)
	if !ok && r.has(name) {
		r.fail(name, "must be a number")
	}
	return f
}

// id reads the id of a resource, in whatever form.
func (r *reader) id(name string) bellhop.ID { return bellhop.ID(r.text(name)) }

func (r *reader) object(name string) map[string]any {
	o, ok := r.fields[name].(map[string]any)
	if !ok && r.has(name) {
		r.fail(name, "must be an object")
	}
	return o
}

func (r *reader) list(name string) []any {
	l, ok := r.fields[name].([]any)
	if !ok && r.has(name) {
		r.fail(name, "must be an array")
	}
	return l
}

// texts reads an array of strings.
func (r *reader) texts(name string) []string {
	var texts []string
	for _, value := range r.list(name) {
		s, ok := value.(string)
		if !ok {
			r.fail(name, "must be an array of strings")
			return nil
		}
		texts = append(texts, s)
	}
	return texts
}

// ids reads an array of ids, in whatever form, nil if there are none.
func (r *reader) ids(name string) []bellhop.ID {
	var ids []bellhop.ID
	for _, text := range r.texts(name) {
		ids = append(ids, bellhop.ID(text))
	}
	return ids
}

// each reads an array of objects.
func (r *reader) each(name string, f func(*reader)) {
	for _, value := range r.list(name) {
		fields, ok := value.(map[string]any)
		if !ok {
			r.fail(name, "must be an array of objects")
			return
		}
		f(&reader{fields: fields, prefix: r.prefix + name + ".", err: r.err})
	}
}
