package query

import (
	"encoding/json"
	"testing"
)

// Contract: resources.md sort, limit, offset, select, populate: select=a,b.c | only these fields
func TestProject(t *testing.T) {
	const doc = `{"id":"1","name":"A","profile":{"name":"<b>\"é","n":1e+21,"address":{"city":"C","zip":null}},` +
		`"participants":[{"user":"u1","name":"x","id":"p"},{"user":"u2"}],"tags":["a","b"],"meta":{"1":true,"a.b":5,"a":{"b":6,"c":7},"q\"k":8}}`
	tests := []struct{ query, want string }{
		{"", doc},
		{"select=", doc},
		{"select=,+,", doc},
		{"select=name", `{"id":"1","name":"A"}`},
		{"select=tags,%20name", `{"id":"1","name":"A","tags":["a","b"]}`},
		{"select=[name,tags]", `{"id":"1","name":"A","tags":["a","b"]}`},
		{"select=name&select=tags", `{"id":"1","name":"A","tags":["a","b"]}`},
		{"select=nosuch", `{"id":"1"}`},
		{"select=profile.name", `{"id":"1","profile":{"name":"<b>\"é"}}`},
		{"select=profile.n,profile.address.zip", `{"id":"1","profile":{"n":1e+21,"address":{"zip":null}}}`},
		{"select=profile.name,profile", `{"id":"1","profile":{"name":"<b>\"é","n":1e+21,"address":{"city":"C","zip":null}}}`},
		{"select=participants.user", `{"id":"1","participants":[{"user":"u1"},{"user":"u2"}]}`},
		{"select=meta.a.b", `{"id":"1","meta":{"a.b":5,"a":{"b":6}}}`},
		{"select=meta.q\"k", `{"id":"1","meta":{"q\"k":8}}`},
		{"select=name.x", `{"id":"1"}`},
		{"select=tags.x", `{"id":"1","tags":[]}`},
		{"select=name,-tags", `{"id":"1","name":"A"}`},
		{"select=-profile,-meta,-tags,-id", `{"id":"1","name":"A","participants":[{"user":"u1","name":"x","id":"p"},{"user":"u2"}]}`},
		{"select=-profile,-meta.a.b,-tags.x,-participants.id", `{"id":"1","name":"A","participants":[{"user":"u1","name":"x"},{"user":"u2"}],"tags":["a","b"],"meta":{"1":true,"a":{"c":7},"q\"k":8}}`},
		{"select=-", doc},
	}
	for _, test := range tests {
		if got := string(Project(json.RawMessage(doc), mustParse(t, test.query).Select)); got != test.want {
			t.Errorf("Project(%s)\n got %s\nwant %s", test.query, got, test.want)
		}
	}
}

func TestProjectLeavesAloneWhatIsNoDocument(t *testing.T) {
	s := Select{Paths: []Path{{"a"}}}
	for _, body := range []string{"", "null", "5", `"a"`, "[1]", "{", `{"a":`, "[", "{]"} {
		if got := string(Project(json.RawMessage(body), s)); got != body {
			t.Errorf("Project(%s) = %s", body, got)
		}
	}
	if got := string(Project(json.RawMessage("{}"), s)); got != "{}" {
		t.Errorf("Project({}) = %s", got)
	}
}
