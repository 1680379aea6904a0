package openapi

import (
	"bytes"
	"encoding/json"
)

// Members are a JSON object whose members stay in their order.
type Members[V any] []Member[V]

// Member is one of them.
type Member[V any] struct {
	Name  string
	Value V
}

// Get returns the value of that name, or the zero value.
func (ms Members[V]) Get(name string) (value V) {
	for _, m := range ms {
		if m.Name == name {
			return m.Value
		}
	}
	return value
}

// Has reports whether there is a member of that name.
func (ms Members[V]) Has(name string) bool {
	for _, m := range ms {
		if m.Name == name {
			return true
		}
	}
	return false
}

// set replaces the member of that name, or adds it at the end.
func (ms *Members[V]) set(name string, value V) {
	for i := range *ms {
		if (*ms)[i].Name == name {
			(*ms)[i].Value = value
			return
		}
	}
	*ms = append(*ms, Member[V]{name, value})
}

// MarshalJSON returns the object.
func (ms Members[V]) MarshalJSON() ([]byte, error) {
	out := []byte{'{'}
	for i, m := range ms {
		if i > 0 {
			out = append(out, ',')
		}
		name, err := encode(m.Name)
		if err != nil {
			return nil, err
		}
		value, err := encode(m.Value)
		if err != nil {
			return nil, err
		}
		out = append(append(append(out, name...), ':'), value...)
	}
	return append(out, '}'), nil
}

// encode leaves < > & as they are: people read this.
func encode(v any) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}
