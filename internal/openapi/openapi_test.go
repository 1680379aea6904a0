package openapi

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"bellhop"
)

// What stands in notes is about fields that there are, so that none outlives its field.
func TestNotesNameFields(t *testing.T) {
	verbs := []string{"list", "create", "get", "update", "delete"}
	for _, d := range describe() {
		var names []string
		for _, f := range d.note.fields {
			names = append(names, f.Name)
		}
		for _, name := range slices.Concat(names, d.note.always, d.note.create, d.note.patch, d.note.mandatory) {
			if d.Field(name) == nil && !d.note.extra.Has(name) {
				t.Errorf("the note on %s names %s, which it does not have", d.Name, name)
			}
		}
		for _, extra := range d.note.extra {
			if d.Field(extra.Name) != nil {
				t.Errorf("the note on %s adds %s, which it has", d.Name, extra.Name)
			}
		}
		for _, said := range append(d.note.who, d.note.tell...) {
			if !slices.Contains(verbs, said.Name) {
				t.Errorf("the note on %s is about %s, which is no verb", d.Name, said.Name)
			}
		}
	}
}

// Every field of the registry is described as the registry has it, but for passwords.
//
// Contract: extensions.md The description of the API: Schemas of answers are closed
// Contract: extensions.md The description of the API: Of a GET only id
// Contract: extensions.md The description of the API: A reference is an id
func TestKindsAreDescribed(t *testing.T) {
	all := New().Components.Schemas
	for _, kind := range bellhop.Kinds() {
		shown, sent := all.Get(kind.Label), all.Get(kind.Label+"Input")
		if closed := shown.Additional == false; closed == kind.Open {
			t.Errorf("%s is open: %t, its schema is closed: %t", kind.Label, kind.Open, closed)
		}
		if shown.Required != nil {
			t.Errorf("%s requires %v, which select may leave out", kind.Label, shown.Required)
		}
		for _, f := range kind.Fields {
			if f.Name == "password" {
				if shown.Properties.Has(f.Name) || !sent.Properties.Get(f.Name).WriteOnly {
					t.Error("a password is shown, or cannot be sent")
				}
				continue
			}
			s := shown.Properties.Get(f.Name)
			if s == nil || s.ReadOnly != f.ReadOnly {
				t.Errorf("%s.%s is described as %+v", kind.Label, f.Name, s)
			}
			if f.ReadOnly && sent.Properties.Has(f.Name) {
				t.Errorf("%sInput has %s, which is read-only", kind.Label, f.Name)
			}
		}
	}
	create := New().Paths.Get("/v2/services").Get("post").Body.Content[0].Value.Schema
	if got := create.AllOf[1].Required; !slices.Equal(got, []string{"name", "type"}) {
		t.Errorf("a new service requires %v", got)
	}
}

// Contract: extensions.md The description of the API: Null in a request
// Contract: extensions.md The description of the API: Parameters named for fields
func TestRequestsTakeNullAndFilters(t *testing.T) {
	all := New().Components.Schemas
	for _, kind := range bellhop.Kinds() {
		for _, p := range all.Get(kind.Label + "Input").Properties {
			if !takesNull(p.Value) {
				t.Errorf("%sInput.%s does not take null: %+v", kind.Label, p.Name, p.Value)
			}
		}
		list := New().Paths.Get("/v2/" + kind.Plural).Get("get")
		if p := list.Parameters[0]; p.Style != "form" || !*p.Explode || p.Schema.Ref != schemas+kind.Label+"Filter" {
			t.Errorf("the filters of %s are %+v", kind.Plural, p)
		}
		for _, f := range kind.Fields {
			if f.Name != "password" && !all.Get(kind.Label+"Filter").Properties.Has(f.Name) {
				t.Errorf("%sFilter lacks %s", kind.Label, f.Name)
			}
		}
	}
}

func takesNull(s *Schema) bool {
	types, several := s.Type.([]string)
	return several && slices.Contains(types, "null") || s.Type == "null" || s.Type == nil && s.Ref == "" && s.AnyOf == nil ||
		slices.ContainsFunc(s.AnyOf, takesNull)
}

// Contract: extensions.md The description of the API: x-scope of an operation
func TestScopes(t *testing.T) {
	doc := New()
	for _, kind := range bellhop.Kinds() {
		path, one := doc.Paths.Get("/v2/"+kind.Plural), doc.Paths.Get("/v2/"+kind.Plural+"/{id}")
		for _, test := range []struct {
			operation *Operation
			want      bellhop.Scope
		}{
			{path.Get("get"), kind.Access.List}, {path.Get("post"), kind.Access.Create}, {one.Get("get"), kind.Access.Get},
			{one.Get("patch"), kind.Access.Update}, {one.Get("delete"), kind.Access.Delete},
		} {
			if test.operation.Scope != test.want.String() {
				t.Errorf("%s has x-scope %s, want %s", test.operation.ID, test.operation.Scope, test.want)
			}
		}
	}
	ids := map[string]bool{}
	for _, item := range doc.Paths {
		for _, o := range item.Value {
			if ids[o.Value.ID] {
				t.Errorf("two operations are called %s", o.Value.ID)
			}
			ids[o.Value.ID] = true
			open := o.Value.Security != nil
			if open != (o.Value.Scope == "") {
				t.Errorf("%s is open: %t, and has x-scope %q", o.Value.ID, open, o.Value.Scope)
			}
			if !slices.ContainsFunc(doc.Tags, func(tag Tag) bool { return tag.Name == o.Value.Tags[0] }) {
				t.Errorf("%s has the tag %s, which is not described", o.Value.ID, o.Value.Tags[0])
			}
		}
	}
}

// Both forms are the same document, and each time the same bytes.
func TestForms(t *testing.T) {
	text, err := New().JSON()
	if err != nil {
		t.Fatal(err)
	}
	again, err := New().JSON()
	if err != nil || string(again) != string(text) {
		t.Errorf("the document differs the second time, %v", err)
	}
	blocks, err := New().YAML()
	if err != nil {
		t.Fatal(err)
	}
	var fromYAML, fromJSON any
	if err := yaml.Load(blocks, &fromYAML); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &fromJSON); err != nil {
		t.Fatal(err)
	}
	a, err := json.Marshal(fromYAML)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(fromJSON)
	if err != nil {
		t.Fatal(err)
	}
	if string(a) != string(b) {
		t.Error("the YAML is not the document that the JSON is")
	}
	if !strings.HasPrefix(string(blocks), "openapi: 3.1.1\ninfo:\n  title: Bellhop\n") {
		t.Errorf("the YAML begins with %.60q", blocks)
	}
}

func TestMembersKeepTheirOrder(t *testing.T) {
	ms := Members[int]{{"b", 1}, {"a", 2}}
	ms.set("b", 3)
	ms.set("<c>", 4)
	text, err := encode(ms)
	if err != nil || string(text) != `{"b":3,"a":2,"<c>":4}` {
		t.Errorf("encode = %s, %v", text, err)
	}
	if ms.Get("a") != 2 || ms.Get("none") != 0 || ms.Has("none") || !ms.Has("<c>") {
		t.Errorf("Get and Has of %v", ms)
	}
}
