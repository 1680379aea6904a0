package api_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"bellhop/internal/api"
	"bellhop/internal/conversation"
)

// Contract: extensions.md 6: GET /healthz
func TestEveryRouteIsDescribed(t *testing.T) {
	described := slices.DeleteFunc(seed.checker.Patterns(), func(pattern string) bool {
		return pattern == "GET /metrics" || strings.Contains(pattern, "/v2/tunnels") // which are not the API's to serve
	})
	served := api.New(api.Config{}).Patterns()
	slices.Sort(described)
	slices.Sort(served)
	for _, pattern := range served {
		if !slices.Contains(described, pattern) {
			t.Errorf("%s is served, but is not in the OpenAPI document", pattern)
		}
	}
	for _, pattern := range described {
		if !slices.Contains(served, pattern) {
			t.Errorf("%s is in the OpenAPI document, but is not served", pattern)
		}
	}
}

// Contract: extensions.md 6: GET /v2/openapi.json
func TestDescriptionIsForEverybody(t *testing.T) {
	h := open(t)
	anybody := client{h, ""}
	for path, want := range map[string]struct{ mediaType, begin string }{
		"/v2/openapi.json": {"application/json", `{"openapi":"3.1.1",`},
		"/v2/openapi.yaml": {"application/yaml", "openapi: 3.1.1\n"},
	} {
		got := anybody.must(200, "GET", path, nil, nil)
		if !strings.HasPrefix(got.body, want.begin) || got.header.Get("Content-Type") != want.mediaType {
			t.Errorf("GET %s is %s, and begins with %.40q", path, got.header.Get("Content-Type"), got.body)
		}
		if len(got.body) > 500_000 {
			t.Errorf("GET %s has %d bytes", path, len(got.body))
		}
		again := anybody.must(200, "GET", path, nil, nil)
		if again.body != got.body {
			t.Errorf("GET %s differs the second time", path)
		}
		head := anybody.call("HEAD", path, nil)
		if head.status != http.StatusOK || head.header.Get("Content-Length") != got.header.Get("Content-Length") {
			t.Errorf("HEAD %s = %d with Content-Length %s", path, head.status, head.header.Get("Content-Length"))
		}
	}
	var document struct{ Paths map[string]any }
	anybody.must(200, "GET", "/v2/openapi.json", nil, &document)
	if document.Paths["/v2/conversations/{id}/messages"] == nil {
		t.Error("the document lacks the messages of a conversation")
	}
}

// What PATCH is described to change is what it changes.
func TestChangeableIsDescribed(t *testing.T) {
	for kind, rules := range conversation.New(conversation.Config{}).Rules() {
		var described []string
		if patch := seed.checker.Document().Components.Schemas.Get(kind.Label + "Patch"); patch != nil {
			for _, p := range patch.Properties {
				described = append(described, p.Name)
			}
		}
		changed := slices.DeleteFunc(slices.Clone(rules.Changeable), func(name string) bool {
			return name == "organization" // which may be sent as it is
		})
		slices.Sort(described)
		slices.Sort(changed)
		if !slices.Equal(described, changed) {
			t.Errorf("PATCH of a %s is described to change %v, and changes %v", kind.Name, described, changed)
		}
	}
}

// What the fixture reports is not silently lost: an answer that is not as described is found.
func TestAnswersAreHeldToTheDescription(t *testing.T) {
	var found []string
	answer := http.StatusOK
	body := object{}
	wrong := seed.checker.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Request-Id", "1")
		w.WriteHeader(answer)
		_ = json.NewEncoder(w).Encode(body)
	}), func(err error) { found = append(found, err.Error()) })
	c := client{&house{TB: t, handler: wrong}, "token"}
	const id = "64b0f1a2c3d4e5f607182930"
	for _, test := range []struct {
		method, target string
		status         int
		answer         object
		want           string // "" if it is as it should be
	}{
		{"GET", "/v2/users/" + id, 200, object{"id": id, "givenName": "Ada"}, ""},
		{"GET", "/v2/users/" + id, 200, object{"id": id, "givenName": 1}, "got number, want string"},
		{"GET", "/v2/users/" + id, 200, object{"id": id, "nickname": "A"}, "'nickname' not allowed"},
		{"GET", "/v2/users/" + id, 200, object{}, "missing property 'id'"},
		{"GET", "/v2/partners/" + id, 200, object{"id": id, "nickname": "A"}, ""}, // is open
		{"GET", "/v2/users/" + id, 201, object{"id": id}, "the status is not documented"},
		{"GET", "/v2/users/" + id, 409, object{"error": object{"message": "m", "status": 409, "name": "n"}}, "the status is not documented"},
		{"GET", "/v2/users", 200, object{}, "X-Total-Count is missing"},
		{"PATCH", "/v2/users/" + id, 200, object{"id": id}, "missing properties"},
		{"GET", "/v2/unknown", 200, object{}, "no such operation"},
		{"POST", "/v2/users/" + id, 405, object{"error": object{"message": "m", "status": 405, "name": "n"}}, "405 without Allow"},
		{"GET", "/v2/users/" + id, 404, object{"error": "m"}, "got string, want object"},
		{"GET", "/elsewhere", 200, object{}, ""},
	} {
		found, answer, body = nil, test.status, test.answer
		var sent any
		if test.method == "PATCH" {
			sent = object{}
		}
		c.call(test.method, test.target, sent)
		switch all := strings.Join(found, "\n"); {
		case test.want == "" && all != "":
			t.Errorf("%s %s: %s", test.method, test.target, all)
		case !strings.Contains(all, test.want):
			t.Errorf("%s %s with %v is found to be %q, want %q", test.method, test.target, test.answer, all, test.want)
		}
	}
	found, answer, body = nil, http.StatusAccepted, object{"id": "018fb42c-1f5b-7c3e-9a51-2f6a1e4b8d91", "event": "a.b", "organization": id, "deliveries": 0}
	c.call("POST", "/v2/events", object{"event": "Order"})
	if all := strings.Join(found, "\n"); !strings.Contains(all, "the request") {
		t.Errorf("an invalid request that succeeds is found to be %q", all)
	}
}
