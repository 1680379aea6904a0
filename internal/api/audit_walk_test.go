//go:build !race

package api_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"bellhop"
)

// unrecorded are the routes that are more than a read and have no record: what is written all day, what
// has a record of its own kind, and what stores nothing.
var unrecorded = []string{
	"POST /v2/contacts", "PATCH /v2/contacts/{id}", "DELETE /v2/contacts/{id}",
	"POST /v2/conversations", "PATCH /v2/conversations/{id}", "DELETE /v2/conversations/{id}",
	"POST /v2/messages", "PATCH /v2/messages/{id}", "DELETE /v2/messages/{id}", "PUT /v2/messages/{id}",
	"POST /v2/conversations/{id}/messages", "POST /v2/events",
	"POST /v2/services/try",
}

// recordedRoutes are those of no kind that have a record.
var recordedRoutes = []struct {
	route, path, body, verb, kind string
	status                        int
}{
	{"POST /v2/services/{id}/rotate", "/v2/services/$webhook/rotate", "", "rotate", "service", 200},
	{"POST /v2/services/{id}/test", "/v2/services/$webhook/test", `{"event":"order.created"}`, "test", "service", 202},
	{"POST /v2/services/{id}/replays", "/v2/services/$webhook/replays", `{"from":"2000-01-01","url":"$receiver"}`, "replay", "service", 202},
	{"PATCH /v2/replays/{id}", "/v2/replays/$replay", `{"state":"paused"}`, "replay", "service", 200},
	{"POST /v2/deliveries/{id}/replay", "/v2/deliveries/$delivery/replay", "", "replay", "service", 202},
	{"PATCH /v2/services/{id}", "/v2/services/$webhook", `{"status":"active"}`, "verify", "service", 200},
	{"POST /v2/users/{id}/revoke", "/v2/users/$user/revoke", "", "revoke", "user", 204},
	{"POST /v2/auth/token", "/v2/auth/token", `{"email":"` + adminEmail + `","password":"` + adminPassword + `"}`, "login", "user", 201},
}

// TestNothingIsChangedUnrecorded goes through all routes that change something: each of them writes one
// audit record that says who did what, or is known to write none.
//
// Contract: extensions.md 8: Whatever admins configure has a record
// Contract: extensions.md 8: Recorded are all kinds of resources but
// Contract: extensions.md 8: What goes along with a change
// Contract: extensions.md 8: verb | create, update, delete
// Contract: extensions.md 8: user, userName, role | who did it
// Contract: extensions.md 8: via, address | how he came
func TestNothingIsChangedUnrecorded(t *testing.T) {
	m := newMatrix(t)
	m.own.of["receiver"] = m.receiver.URL
	seen := map[string]bool{}
	check := func(t *testing.T, route, verb, kind string, status int, ask func() answer) {
		t.Helper()
		seen[route] = true
		before := m.admin.records("limit=1")[0].ID
		if got := ask(); got.status != status {
			t.Fatalf("%s = %d, want %d: %s", route, got.status, status, got.body)
		}
		found := m.admin.records("limit=5")
		n := slices.IndexFunc(found, func(r record) bool { return r.ID == before })
		if slices.Contains(unrecorded, route) {
			if n != 0 {
				t.Errorf("%s has left records: %+v", route, found[:max(n, 0)])
			}
			return
		}
		if n != 1 {
			t.Fatalf("%s has left %d records, want 1: %+v", route, n, found)
		}
		r := found[0]
		if r.Verb != verb || r.Kind != kind || r.Object == "" || r.Failed || r.Via != "api" || r.Address != "192.0.2.1" ||
			r.User == "" || r.UserName == "" || r.Role != "admin" || !strings.Contains(r.OrgPath, r.Organization) {
			t.Errorf("%s has left %+v", route, r)
		}
	}
	for _, kind := range bellhop.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			m.TB = t
			path, id := "/v2/"+kind.Plural, ""
			p := m.own
			target, body := m.creation(p, kind) // makes a bot, too, that an instance needs
			check(t, "POST "+path, "create", kind.Name, 201, func() answer {
				got := p.boss.call("POST", target, body)
				var made struct{ ID string }
				if err := json.Unmarshal([]byte(got.body), &made); err != nil {
					t.Fatal(err)
				}
				id = made.ID
				return got
			})
			change := changes[kind]
			if change == "" {
				change = `{"name":"Changed $n"}`
			}
			check(t, "PATCH "+path+"/{id}", "update", kind.Name, 200, func() answer { return p.boss.call("PATCH", path+"/"+id, m.in(p, change)) })
			check(t, "DELETE "+path+"/{id}", "delete", kind.Name, 204, func() answer { return p.boss.call("DELETE", path+"/"+id, nil) })
		})
	}
	for _, row := range recordedRoutes {
		t.Run(row.route, func(t *testing.T) {
			m.TB = t
			check(t, row.route, row.verb, row.kind, row.status, func() answer {
				return m.ask(m.own.boss, strings.Fields(row.route)[0], m.in(m.own, row.path), m.in(m.own, row.body))
			})
		})
	}
	for _, route := range []string{"PUT /v2/messages/{id}", "POST /v2/conversations/{id}/messages", "POST /v2/events", "POST /v2/services/try"} {
		method, path, _ := strings.Cut(route, " ")
		status, body := 200, `{"text":"$n"}`
		switch {
		case strings.HasPrefix(path, "/v2/conversations"):
			path, status = "/v2/conversations/$conversation/messages", 201
		case path == "/v2/events":
			body, status = `{"event":"order.created"}`, 202
		case path == "/v2/services/try":
			body = `{"url":"$receiver"}`
		default:
			path = "/v2/messages/$message"
		}
		check(t, route, "", "", status, func() answer { return m.own.boss.call(method, m.in(m.own, path), m.in(m.own, body)) })
	}
	for _, pattern := range m.api.Patterns() {
		if !seen[pattern] && !strings.HasPrefix(pattern, "GET ") {
			t.Errorf("%s changes something, and nobody looks whether it is recorded", pattern)
		}
		delete(seen, pattern)
	}
	if rest := slices.Sorted(maps.Keys(seen)); len(rest) > 0 {
		t.Errorf("%v are no routes", rest)
	}
}
