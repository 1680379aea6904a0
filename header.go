package bellhop

import (
	"cmp"
	"encoding/json"
	"slices"
)

// Headers are those of a request or an answer as a record keeps them, in the order of
// their names, each name once. As JSON they are an object.
type Headers []Header

// Header is one of them.
type Header = struct{ Name, Value string }

// Get returns the value of the header of that name, or "".
func (hs Headers) Get(name string) string {
	i, found := slices.BinarySearchFunc(hs, name, func(h Header, name string) int { return cmp.Compare(h.Name, name) })
	if !found {
		return ""
	}
	return hs[i].Value
}

// Map returns the values by name; nil if there are none.
func (hs Headers) Map() map[string]string {
	if hs == nil {
		return nil
	}
	m := make(map[string]string, len(hs))
	for _, h := range hs {
		m[h.Name] = h.Value
	}
	return m
}

// MarshalJSON returns an object.
func (hs Headers) MarshalJSON() ([]byte, error) { return json.Marshal(hs.Map()) }

// UnmarshalJSON reads an object, or null.
func (hs *Headers) UnmarshalJSON(text []byte) error {
	var m map[string]string
	if err := json.Unmarshal(text, &m); err != nil {
		return err
	}
	*hs = HeadersOf(m)
	return nil
}

// HeadersOf is the reverse of Map.
func HeadersOf(m map[string]string) Headers {
	if m == nil {
		return nil
	}
	hs := make(Headers, 0, len(m))
	for name, value := range m {
		hs = append(hs, Header{Name: name, Value: value})
	}
	slices.SortFunc(hs, func(a, b Header) int { return cmp.Compare(a.Name, b.Name) })
	return hs
}
