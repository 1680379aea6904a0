package resource

import (
	"encoding/json"
	"strings"
	"testing"

	"bellhop"
)

// Contract: resources.md 3: PATCH /v2/<plural>/<id> | 200
// Contract: resources.md 3: Inside a nested object null
// Contract: resources.md form: name (required), organization, fields
func TestNestedFields(t *testing.T) {
	for _, test := range []struct {
		kind       *bellhop.Kind
		body, want string
	}{
		{bellhop.Organizations, `{"categories":[{"name":"Sales"},{"name":"Service","forms":null},{"x":1}]}`,
			`{"categories":[{"forms":[],"name":"Sales"},{"forms":[],"name":"Service"},{"forms":[],"x":1}]}`},
		{bellhop.Forms, `{"fields":[{"name":"Postcode"}]}`,
			`{"fields":[{"key":"postcode","name":"Postcode","options":[],"required":false,"type":"text"}]}`},
		{bellhop.Forms, `{"fields":[{"name":"A","key":"leadSource","type":"select","required":true,"options":["a",{"b":1}]}]}`,
			`{"fields":[{"key":"leadSource","name":"A","options":["a",{"b":1}],"required":true,"type":"select"}]}`},
		{bellhop.Forms, `{"fields":[],"meta":{"a":null}}`, `{"fields":[],"meta":{"a":null}}`},
	} {
		fields, err := decode(test.kind, []byte(test.body), nil)
		got, _ := json.Marshal(fields)
		if err != nil || string(got) != test.want {
			t.Errorf("%s = %s, %v, want %s", test.body, got, err, test.want)
		}
	}
}

func TestKeysOfAForm(t *testing.T) {
	for _, test := range []struct{ names, want string }{
		{`{"name":"Brand name"}`, "brand_name"},
		{`{"name":" E-mail (private) "}`, "e_mail_private"},
		{`{"name":"Größe"}`, "größe"},
		{`{"name":"???"}`, "key"},
		{`{"name":"A"},{"name":"a"},{"name":"A!"}`, "a a_2 a_3"},
		{`{"name":"A"},{"name":"B","key":"a"}`, "a_2 a"},
		{`{"name":"A","key":""},{"name":"A","key":"a_2"},{"name":"a","key":null},{"name":"a"}`, "a a_2 a_3 a_4"},
	} {
		fields, err := decode(bellhop.Forms, []byte(`{"fields":[`+test.names+`]}`), nil)
		if err != nil {
			t.Errorf("%s: %v", test.names, err)
			continue
		}
		var keys []string
		for _, f := range fields["fields"].([]any) {
			keys = append(keys, f.(map[string]any)["key"].(string))
		}
		if got := strings.Join(keys, " "); got != test.want {
			t.Errorf("keys of %s = %q, want %q", test.names, got, test.want)
		}
	}
	for _, test := range []struct{ fields, want string }{
		{`{"name":"A","key":"k"},{"name":"B","key":"k"}`, "Validation failed: fields.key must be unique: k occurs twice"},
		{`{"name":"A","key":"a b"}`, "Validation failed: fields.key must have no white space"},
		{`{"key":"a"}`, "Validation failed: fields.name is required"},
		{`{"name":""}`, "Validation failed: fields.name is required"},
		{`{"name":"A","options":"a,b"}`, "Validation failed: fields.options must be an array"},
		{`7`, "Validation failed: fields must be an object"},
	} {
		if _, err := decode(bellhop.Forms, []byte(`{"fields":[`+test.fields+`]}`), nil); err == nil || err.Error() != test.want {
			t.Errorf("%s: %v, want %s", test.fields, err, test.want)
		}
	}
}

// A form as large as a body may be, all of whose keys would be the same.
func TestManyEqualNames(t *testing.T) {
	const n = 60_000
	body := `{"fields":[` + strings.Repeat(`{"name":"a"},`, n-1) + `{"name":"a"}]}`
	fields, err := decode(bellhop.Forms, []byte(body), nil)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[any]bool{}
	for _, f := range fields["fields"].([]any) {
		seen[f.(map[string]any)["key"]] = true
	}
	if len(seen) != n {
		t.Errorf("%d keys, want %d", len(seen), n)
	}
}
