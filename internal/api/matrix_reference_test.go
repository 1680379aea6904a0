//go:build !race

package api_test

import (
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"bellhop"
)

// reference is a field that names a resource of another kind.
type reference struct {
	path []*bellhop.Field // from the top; the last one is the reference
	kind string
}

func (r reference) name() string {
	var names []string
	for _, f := range r.path {
		names = append(names, f.Name)
	}
	return strings.Join(names, ".")
}

// value is what a client sends to name id in the field at the top of the path.
func (r reference) value(id string) any {
	var v any = id
	for i, f := range slices.Backward(r.path) {
		if f.List {
			v = []any{v}
		}
		if i > 0 {
			v = object{f.Name: v}
		}
	}
	return v
}

// referencesOf returns the references among fields that are not the server's alone.
func referencesOf(fields []bellhop.Field, above ...*bellhop.Field) []reference {
	var all []reference
	for i := range fields {
		f := &fields[i]
		if f.ReadOnly {
			continue
		}
		path := append(slices.Clone(above), f)
		if f.Type == bellhop.Ref {
			all = append(all, reference{path, f.Ref})
		}
		all = append(all, referencesOf(f.Fields, path...)...)
	}
	return all
}

// fresh is what the server makes anew in each answer: ids and what has them in it, numbers of
// versions, tokens.
var fresh = regexp.MustCompile(`[0-9a-f]{24}|"(id|slug|url|createdAt|updatedAt|version|token|refreshToken|email|name)":("[^"]*"|\d+)`)

// sameAsUnknown looks that a request that names something outside is answered like one that names
// nothing at all. In the texts $kind stands for what is named, in the path !kind for one's own.
func (m *matrix) sameAsUnknown(role byte, method, path, body string) {
	m.Helper()
	own := strings.NewReplacer("!conversation", m.own.of["conversation"], "!user", m.own.of["user"], "!webhook", m.own.of["webhook"],
		"!organization", m.own.of["organization"], "!n", "n$n")
	path, body = own.Replace(path), own.Replace(body)
	// Those whose rights reach a conversation from above may be named in it, and the organization
	// above is in one's own path.
	names := strings.Contains(path, "conversation") || strings.HasPrefix(path, "/v2/messages")
	known := strings.Contains(path+body, "$organization") || names && (strings.Contains(body, "$user") || strings.Contains(body, "$bot"))
	at := func(p *place) string {
		path, body := m.in(p, path), m.in(p, body)
		got := m.ask(m.roles[role], method, path, body)
		if got.status >= 500 {
			m.Errorf("%c: %s %s %s = %d %s", role, method, path, body, got.status, got.body)
		}
		// Only what things are called: ids that were sent may have been kept.
		if strings.Contains(got.body, m.parent.things()) || strings.Contains(got.body, m.foreign.things()) {
			m.Errorf("%c: %s %s %s tells of what lies outside: %s", role, method, path, body, got.body)
		}
		return fresh.ReplaceAllString(m.alike(got, p, path+body), `ID`)
	}
	want := at(m.unknown)
	for _, p := range []*place{m.parent, m.foreign} {
		if p == m.parent && known {
			continue
		}
		if got := at(p); got != want {
			m.Errorf("%c: %s %s %s tells %s from what does not exist:\n%s\n%s", role, method, path, body, p.name, got, want)
		}
	}
}

// Contract: resources.md 6: Nothing tells whether something exists
// Contract: resources.md 6: so with ids in paths
// Contract: resources.md 6: Others do not exist there
func TestMatrixReferences(t *testing.T) {
	m := newMatrix(t)
	for _, kind := range bellhop.Kinds() {
		_, body := m.creation(m.own, kind)
		for _, r := range referencesOf(kind.Fields) {
			var fields object
			if err := json.Unmarshal([]byte(body), &fields); err != nil {
				t.Fatal(err)
			}
			fields[r.path[0].Name] = r.value("$" + r.kind)
			switch kind { // what must be another one each time
			case bellhop.Users:
				fields["email"] = "r!n@example.com"
			case bellhop.Contacts:
				fields["profile"] = object{"email": "r!n@example.com"}
			}
			text, err := json.Marshal(fields)
			if err != nil {
				t.Fatal(err)
			}
			change, _ := json.Marshal(object{r.path[0].Name: fields[r.path[0].Name]})
			for _, role := range []byte("bA") {
				m.sameAsUnknown(role, "POST", "/v2/"+kind.Plural, string(text))
				m.sameAsUnknown(role, "PATCH", "/v2/"+kind.Plural+"/"+m.own.of[kind.Name], string(change))
			}
		}
	}
	for _, test := range []struct{ method, path, body string }{
		{"POST", "/v2/conversations", `{"participants":["$user"]}`},
		{"POST", "/v2/conversations", `{"participants":["$bot"]}`},
		{"POST", "/v2/conversations", `{"type":"contact","contact":"$contact","messages":[{"text":"hi","touchpoint":"web"}]}`},
		{"POST", "/v2/conversations", `{"organization":"$organization","type":"contact","contact":{"profile":{"email":"n!n@example.com"}},"messages":[{"text":"hi","touchpoint":"web"}]}`},
		{"POST", "/v2/messages", `{"conversation":"$conversation","text":"hi"}`},
		{"POST", "/v2/messages", `[{"conversation":"!conversation","text":"hi"},{"conversation":"$conversation","text":"hi"}]`},
		{"POST", "/v2/conversations/!conversation/messages", `{"text":"hi","user":"$user"}`},
		{"POST", "/v2/conversations/!conversation/messages", `{"text":"hi","user":"$bot"}`},
		{"POST", "/v2/conversations/!conversation/messages", `{"text":"/assign $user"}`},
		{"POST", "/v2/conversations/!conversation/messages", `{"text":"/assign","type":"command","meta":{"users":["$bot","$user"]}}`},
		{"POST", "/v2/conversations/!conversation/messages", `{"text":"/notify $user"}`},
		{"POST", "/v2/conversations/!conversation/messages", `{"text":"/notify","type":"command","meta":{"users":["$user"],"channels":["$channel"],"channel":"$channel"}}`},
		{"POST", "/v2/conversations/!conversation/messages", `{"text":"/enqueue $channel"}`},
		{"POST", "/v2/conversations/!conversation/messages", `{"text":"hi","participants":["$user"]}`},
		{"POST", "/v2/conversations/!conversation/messages", `{"text":"hi","type":"mention","meta":{"users":["$user"]}}`},
		{"POST", "/v2/conversations/!conversation/messages", `{"text":"+form","type":"form","meta":{"form":"$form"}}`},
		{"POST", "/v2/conversations/!conversation/messages", `{"text":"r","type":"results","results":[{"form":"$form","name":"x","values":1}]}`},
		{"POST", "/v2/users", `{"name":"U","email":"t!n@example.com","organizations":[{"organization":"$organization","role":"agent"}]}`},
		{"PATCH", "/v2/users/!user", `{"organizations":[{"organization":"!organization","role":"agent","selected":true},{"organization":"$organization","role":"agent"}]}`},
		{"POST", "/v2/services", `{"name":"W","type":"webhook","bot":"$bot","params":{"url":"` + m.receiver.URL + `"}}`},
		{"POST", "/v2/botinstances", `{"bot":"$bot"}`},
		{"POST", "/v2/botinstances", `{"bot":"$bot","organization":"$organization"}`},
		{"POST", "/v2/bots", `{"name":"B","organization":"$organization"}`},
		{"GET", "/v2/services/!webhook/explain?event=$event", ""},
		{"GET", "/v2/deliveries?service=$webhook", ""}, {"GET", "/v2/deliveries?eventId=$event", ""}, {"GET", "/v2/deliveries?id=$delivery", ""},
		{"GET", "/v2/deliveries?organization=$organization&sort=-createdAt", ""}, {"GET", "/v2/events?organization=!$organization", ""},
		{"GET", "/v2/events?id=$event", ""}, {"GET", "/v2/events?organization=$organization", ""},
		{"GET", "/v2/replays?service=$webhook", ""}, {"GET", "/v2/replays?id=$replay", ""},
		{"GET", "/v2/deliveries/stream?service=$webhook", ""},
		{"POST", "/v2/events", `{"event":"thing.made","id":"$event"}`}, // the last, for now it is one's own, too
	} {
		for _, role := range []byte("gabA") {
			m.sameAsUnknown(role, test.method, test.path, test.body)
		}
	}
}

// Filters find nothing outside, count nothing there, and sort by nothing there.
//
// Contract: resources.md 6: Nothing tells whether something exists
func TestMatrixFilters(t *testing.T) {
	m := newMatrix(t)
	for _, kind := range bellhop.Kinds() {
		names := map[string]string{"id": kind.Name}
		for _, r := range referencesOf(kind.Fields) {
			names[r.name()] = r.kind
		}
		if kind == bellhop.Organizations {
			names["path"] = "organization"
		} else {
			names["orgPath"] = "organization"
		}
		for name, named := range names {
			for _, operator := range []string{"$", "!$", "[$]", "![$]", "~$", "^$"} /* not < and >: ids ascend, and what comes before one's own is no secret */ {
				value := strings.ReplaceAll(operator, "$", "$"+named)
				path := "/v2/" + kind.Plural + "?" + url.QueryEscape(name) + "=" + strings.ReplaceAll(url.QueryEscape(value), "%24", "$") + "&sort=-" + name + "&limit=1000"
				if kind == bellhop.Messages {
					path += "&createdAt=>2000-01-01"
				}
				m.sameAsUnknown('A', "GET", path, "")
				if operator == "$" {
					m.sameAsUnknown('a', "GET", path, "")
					m.sameAsUnknown('b', "GET", path, "")
				}
			}
		}
	}
}

// TestMatrixPopulate lets one's own resources name what lies outside, which only somebody
// above can do, and lays in all that they name.
//
// Contract: resources.md 6: A resource in scope is shown whole
// Contract: resources.md 6: Ids in it may name
// Contract: resources.md 6: They lead to nothing
// Contract: resources.md sort, limit, offset, select, populate: A populated resource outside
func TestMatrixPopulate(t *testing.T) {
	m := newMatrix(t)
	named := 0
	for _, kind := range bellhop.Kinds() {
		id := m.own.of[kind.Name]
		references := referencesOf(kind.Fields)
		paths := []string{"createdBy"}
		for _, r := range references {
			paths = append(paths, r.name())
		}
		for _, p := range []*place{m.parent, m.foreign} {
			for _, r := range references {
				// What may not be named at all need not be populated.
				got := m.admin.call("PATCH", "/v2/"+kind.Plural+"/"+id, object{r.path[0].Name: r.value(p.of[r.kind])})
				if got.status == 200 && strings.Contains(got.body, p.of[r.kind]) {
					named++
				}
			}
			for _, target := range []string{"/v2/" + kind.Plural + "/" + id + "?", "/v2/" + kind.Plural + "?id=" + id + "&"} {
				target += "populate=" + strings.Join(paths, ",")
				for _, role := range []byte("gabA") {
					got := m.ask(m.roles[role], "GET", target, "")
					if strings.Contains(got.body, m.parent.things()) || strings.Contains(got.body, m.foreign.things()) {
						t.Errorf("%c: GET %s shows what lies outside: %s", role, target, got.body)
					}
				}
			}
		}
	}
	if named < 10 {
		t.Errorf("only %d references to what lies outside could be made", named)
	}
}
