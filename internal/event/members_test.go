package event

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"
)

func TestMembers(t *testing.T) {
	got, err := Members(json.RawMessage(`{"a":{"b":[1,2]},"\"\n":"x","c":-1.5e-7}`))
	if err != nil || len(got) != 3 {
		t.Fatalf("Members = %v, %v", got, err)
	}
	for i, want := range []Member{{"a", []byte(`{"b":[1,2]}`)}, {"\"\n", []byte(`"x"`)}, {"c", []byte(`-1.5e-7`)}} {
		if got[i].Name != want.Name || string(got[i].Value) != string(want.Value) {
			t.Errorf("Members[%d] = %q %s, want %q %s", i, got[i].Name, got[i].Value, want.Name, want.Value)
		}
	}
	for _, text := range []string{``, `[]`, `1`, `{`, `{"a"}`, `{"a":}`, `{"a":1`, `{"a":1}x`} {
		if _, err := Members(json.RawMessage(text)); !errors.Is(err, ErrSyntax) {
			t.Errorf("Members(%s): %v, want ErrSyntax", text, err)
		}
	}
}

func TestElements(t *testing.T) {
	for text, want := range map[string][]string{
		`[]`: nil,
		`[{"a":[1,"]"]},"x,\"]",-1.5e-7,[],null]`: {`{"a":[1,"]"]}`, `"x,\"]"`, "-1.5e-7", "[]", "null"},
	} {
		got, err := Elements(json.RawMessage(text))
		if err != nil || !slices.EqualFunc(got, want, func(g json.RawMessage, w string) bool { return string(g) == w }) {
			t.Errorf("Elements(%s) = %s, %v, want %s", text, got, err, want)
		}
	}
	for _, text := range []string{``, `[`, `{}`, `"x"`, `[1`, `[1,`, `[1,]`, `[1]2`, `["x]`} {
		if got, err := Elements(json.RawMessage(text)); !errors.Is(err, ErrSyntax) {
			t.Errorf("Elements(%s) = %s, %v, want ErrSyntax", text, got, err)
		}
	}
}
