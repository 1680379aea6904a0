package api_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"bellhop"
)

// beginning is what a resource of a kind is made from, at least.
func (h *house) beginning(kind *bellhop.Kind) object {
	h.Helper()
	switch kind {
	case bellhop.Users:
		return object{"givenName": "Joe", "email": h.fresh("joe") + "@example.com"}
	case bellhop.BotInstances:
		_, bot := h.bot("Echo", h.top, "bot")
		return object{"bot": bot}
	case bellhop.Services:
		return object{"name": "New", "type": "twilio"}
	case bellhop.Contacts:
		return object{"profile": object{"name": "Jenny"}}
	case bellhop.Messages:
		return object{"conversation": h.admin.create("/v2/conversations", object{}), "text": "hello"}
	case bellhop.Organizations, bellhop.Bots, bellhop.Forms:
		return object{"name": "New"}
	}
	return object{} // which is all that a new kind needs
}

// fresh returns a name that nobody has yet.
func (h *house) fresh(name string) string {
	h.names++
	return fmt.Sprintf("%s%d", name, h.names)
}

// eachKind runs test for every kind, with a server that all share.
func eachKind(t *testing.T, test func(t *testing.T, h *house, kind *bellhop.Kind, path string)) {
	h := open(t)
	for _, kind := range bellhop.Kinds() {
		t.Run(kind.Plural, func(t *testing.T) {
			sub := *h
			sub.TB, sub.admin.house = t, &sub
			test(t, &sub, kind, "/v2/"+kind.Plural)
			h.names = sub.names
		})
	}
}

// fields decodes what a request was answered.
func (c client) fields(status int, method, target string, body any) (fields object) {
	c.Helper()
	c.must(status, method, target, body, &fields)
	return fields
}

var (
	isID   = regexp.MustCompile(`^[0-9a-f]{24}$`)
	isTime = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`)
)

// Contract: resources.md 2: id | string, 24 hex
// Contract: resources.md 2: organization | id
// Contract: resources.md 2: orgPath | string
// Contract: resources.md 2: meta | object
// Contract: resources.md 2: createdBy | user id
// Contract: resources.md 2: createdAt, updatedAt | date-time
func TestCommonFields(t *testing.T) {
	eachKind(t, func(t *testing.T, h *house, kind *bellhop.Kind, path string) {
		made := h.admin.fields(201, "POST", path, h.beginning(kind))
		for name, form := range map[string]*regexp.Regexp{"id": isID, "createdAt": isTime, "updatedAt": isTime, "createdBy": isID} {
			if text, _ := made[name].(string); !form.MatchString(text) {
				t.Errorf("%s = %v", name, made[name])
			}
		}
		if _, there := made["_id"]; there || made["createdBy"] != h.ada() {
			t.Errorf("made %v, want it to be by %s and without _id", made, h.ada())
		}
		_, hasMeta := made["meta"]
		if absent := kind == bellhop.Organizations || kind == bellhop.Users; hasMeta == absent || hasMeta && len(made["meta"].(object)) > 0 {
			t.Errorf("meta = %v", made["meta"])
		}
		if kind == bellhop.Organizations {
			if made["organization"] != nil || made["orgPath"] != nil {
				t.Errorf("an organization is owned by %v, %v", made["organization"], made["orgPath"])
			}
			return
		}
		if made["organization"] != h.top || made["orgPath"] != h.top {
			t.Errorf("owner %v, %v, want %s", made["organization"], made["orgPath"], h.top)
		}
		beginning := h.beginning(kind)
		if kind == bellhop.Messages {
			return // belongs where its conversation does
		}
		beginning["organization"] = h.acme
		if below := h.admin.fields(201, "POST", path, beginning); below["organization"] != h.acme || below["orgPath"] != h.top+"#"+h.acme {
			t.Errorf("owner %v, %v, want %s", below["organization"], below["orgPath"], h.acme)
		}
	})
}

// ada is the id of the admin.
func (h *house) ada() string {
	h.Helper()
	var users []struct{ ID string }
	h.admin.must(200, "GET", "/v2/users?email="+adminEmail, nil, &users)
	return users[0].ID
}

// contractPlurals are the kinds that the first table of docs/contract/resources.md names.
func contractPlurals(t *testing.T) (plurals []string) {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "contract", "resources.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "\n| plural |")
	table, _, _ = strings.Cut(table, "\n\n")
	for row := range strings.Lines(table) {
		cell, _, _ := strings.Cut(strings.TrimPrefix(row, "|"), "|")
		for _, m := range inCode.FindAllStringSubmatch(cell, -1) {
			plurals = append(plurals, m[1])
		}
	}
	return plurals
}

var inCode = regexp.MustCompile("`([a-z]+)`")

// Contract: resources.md 1: /v2/<plural> and /v2/<plural>/<id>
// Contract: resources.md 1: organizations | organization
// Contract: resources.md 1: orggroups |
// Contract: resources.md 1: partners |
// Contract: resources.md 1: users |
// Contract: resources.md 1: bots |
// Contract: resources.md 1: botinstances |
// Contract: resources.md 1: channels |
// Contract: resources.md 1: services |
// Contract: resources.md 1: forms |
// Contract: resources.md 1: workflows |
// Contract: resources.md 1: contacts |
// Contract: resources.md 1: conversations |
// Contract: resources.md 1: messages |
// Contract: resources.md 1: kbases, kbitems, articles
// Contract: resources.md 1: files, locations, links, watemplates
// Contract: resources.md 1: metrics, points, tests, testresults
// Contract: resources.md 1: Further:
// Contract: resources.md 1: An unknown path is 404
// Contract: resources.md 1: A trailing slash is ignored
func TestPathsAndMethods(t *testing.T) {
	plurals := contractPlurals(t)
	var got []string
	for _, kind := range bellhop.Kinds() {
		got = append(got, kind.Plural)
		if kind.Plural != kind.Name+"s" || kind.Label != strings.ToUpper(kind.Name[:1])+kind.Name[1:] {
			t.Errorf("%s is called %s, %s", kind.Plural, kind.Name, kind.Label)
		}
	}
	if !slices.Equal(got, plurals) {
		t.Errorf("kinds %v, want %v", got, plurals)
	}
	eachKind(t, func(t *testing.T, h *house, kind *bellhop.Kind, path string) {
		id := h.admin.create(path+"/", h.beginning(kind)) // a slash at the end is ignored
		filter := ""
		if kind == bellhop.Messages {
			filter = "?type=chat"
		}
		for _, slash := range []string{"", "/"} {
			h.admin.must(200, "GET", path+slash+filter, nil, nil)
			h.admin.must(200, "GET", path+"/"+id+slash, nil, nil)
			h.admin.must(200, "PATCH", path+"/"+id+slash, object{}, nil)
			for _, method := range []string{"PUT", "PATCH", "DELETE"} {
				h.notAllowed(method, path+slash, "GET, HEAD, POST")
			}
			if kind == bellhop.Messages {
				h.admin.must(200, "PUT", path+"/"+id+slash, nil, nil)
				h.notAllowed("POST", path+"/"+id+slash, "DELETE, GET, HEAD, PATCH, PUT")
			} else {
				for _, method := range []string{"PUT", "POST"} {
					h.notAllowed(method, path+"/"+id+slash, "DELETE, GET, HEAD, PATCH")
				}
			}
			h.noSuchPath("GET", path+"/"+id+"/nothing"+slash)
			h.noSuchPath("GET", strings.TrimSuffix(path, "s")+slash)
		}
		h.admin.must(204, "DELETE", path+"/"+id, nil, nil)
	})
}

func (h *house) notAllowed(method, target, allow string) {
	h.Helper()
	if got := h.admin.call(method, target, nil); got.status != 405 || got.message() != "Method not allowed" || got.header.Get("Allow") != allow {
		h.Errorf("%s %s = %d %s, Allow %s, want %s", method, target, got.status, got.body, got.header.Get("Allow"), allow)
	}
}

func (h *house) noSuchPath(method, target string) {
	h.Helper()
	if got := h.admin.call(method, target, nil); got.status != 404 || got.message() != "Not found" {
		h.Errorf("%s %s = %d %s", method, target, got.status, got.body)
	}
}

// Contract: resources.md 3: POST /v2/<plural>
// Contract: resources.md 3: GET /v2/<plural>/<id>
// Contract: resources.md 3: GET /v2/<plural> | 200
// Contract: resources.md 3: PATCH /v2/<plural>/<id>
// Contract: resources.md 3: DELETE /v2/<plural>/<id>
// Contract: resources.md 3: Read-only fields in PATCH
// Contract: resources.md 3: So to change one meta key
// Contract: resources.md 3: The order of keys inside free objects
// Contract: resources.md 5: 404 | no such id
func TestCRUD(t *testing.T) {
	eachKind(t, func(t *testing.T, h *house, kind *bellhop.Kind, path string) {
		made := h.admin.must(201, "POST", path, h.beginning(kind), nil)
		var first object
		if err := json.Unmarshal([]byte(made.body), &first); err != nil {
			t.Fatal(err)
		}
		one := path + "/" + first["id"].(string)
		seen := h.admin.must(200, "GET", one+"?limit=7&offset=2", nil, nil)
		if seen.body != made.body {
			t.Errorf("GET = %s, want %s", seen.body, made.body)
		}
		if listed := h.admin.must(200, "GET", path+"?id="+first["id"].(string), nil, nil); listed.body != "["+made.body+"]" {
			t.Errorf("listed %s, want %s", listed.body, made.body)
		}
		if part := h.admin.must(200, "GET", one+"?select=createdAt", nil, nil); len(part.body) > 90 {
			t.Errorf("selected %s", part.body)
		}

		// The top level is merged, what is nested is replaced whole.
		h.admin.fields(200, "PATCH", one, object{"meta": object{"a": "1", "b": "2"}})
		patched := h.admin.must(200, "PATCH", one, object{"meta": object{"b": "3"}}, nil)
		want := maps.Clone(first)
		want["meta"] = object{"b": "3"}
		got := object{}
		if err := json.Unmarshal([]byte(patched.body), &got); err != nil {
			t.Fatal(err)
		}
		if got["updatedAt"].(string) < first["updatedAt"].(string) {
			t.Errorf("updated at %v, before %v", got["updatedAt"], first["updatedAt"])
		}
		want["updatedAt"] = got["updatedAt"]
		if kind == bellhop.Messages {
			want["version"] = got["version"]
		}
		if text, wanted := asText(got), asText(want); text != wanted {
			t.Errorf("PATCH = %s, want %s", text, wanted)
		}
		for _, nothing := range []any{nil, object{}, object{"meta": object{"b": "3"}}, object{"id": first["id"], "createdAt": "x", "updatedAt": 7, "createdBy": nil, "orgPath": "x"}} {
			if same := h.admin.must(200, "PATCH", one, nothing, nil); same.body != patched.body {
				t.Errorf("PATCH with %v = %s, want %s", nothing, same.body, patched.body)
			}
		}
		if gone := h.admin.must(204, "DELETE", one, nil, nil); gone.body != "" || gone.header.Get("Content-Type") != "" {
			t.Errorf("DELETE = %q %v, want nothing", gone.body, gone.header)
		}
		for _, method := range []string{"GET", "PATCH", "DELETE"} {
			for _, target := range []string{one, path + "/64b0f1a2c3d4e5f6071829ff", path + "/17", path + "/" + strings.ToUpper(first["id"].(string))} {
				if got := h.admin.call(method, target, nil); got.status != 404 || got.message() != kind.Label+" not found" {
					t.Errorf("%s %s = %d %s", method, target, got.status, got.body)
				}
			}
		}
		// What was read can be posted again.
		again := h.admin.fields(201, "POST", path, seen.body)
		if again["id"].(string) <= first["id"].(string) {
			t.Errorf("copy %v of %v", again["id"], first["id"])
		}
		for _, name := range []string{"id", "createdAt", "updatedAt", "path", "slug", "url", "email", "token", "refreshToken", "conversation", "version"} {
			if _, there := again[name]; there != (first[name] != nil) {
				t.Errorf("the copy has %s = %v, the first one %v", name, again[name], first[name])
			}
			delete(again, name)
			delete(first, name)
		}
		if text, wanted := asText(again), asText(first); text != wanted {
			t.Errorf("copy %s, want %s", text, wanted)
		}
	})
}

func asText(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// Contract: resources.md 3: A top-level null in PATCH
// Contract: resources.md 3: Undeclared top-level fields
// Contract: resources.md 3: Bodies larger than 1 MiB
// Contract: resources.md 3: U+0000 in strings
// Contract: resources.md 5: 400 | malformed JSON
// Contract: resources.md 5: 405, 413
func TestWhatIsSent(t *testing.T) {
	closed := []*bellhop.Kind{bellhop.Organizations, bellhop.Users, bellhop.Services, bellhop.Contacts, bellhop.Conversations, bellhop.Messages}
	eachKind(t, func(t *testing.T, h *house, kind *bellhop.Kind, path string) {
		beginning := h.beginning(kind)
		beginning["shoe"], beginning["meta"] = object{"size": 43}, object{"zero": "a\x00b"}
		made := h.admin.fields(201, "POST", path, beginning)
		if _, there := made["shoe"]; there == slices.Contains(closed, kind) || made["meta"].(object)["zero"] != "a\ufffdb" {
			t.Errorf("made %v", made)
		}
		one := path + "/" + made["id"].(string)
		patched := h.admin.fields(200, "PATCH", one, object{"shoe": nil, "meta": nil, "hat": 1})
		_, hat := patched["hat"]
		if _, shoe := patched["shoe"]; shoe || hat == slices.Contains(closed, kind) {
			t.Errorf("patched %v", patched)
		}
		if meta, there := patched["meta"].(object); there == (kind == bellhop.Organizations || kind == bellhop.Users) || len(meta) > 0 {
			t.Errorf("meta without a value is %v", patched["meta"])
		}
		for _, test := range []struct {
			status        int
			body, message string
		}{
			{400, ``, "Invalid JSON"},
			{400, `{"name":`, "Invalid JSON"},
			{400, `[]`, "Validation failed: "},
			{400, `"x"`, "Validation failed: "},
			{400, `{"error":true}`, "Validation failed: error "},
			{400, strings.Repeat(`{"meta":`, 101) + `1` + strings.Repeat(`}`, 101), "Validation failed: "},
			{413, `{"meta":{"a":"` + strings.Repeat("x", 1<<20) + `"}}`, "Request entity too large"},
		} {
			for _, method := range []string{"POST", "PATCH"} {
				target := path
				if method == "PATCH" {
					target = one
				}
				if method == "PATCH" && test.body == "" || method == "POST" && test.body == "[]" && kind == bellhop.Messages {
					continue
				}
				got := h.admin.call(method, target, test.body)
				if got.status != test.status || !strings.HasPrefix(got.message(), test.message) || got.header.Get("Content-Type") != "application/json" {
					t.Errorf("%s %.40s = %d %s, want %d %s", method, test.body, got.status, got.body, test.status, test.message)
				}
			}
		}
	})
}

// Contract: resources.md 5: Content type application/json always
// Contract: resources.md 5: Only error.message is certain
// Contract: resources.md 5: {"error":{"message":"Conversation not found"
func TestErrorBody(t *testing.T) {
	h := open(t)
	got := h.admin.call("GET", "/v2/conversations/17", nil)
	if want := `{"error":{"message":"Conversation not found","status":404,"name":"NotFoundError"}}`; strings.TrimSpace(got.body) != want {
		t.Errorf("body %s, want %s", got.body, want)
	}
	got = h.admin.call("POST", "/v2/forms", object{})
	var body struct {
		Error struct {
			Message, Name string
			Status        int
			Errors        map[string]string
		}
	}
	if err := json.Unmarshal([]byte(got.body), &body); err != nil || body.Error.Message != "Validation failed: name is required" ||
		body.Error.Status != 400 || body.Error.Name == "" || body.Error.Errors["name"] != "is required" || got.header.Get("Content-Type") != "application/json" {
		t.Errorf("%v in %s", err, got.body)
	}
}

// wrong are values that are not of a type.
var wrong = map[bellhop.Type]any{
	bellhop.String: 7, bellhop.Number: "7", bellhop.Bool: "true", bellhop.Ref: "17", bellhop.Object: "x", bellhop.Date: "soon",
}

// Every field that a client may set is checked, and so are those inside of objects.
//
// Contract: resources.md 7: Types: id = reference
// Contract: resources.md 7: A field of another type
func TestTypesOfFields(t *testing.T) {
	eachKind(t, func(t *testing.T, h *house, kind *bellhop.Kind, path string) {
		one := path + "/" + h.admin.create(path, h.beginning(kind))
		var check func(fields []bellhop.Field, wrap func(object) object, name string)
		check = func(fields []bellhop.Field, wrap func(object) object, name string) {
			for _, f := range fields {
				if f.ReadOnly || f.Type == bellhop.Any && !f.List {
					continue
				}
				bad := wrong[f.Type]
				if f.List {
					bad = "x" // no array
				}
				body := wrap(object{f.Name: bad})
				for name, value := range h.beginning(kind) {
					if _, there := body[name]; !there {
						body[name] = value
					}
				}
				got := h.admin.call("POST", path, body)
				own := kind == bellhop.Conversations || kind == bellhop.Messages // which ignore what they set themselves
				if got.status == 201 && !own || got.status >= 500 || got.status == 400 && !own && !strings.HasPrefix(got.message(), "Validation failed: "+strings.Split(name+f.Name, ".")[0]) {
					t.Errorf("POST %s = %d %s", asText(body), got.status, got.body)
				}
				if h.admin.call("PATCH", one, wrap(object{f.Name: bad})).status >= 500 {
					t.Errorf("PATCH %s is a fault of the server", asText(body))
				}
				if f.Type == bellhop.Object && f.Fields != nil {
					check(f.Fields, func(o object) object {
						if f.List {
							return wrap(object{f.Name: []object{o}})
						}
						return wrap(object{f.Name: o})
					}, name+f.Name+".")
				}
			}
		}
		check(kind.Fields, func(o object) object { return o }, "")
	})
}

// Contract: resources.md 3: Ids ascend in the order
func TestIDsAscend(t *testing.T) {
	eachKind(t, func(t *testing.T, h *house, kind *bellhop.Kind, path string) {
		var ids []string
		for range 5 {
			ids = append(ids, h.admin.create(path, h.beginning(kind)))
		}
		if !slices.IsSorted(ids) || len(slices.Compact(ids)) != 5 {
			t.Errorf("ids %v", ids)
		}
	})
	h := open(t)
	conversation := h.admin.create("/v2/conversations", object{})
	var messages []struct{ ID string }
	h.admin.must(201, "POST", "/v2/conversations/"+conversation+"/messages", []object{{"text": "a"}, {"text": "b"}, {"text": "c"}}, &messages)
	if messages[0].ID >= messages[1].ID || messages[1].ID >= messages[2].ID {
		t.Errorf("messages %v", messages)
	}
}

// Contract: resources.md 3: Concurrent PATCHes
// Contract: resources.md 3: Effects are complete when the answer is sent
func TestConcurrentPatches(t *testing.T) {
	h := open(t)
	path := "/v2/links/" + h.admin.create("/v2/links", object{})
	const each = 20
	done := make(chan answer)
	for _, name := range []string{"a", "b"} {
		go func() {
			for i := range each {
				done <- h.admin.call("PATCH", path, object{name: i})
			}
		}()
	}
	for range 2 * each {
		if got := <-done; got.status != http.StatusOK {
			t.Errorf("PATCH = %d %s", got.status, got.body)
		}
	}
	if got := h.admin.fields(200, "GET", path, nil); got["a"] != float64(each-1) || got["b"] != float64(each-1) {
		t.Errorf("after all: %v", got)
	}
}
