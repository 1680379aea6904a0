package api_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// record is an audit record as far as these tests look at it.
type record struct {
	ID, Organization, OrgPath, Verb, Kind, Object, Name string
	User, UserName, Role, Via, Address, Reason          string
	Failed                                              bool
	More                                                int
	Changes                                             []struct {
		Field    string
		Secret   bool
		Old, New any
	}
}

func (r record) fields() (names []string) {
	for _, c := range r.Changes {
		names = append(names, c.Field)
	}
	return names
}

// records returns the newest audit records.
func (c client) records(rawQuery string) (found []record) {
	c.Helper()
	c.must(200, "GET", "/v2/audit?"+rawQuery, nil, &found)
	return found
}

// TestAuditKeepsNoSecret changes everything that is secret in all ways, and looks for it in the records.
//
// Contract: extensions.md 8: Secrets are never in a record
// Contract: extensions.md 8: Passwords, secrets, headers
// Contract: extensions.md 8: In all texts what stands before
// Contract: extensions.md 8: changes, more | the fields that differ
// Contract: extensions.md 8: {"id":"<id>"
func TestAuditKeepsNoSecret(t *testing.T) {
	h := open(t)
	receiver := newReceiver(t)
	secretURL := strings.Replace(receiver.URL, "http://", "http://ada:hush-1@", 1)
	service := h.admin.create("/v2/services", object{"name": "see http://x:hush-2@y.example", "type": "webhook", "organization": h.acme, "params": object{
		"url": secretURL, "secret": "hush-3", "headers": object{"X-Key": "hush-4"}}, "meta": object{"apiKey": "hush-5", "colour": "red"}})
	h.admin.must(200, "PATCH", "/v2/services/"+service, object{"params": object{
		"url": strings.Replace(secretURL, "hush-1", "hush-6", 1), "secret": "hush-7", "headers": object{"X-Key": "hush-8"}},
		"meta": object{"apiKey": "hush-9", "colour": "blue", "more": []object{{"password": "hush-a"}}}}, nil)
	h.admin.must(200, "POST", "/v2/services/"+service+"/rotate", nil, nil)
	h.admin.must(202, "POST", "/v2/services/"+service+"/replays", object{"from": "2000-01-01", "url": strings.Replace(secretURL, "hush-1", "hush-b", 1)}, nil)
	sms := h.admin.create("/v2/services", object{"name": "S", "type": "sms", "organization": h.acme, "params": object{"password": "hush-c", "from": "hush-d"}})
	h.admin.must(200, "PATCH", "/v2/services/"+sms, object{"params": object{"password": "hush-e"}}, nil)
	user := h.admin.create("/v2/users", object{"givenName": "Bo", "email": "bo@example.com", "password": "hush-f", "organization": h.acme, "role": "agent"})
	h.admin.must(200, "PATCH", "/v2/users/"+user, object{"password": "hush-g"}, nil)

	if all := h.admin.must(200, "GET", "/v2/audit?limit=100", nil, nil).body; strings.Contains(all, "hush-") {
		t.Errorf("a secret is in the records: %s", all)
	}
	newest := func(rawQuery string) record { return h.admin.records("limit=1&" + rawQuery)[0] }
	update := newest("verb=update&object=" + service)
	if got, want := update.fields(), []string{"meta.apiKey", "meta.colour", "meta.more", "params.headers", "params.secret", "params.url (user)"}; !slices.Equal(got, want) {
		t.Errorf("the fields that were changed are %v, want %v", got, want)
	}
	for _, c := range update.Changes {
		if secret := c.Field != "meta.colour" && c.Field != "meta.more"; c.Secret != secret || secret && (c.Old != nil || c.New != nil) {
			t.Errorf("the change is %+v", c)
		}
	}
	if c := update.Changes[1]; c.Old != "red" || c.New != "blue" {
		t.Errorf("the change of a colour is %+v", c)
	}
	if got := newest("verb=update&object=" + sms).fields(); !slices.Equal(got, []string{"params"}) {
		t.Errorf("the fields of another service that were changed are %v", got)
	}
	if r := newest("verb=update&object=" + user); !slices.Equal(r.fields(), []string{"password"}) || !r.Changes[0].Secret || r.Name != "Bo" {
		t.Errorf("the change of a password is %+v", r)
	}
	if r := newest("verb=rotate"); !slices.Equal(r.fields(), []string{"params.previousSecret", "params.secret"}) {
		t.Errorf("the rotation is %+v", r)
	}
	if r := newest("verb=create&object=" + service); r.Name != "see http://•••@y.example" {
		t.Errorf("the name is %s", r.Name)
	}
}

// TestAuditValues: long values are cut, and many of them are left out.
//
// Contract: extensions.md 8: Values longer than 500 bytes
// Contract: extensions.md 8: At most 100, and
// Contract: extensions.md 8: Members of objects are named
func TestAuditValues(t *testing.T) {
	h := open(t)
	meta := object{"long": strings.Repeat("é", 300), "deep": object{"a": object{"b": 1}}}
	channel := h.admin.create("/v2/channels", object{"name": "C", "meta": meta})
	r := h.admin.records("limit=1&object=" + channel)[0]
	i := slices.Index(r.fields(), "meta.long")
	if i < 0 {
		t.Fatalf("the record is %+v", r)
	}
	if text, ok := r.Changes[i].New.(string); !ok || !strings.HasSuffix(text, "…") || len(text) > 510 {
		t.Errorf("a long value is %v", r.Changes[i].New)
	}
	name := strings.Repeat("n", 100_000)
	meta[name] = 1
	h.admin.must(200, "PATCH", "/v2/channels/"+channel, object{"meta": meta}, nil)
	if r = h.admin.records("limit=1&object=" + channel)[0]; len(r.Changes) != 1 || !strings.HasPrefix(r.Changes[0].Field, "meta.nnn") || !strings.HasSuffix(r.Changes[0].Field, "…") || len(r.Changes[0].Field) > 510 {
		t.Errorf("a long name of a field is kept with %d bytes, of %d fields", len(r.Changes[0].Field), len(r.Changes))
	}
	delete(meta, name)
	meta["deep"] = object{"a": object{"b": 2}}
	h.admin.must(200, "PATCH", "/v2/channels/"+channel, object{"meta": meta}, nil)
	if r = h.admin.records("limit=1&object=" + channel)[0]; !slices.Contains(r.fields(), "meta.deep.a") || len(r.Changes) != 2 {
		t.Errorf("the change of a member is %+v", r)
	}
	for n := range 120 {
		meta[fmt.Sprintf("k%03d", n)] = n
	}
	h.admin.must(200, "PATCH", "/v2/channels/"+channel, object{"meta": meta}, nil)
	if r = h.admin.records("limit=1&object=" + channel)[0]; len(r.Changes) != 100 || r.More != 20 || r.Changes[99].Field != "meta.k099" {
		t.Errorf("of many changes there are %d, and %d more", len(r.Changes), r.More)
	}
	// What changes nothing is not recorded.
	h.admin.must(200, "PATCH", "/v2/channels/"+channel, object{"name": "C"}, nil)
	if again := h.admin.records("limit=1&object=" + channel)[0]; again.ID != r.ID {
		t.Errorf("a change of nothing is recorded: %+v", again)
	}
}

// TestAuditIsForAdmins: who changed something is for admins above it, also when it is gone.
//
// Contract: extensions.md 8: GET /v2/audit (admins
// Contract: extensions.md 8: organization, orgPath | whose admins see it
// Contract: extensions.md 8: Nobody can change or delete
// Contract: extensions.md 8: kind, object, name | what it is about
func TestAuditIsForAdmins(t *testing.T) {
	h := open(t)
	acme, other, agent := h.user("cleo", "admin", h.acme), h.user("odo", "admin", h.other), h.user("agnes", "agent", h.acme)
	gone := acme.create("/v2/organizations", object{"name": "Gone"})
	acme.must(204, "DELETE", "/v2/organizations/"+gone, nil, nil)
	found := acme.records("kind=organization&object=" + gone)
	if len(found) != 2 || found[0].Verb != "delete" || found[1].Verb != "create" || found[0].Name != "Gone" || found[0].Organization != gone {
		t.Fatalf("the records of an organization that is gone are %+v", found)
	}
	one := "/v2/audit/" + found[0].ID
	acme.must(200, "GET", one+"?select=verb", nil, nil)
	other.must(404, "GET", one, nil, nil)
	agent.must(403, "GET", one, nil, nil)
	agent.must(403, "GET", "/v2/audit", nil, nil)
	if found := other.records("object=" + gone); len(found) != 0 {
		t.Errorf("others are shown %+v", found)
	}
	for _, method := range []string{"PATCH", "DELETE", "PUT"} {
		h.admin.must(http.StatusMethodNotAllowed, method, one, object{"name": "x"}, nil)
	}

	// A role is a matter of where it holds; the rest of a user, of who changes it.
	user := h.admin.create("/v2/users", object{"givenName": "Bo", "email": "bo@example.com", "password": "p", "organization": h.acme, "role": "agent"})
	both := func(role string) object {
		return object{"organizations": []object{{"organization": h.acme, "role": "agent", "selected": true}, {"organization": h.other, "role": role}}}
	}
	h.admin.must(200, "PATCH", "/v2/users/"+user, both("agent"), nil)
	h.admin.must(200, "PATCH", "/v2/users/"+user, both("supervisor"), nil)
	if found := other.records("object=" + user); len(found) != 2 || found[0].Organization != h.other {
		t.Errorf("of roles elsewhere others are shown %+v", found)
	}
	if found := acme.records("object=" + user); len(found) != 1 || found[0].Verb != "create" {
		t.Errorf("the admin at home is shown %+v", found)
	}
}

// TestAuditOfLogins: who comes, goes, and fails to.
//
// Contract: extensions.md 8: failed, reason | it was tried
// Contract: extensions.md 8: Logins with a password are recorded
// Contract: extensions.md 8: Refreshing a token is no login
func TestAuditOfLogins(t *testing.T) {
	h := open(t)
	h.admin.must(401, "POST", "/v2/auth/token", object{"email": adminEmail, "password": "wrong"}, nil)
	r := h.admin.records("limit=1&verb=login")[0]
	if !r.Failed || r.User != "" || r.UserName != "" || r.Object == "" || r.Name != "Ada" || r.Address != "192.0.2.1" || r.Reason != "Invalid email or password" {
		t.Errorf("a wrong password is recorded as %+v", r)
	}
	h.admin.must(401, "POST", "/v2/auth/token", object{"email": "my-pass-word", "password": "wrong"}, nil)
	got := h.admin.must(200, "GET", "/v2/audit?limit=1&verb=login&object=!", nil, nil).body
	if !strings.Contains(got, `"failed":true`) || strings.Contains(got, "my-pass-word") {
		t.Errorf("an email that nobody has is recorded as %s", got)
	}
	var login struct{ Token, RefreshToken string }
	h.admin.must(201, "POST", "/v2/auth/token", object{"email": adminEmail, "password": adminPassword}, &login)
	r = h.admin.records("limit=1&verb=login")[0]
	if r.Failed || r.UserName != "Ada" || r.User != r.Object {
		t.Errorf("a login is recorded as %+v", r)
	}
	h.admin.must(201, "POST", "/v2/auth/token", object{"refreshToken": login.RefreshToken}, nil)
	if again := h.admin.records("limit=1")[0]; again.ID != r.ID {
		t.Errorf("a refresh is recorded as %+v", again)
	}
}

// TestAuditOfVerification: a challenge is recorded, passed or not.
//
// Contract: extensions.md 8: A PATCH that changes nothing has none either
func TestAuditOfVerification(t *testing.T) {
	h := open(t)
	receiver := newReceiver(t)
	service := h.admin.create("/v2/services", object{"name": "W", "type": "webhook", "params": object{"url": receiver.URL}})
	h.admin.must(200, "PATCH", "/v2/services/"+service, object{"status": "active"}, nil)
	if r := h.admin.records("limit=1&object=" + service)[0]; r.Verb != "verify" || r.Failed || len(r.Changes) != 0 {
		t.Errorf("the challenge is recorded as %+v", r)
	}
	receiver.Close()
	h.admin.must(403, "PATCH", "/v2/services/"+service, object{"status": "active"}, nil)
	r := h.admin.records("limit=1&object=" + service)[0]
	if r.Verb != "verify" || !r.Failed || !strings.HasPrefix(r.Reason, "Webhook could not be verified") || r.UserName != "Ada" {
		t.Errorf("the challenge that was not passed is recorded as %+v", r)
	}
}
