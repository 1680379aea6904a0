package api_test

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"bellhop"
)

// minimal is what each kind looks like of which no more was sent than has to be, without what
// all kinds have.
var minimal = map[string]string{
	"organizations": `{"categories":[],"commands":[],"displayName":"New","email":"","level":2,"name":"New","status":"active","stopwords":[],"tags":[],"whitelist":[]}`,
	"orggroups":     `{"meta":{},"organizations":[]}`,
	"users":         `{"avatar":"/images/avatar.png","displayName":"Joe","givenName":"Joe","name":"Joe","role":"agent","status":"invited"}`,
	"bots":          `{"audience":"owner","avatar":"/images/avatar.png","capabilities":[],"commands":[],"enabled":true,"meta":{},"name":"New","scope":"bot","status":"active","tags":[]}`,
	"botinstances":  `{"enabled":false,"meta":{},"status":"active"}`,
	"channels":      `{"meta":{},"status":"active","users":[]}`,
	"services":      `{"meta":{},"name":"New","params":{},"status":"active","type":"twilio"}`,
	"forms":         `{"fields":[],"meta":{},"name":"New"}`,
	"workflows":     `{"channels":[],"meta":{},"organizations":[],"orggroups":[],"rules":[],"status":"active"}`,
	"contacts":      `{"meta":{},"presences":[],"profile":{"name":"Jenny"},"status":"active"}`,
	"articles":      `{"meta":{},"status":"active","tags":[]}`,
}

// Contract: resources.md 2: Arrays that
// Contract: resources.md 2: Optional fields that were never set
// Contract: resources.md 2: country, meta)
// Contract: resources.md 7: Unmarked fields occur
// Contract: resources.md 7: status of bot, botinstance
// Contract: resources.md organization: name | string
// Contract: resources.md organization: displayName | string
// Contract: resources.md organization: email, url, country
// Contract: resources.md organization: stopwords | string[]
// Contract: resources.md organization: commands | string[]
// Contract: resources.md organization: whitelist | string[]
// Contract: resources.md organization: tags | string[]
// Contract: resources.md organization: meta | object
// Contract: resources.md bot: Fields:
// Contract: resources.md bot: name, description
// Contract: resources.md botinstance: bot (id)
// Contract: resources.md channel: name, organization, users
// Contract: resources.md orggroup: name, organization, organizations
// Contract: resources.md workflow: name, organization, status
// Contract: resources.md contact: status, meta
// Contract: resources.md contact: presences | object[]
// Contract: resources.md article, kbase, kbitem: *
// Contract: resources.md user: avatar | string
// Contract: resources.md user: meta | object
func TestMinimalResources(t *testing.T) {
	eachKind(t, func(t *testing.T, h *house, kind *bellhop.Kind, path string) {
		if kind == bellhop.Conversations || kind == bellhop.Messages {
			return // docs/contract/conversations.md
		}
		made := h.admin.fields(201, "POST", path, h.beginning(kind))
		for _, name := range []string{
			"id", "organization", "orgPath", "createdAt", "updatedAt", "createdBy", "parent", "path", "email", "token", "refreshToken", "bot", "conversation", "organizations",
		} {
			if _, text := made[name].(string); text && made[name] != "" || name == "organizations" && kind == bellhop.Users {
				delete(made, name)
			}
		}
		want, ok := minimal[kind.Plural]
		if !ok {
			want = `{"meta":{}}`
		}
		if got := asText(made); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	})
}

// full are fields that are stored as they are sent.
var full = map[string]string{
	"organizations": `{"displayName":"The New","email":"info@example.com","url":"https://example.com","country":"NL","logo":"/l.png","industry":"cars","status":"active",
		"stopwords":["the"],"commands":[">smsbot"],"whitelist":["example.com"],"tags":["a","b"],"meta":{"a":"b"}}`,
	"orggroups":    `{"name":"North"}`,
	"bots":         `{"description":"repeats","avatar":"/e.png","status":"testing","enabled":false,"audience":"suborgs","tags":["a"],"commands":[">echo"],"capabilities":["consumer facing"],"meta":{"a":1}}`,
	"botinstances": `{"enabled":true,"status":"paused","meta":{"greeting":"Hi"}}`,
	"channels":     `{"name":"Sales","status":"closed","meta":{"a":{"b":1}}}`,
	"workflows":    `{"name":"All","status":"inactive","rules":[{"if":1},"x",7],"meta":{"a":"b"}}`,
	"contacts": `{"profile":{"name":"J","givenName":"Jenny","familyName":"Jones","email":"j@example.com","telephone":"+441134960999","locale":"en","address":{"city":"Leeds"},
		"location":"here","shoe":43},"presences":[{"touchpoint":"web","service":"x","status":"online"}],"status":"blocked","meta":{"a":"b"}}`,
	"kbases":   `{"name":"FAQ"}`,
	"kbitems":  `{"name":"Opening hours","content":"nine to five"}`,
	"articles": `{"title":"Opening hours","content":"<p>nine to five</p>","tags":["a"],"status":"draft"}`,
	"files":    `{"name":"a.png","url":"https://example.com/a.png","contentType":"image/png","size":17}`,
	"services": `{"params":{"a":{"b":["c"]}},"meta":{"a":"b"}}`,
}

// Contract: resources.md contact: profile | object
// Contract: resources.md others: *
// Contract: resources.md bot: Fields:
func TestFullResources(t *testing.T) {
	eachKind(t, func(t *testing.T, h *house, kind *bellhop.Kind, path string) {
		text, ok := full[kind.Plural]
		if !ok && (kind == bellhop.Conversations || kind == bellhop.Messages || kind == bellhop.Users || kind == bellhop.Forms) {
			return
		}
		want := object{"name": "any", "anything": []any{object{"a": nil}}}
		if ok {
			want = object{}
			if err := json.Unmarshal([]byte(text), &want); err != nil {
				t.Fatal(err)
			}
		}
		body := h.beginning(kind)
		maps.Copy(body, want)
		made := h.admin.fields(201, "POST", path, body)
		patched := h.admin.fields(200, "PATCH", path+"/"+h.admin.create(path, h.beginning(kind)), without(want, kind))
		for name, value := range want {
			if asText(made[name]) != asText(value) {
				t.Errorf("made with %s = %s, want %s", name, asText(made[name]), asText(value))
			}
			if _, sent := without(want, kind)[name]; sent && asText(patched[name]) != asText(value) {
				t.Errorf("patched to %s = %s, want %s", name, asText(patched[name]), asText(value))
			}
		}
	})
}

// without leaves out what a second resource cannot have, too.
func without(fields object, kind *bellhop.Kind) object {
	fields = maps.Clone(fields)
	if kind == bellhop.Contacts {
		delete(fields, "profile")
	}
	return fields
}

// Contract: resources.md organization: Example answer
// Contract: resources.md organization: {"id":"64b0f1a2c3d4e5f60718294b"
// Contract: resources.md organization: With "parent"
// Contract: resources.md organization: parent | id or null
// Contract: resources.md organization: path | string
// Contract: resources.md organization: level | 1, 2, 3
// Contract: resources.md organization: parent cannot be changed
// Contract: resources.md organization: Level 1 organizations
// Contract: resources.md organization: categories | object[]
// Contract: resources.md organization: status | string
func TestOrganizations(t *testing.T) {
	h := open(t)
	made := h.admin.fields(201, "POST", "/v2/organizations", object{"name": "Acme Corp"})
	players := cast{"64b0f1a2c3d4e5f60718293a": h.top, "64b0f1a2c3d4e5f60718294b": made["id"].(string)}
	if d := differ(made, players.play(t, example(t, "resources.md", "### organization", "")), "."); d != "" {
		t.Error(d)
	}
	top := h.admin.fields(200, "GET", "/v2/organizations/"+h.top, nil)
	if parent, there := top["parent"]; !there || parent != nil || top["path"] != h.top || top["level"] != 1.0 {
		t.Errorf("the top is %v", top)
	}
	leaf := h.admin.fields(201, "POST", "/v2/organizations", object{"name": "Leaf", "parent": h.acme, "path": "x", "level": 7})
	if leaf["path"] != h.top+"#"+h.acme+"#"+leaf["id"].(string) || leaf["level"] != 3.0 || leaf["parent"] != h.acme {
		t.Errorf("the leaf is %v", leaf)
	}
	none := h.admin.fields(201, "POST", "/v2/organizations", object{"name": "Below the top all the same", "parent": nil})
	if none["level"] != 2.0 || none["parent"] != h.top {
		t.Errorf("without parent it is %v", none)
	}
	categories := strings.Repeat(`{"name":"A"},`, 10)
	for _, test := range []struct {
		status             int
		method, path, body string
		message            string
	}{
		{400, "POST", "", `{"name":"X","parent":"` + leaf["id"].(string) + `"}`, "Validation failed: parent is on level 3"},
		{404, "POST", "", `{"name":"X","parent":"64b0f1a2c3d4e5f6071829ff"}`, "Organization not found"},
		{400, "PATCH", "/" + h.acme, `{"parent":"` + h.other + `"}`, "Validation failed: parent cannot be changed"},
		{400, "POST", "", `{"displayName":"X"}`, "Validation failed: name is required"},
		{400, "POST", "", `{"name":"X","status":"asleep"}`, "Validation failed: status must be one of active, inactive"},
		{400, "POST", "", `{"name":"X","country":"Holland"}`, "Validation failed: country "},
		{400, "POST", "", `{"name":"X","categories":[` + categories + `{"name":"eleven"}]}`, "Validation failed: categories "},
		{201, "POST", "", `{"name":"X","categories":[` + strings.TrimSuffix(categories, ",") + `]}`, ""},
		{200, "PATCH", "/" + h.other, `{"status":"inactive"}`, ""},
	} {
		got := h.admin.call(test.method, "/v2/organizations"+test.path, test.body)
		if got.status != test.status || !strings.HasPrefix(got.message(), test.message) {
			t.Errorf("%s %s = %d %s, want %d %s", test.method, test.body, got.status, got.body, test.status, test.message)
		}
	}
}

// Contract: resources.md user: Example:
// Contract: resources.md user: POST {"givenName"
// Contract: resources.md user: givenName, familyName | string
// Contract: resources.md user: displayName | string
// Contract: resources.md user: email | string
// Contract: resources.md user: password | string
// Contract: resources.md user: status | string
// Contract: resources.md user: role | string
// Contract: resources.md user: organization | id
// Contract: resources.md user: organizations | object[]
// Contract: resources.md 5: 409 | unique value taken
func TestUsers(t *testing.T) {
	h := open(t)
	made := h.admin.must(201, "POST", "/v2/users", `{"givenName":"Joe","familyName":"Johnson","email":"joe@example.com","password":"t0p","status":"active"}`, nil)
	var joe object
	if err := json.Unmarshal([]byte(made.body), &joe); err != nil {
		t.Fatal(err)
	}
	want := object{"givenName": "Joe", "familyName": "Johnson", "email": "joe@example.com", "status": "active", "avatar": "/images/avatar.png",
		"organizations": []any{object{"orgPath": h.top, "organization": h.top, "selected": true, "role": "agent"}},
		"displayName":   "Joe Johnson", "name": "Joe Johnson", "role": "agent", "organization": h.top}
	if d := differ(joe, map[string]any(want), "."); d != "" || strings.Contains(made.body, "t0p") || joe["password"] != nil || joe["meta"] != nil {
		t.Errorf("%s in %s", d, made.body)
	}
	for _, test := range []struct {
		status  int
		body    object
		message string // or the fields it has then
		want    object
	}{
		{400, object{"email": "a@example.com"}, "Validation failed: name is required", nil},
		{400, object{"name": "A"}, "Validation failed: email is required", nil},
		{400, object{"name": "A", "email": "nobody"}, "Validation failed: email ", nil},
		{409, object{"name": "A", "email": "JOE@Example.com"}, "Email already in use", nil},
		{400, object{"name": "A", "email": "a@example.com", "role": "king"}, "Validation failed: role ", nil},
		{400, object{"name": "A", "email": "a@example.com", "status": "asleep"}, "Validation failed: status ", nil},
		{201, object{"name": "A", "email": "a@example.com"}, "", object{"displayName": "A", "name": "A", "status": "invited", "role": "agent"}},
		{201, object{"familyName": "B", "email": "b@example.com", "password": "p"}, "", object{"displayName": "B", "status": "active"}},
		{201, object{"name": "C", "email": "c@example.com", "organization": h.acme, "role": "supervisor"}, "", object{"role": "supervisor", "organization": h.acme}},
		{201, object{"name": "D", "email": "d@example.com", "organizations": []object{
			{"organization": h.acme, "role": "viewer"}, {"organization": h.other, "role": "admin", "selected": true},
		}}, "", object{"role": "admin", "organization": h.other}},
		{400, object{"name": "E", "email": "e@example.com", "organizations": []object{{"organization": h.acme, "selected": true}, {"organization": h.other, "selected": true}}}, "Validation failed: organizations ", nil},
	} {
		got := h.admin.call("POST", "/v2/users", test.body)
		var fields object
		if got.status != test.status || !strings.HasPrefix(got.message(), test.message) || json.Unmarshal([]byte(got.body), &fields) != nil {
			t.Errorf("%s = %d %s, want %d %s", asText(test.body), got.status, got.body, test.status, test.message)
		}
		if d := differ(fields, map[string]any(test.want), "."); d != "" && test.want != nil {
			t.Errorf("%s: %s", asText(test.body), d)
		}
	}
}

// Contract: resources.md user: POST with role
// Contract: resources.md user: "bot" creates a bot user
// Contract: resources.md user: DELETE of a bot user
// Contract: resources.md user: token, refreshToken
// Contract: resources.md user: meta | object | absent | bots PATCH it
// Contract: resources.md bot: The bot's id
// Contract: resources.md bot: POST /v2/bots creates
func TestBotsAndTheirUsers(t *testing.T) {
	h := open(t)
	second := h.admin.fields(201, "POST", "/v2/users", object{"name": "Second", "role": "bot", "organization": h.acme})
	bot := h.admin.fields(200, "GET", "/v2/bots/"+second["id"].(string), nil)
	if bot["name"] != "Second" || bot["id"] != second["id"] || second["email"] != "bot+"+second["id"].(string)+"@web1on1.chat" {
		t.Errorf("the bot %v of %v", bot, second)
	}
	echo := h.admin.fields(201, "POST", "/v2/bots", object{"name": "Echo", "organization": h.acme, "commands": []string{">echo"}})
	id := echo["id"].(string)
	if echo["email"] != "bot+"+id+"@web1on1.chat" || echo["token"] == nil || echo["refreshToken"] == nil {
		t.Errorf("the bot is %v", echo)
	}
	if got := h.admin.call("POST", "/v2/bots", object{"name": "Echo", "commands": []string{"echo"}}); got.status != 400 || got.message() != "Validation failed: commands must each start with >" {
		t.Errorf("a command without > = %d %s", got.status, got.body)
	}
	if user := h.admin.fields(200, "GET", "/v2/users/"+id, nil); user["token"] != echo["token"] || user["refreshToken"] == nil || user["role"] != "bot" {
		t.Errorf("its user is %v", user)
	}
	// The bot sees its own tokens, and nobody else's.
	self, others := client{h, echo["token"].(string)}, second["id"].(string)
	if mine := self.fields(200, "GET", "/v2/users/"+id, nil); mine["token"] != echo["token"] {
		t.Errorf("the bot sees %v", mine)
	}
	for _, path := range []string{"/v2/users/", "/v2/bots/"} {
		if other := self.fields(200, "GET", path+others, nil); other["token"] != nil || other["refreshToken"] != nil {
			t.Errorf("another bot sees %v", other)
		}
	}
	if other := self.fields(200, "PATCH", "/v2/users/"+others, object{"meta": object{"state": "x"}}); other["meta"].(object)["state"] != "x" {
		t.Errorf("patched by a bot: %v", other)
	}
	h.admin.must(204, "DELETE", "/v2/users/"+id, nil, nil)
	if got := self.call("GET", "/v2/users/"+id, nil); got.status != 401 || got.message() != "invalid token" {
		t.Errorf("with the token of a deleted bot: %d %s", got.status, got.body)
	}
	h.admin.must(404, "GET", "/v2/bots/"+id, nil, nil)
}

// Contract: resources.md botinstance: At most one per bot
// Contract: resources.md botinstance: The SDK reads
// Contract: resources.md botinstance: bot (id)
// Contract: resources.md botinstance: Merging rule used by the SDK
func TestInstances(t *testing.T) {
	h := open(t)
	_, bot := h.bot("Echo", h.top, "bot")
	h.admin.must(200, "PATCH", "/v2/bots/"+bot, object{"meta": object{"a": "bot", "b": "bot", "c": "bot", "d": "bot"}}, nil)
	h.admin.create("/v2/botinstances", object{"bot": bot, "organization": h.acme, "enabled": true, "meta": object{"c": "acme", "d": ""}})
	h.admin.create("/v2/botinstances", object{"bot": bot, "organization": h.top, "enabled": true, "meta": object{"b": "top", "c": "top"}})
	if got := h.admin.call("POST", "/v2/botinstances", object{"bot": bot, "organization": h.acme}); got.status != 409 {
		t.Errorf("a second instance = %d %s", got.status, got.body)
	}
	for _, meta := range []object{{"a": 1}, {"a": nil}, {"a": object{}}} {
		got := h.admin.call("POST", "/v2/botinstances", object{"bot": bot, "organization": h.other, "meta": meta})
		if got.status != 400 || got.message() != "Validation failed: meta must have strings as values" {
			t.Errorf("meta %v = %d %s", meta, got.status, got.body)
		}
	}
	if got := h.admin.call("POST", "/v2/botinstances", object{"bot": "64b0f1a2c3d4e5f6071829ff"}); got.status != 404 || got.message() != "Bot not found" {
		t.Errorf("an instance of nothing = %d %s", got.status, got.body)
	}
	var list []struct {
		Organization string
		Enabled      bool
		Meta         map[string]string
	}
	h.admin.must(200, "GET", "/v2/botinstances?organization=["+h.acme+","+h.top+","+h.other+"]&sort=orgPath&bot="+bot, nil, &list)
	if len(list) != 2 || list[0].Organization != h.top || list[1].Organization != h.acme {
		t.Errorf("list %v", list)
	}
	// As the SDK puts them together.
	merged := h.admin.fields(200, "GET", "/v2/bots/"+bot, nil)["meta"].(object)
	for _, instance := range list {
		for name, value := range instance.Meta {
			if instance.Enabled && value != "" {
				merged[name] = value
			}
		}
	}
	if got, want := asText(merged), `{"a":"bot","b":"top","c":"acme","d":"bot"}`; got != want {
		t.Errorf("merged %s, want %s", got, want)
	}
}

// Contract: resources.md channel: Bots look channels up
// Contract: resources.md orggroup: name, organization, organizations
// Contract: resources.md others: name (optional)
func TestLookingUp(t *testing.T) {
	h := open(t)
	echo, _ := h.bot("Echo", h.acme, "bot")
	sales := h.admin.create("/v2/channels", object{"name": "Sales", "organization": h.acme})
	h.admin.create("/v2/channels", object{"name": "Service", "organization": h.acme})
	a := h.admin.create("/v2/orggroups", object{"name": "a", "organizations": []string{h.acme, h.other}})
	b := h.admin.create("/v2/orggroups", object{"name": "b", "organizations": []string{h.acme}})
	h.admin.create("/v2/orggroups", object{"name": "c"})
	point := h.admin.create("/v2/points", object{"shoe": object{"size": 43}})
	for _, test := range []struct {
		who    client
		target string
		want   string
	}{
		{echo, "/v2/channels?name=Sales&limit=1", sales},
		{h.admin, "/v2/orggroups?organizations=" + h.acme, a + " " + b},
		{h.admin, "/v2/points?shoe.size=43", point},
		{h.admin, "/v2/points?shoe.size=44", ""},
	} {
		var list []struct{ ID string }
		test.who.must(200, "GET", test.target, nil, &list)
		var ids []string
		for _, one := range list {
			ids = append(ids, one.ID)
		}
		if got := strings.Join(ids, " "); got != test.want {
			t.Errorf("%s finds %s, want %s", test.target, got, test.want)
		}
	}
}

// Contract: resources.md contact: conversation | id
// Contract: resources.md contact: POST /v2/contacts creates
// Contract: resources.md contact: GET /v2/contacts?profile.telephone
// Contract: resources.md contact: Identifiers (email, telephone)
func TestContacts(t *testing.T) {
	h := open(t)
	body := object{"organization": h.acme, "profile": object{"name": "Jenny", "email": "jenny@example.com", "telephone": "+44 (113) 4960-999"}}
	made := h.admin.fields(201, "POST", "/v2/contacts", body)
	conversation := h.admin.fields(200, "GET", "/v2/conversations/"+made["conversation"].(string), nil)
	if conversation["contact"] != made["id"] || conversation["type"] != "contact" || made["profile"].(object)["telephone"] != "+441134960999" {
		t.Errorf("contact %v, conversation %v", made, conversation)
	}
	var list []struct{ ID string }
	h.admin.must(200, "GET", "/v2/contacts?profile.telephone=%2B441134960999&organization="+h.acme, nil, &list)
	if len(list) != 1 || list[0].ID != made["id"] {
		t.Errorf("found %v", list)
	}
	for _, profile := range []object{{"email": "JENNY@example.com"}, {"telephone": "+441134960999"}} {
		if got := h.admin.call("POST", "/v2/contacts", object{"organization": h.acme, "profile": profile}); got.status != 409 {
			t.Errorf("a second one with %v = %d %s", profile, got.status, got.body)
		}
	}
	body["organization"] = h.other
	h.admin.must(201, "POST", "/v2/contacts", body, nil)
}

// Contract: resources.md form: name (required), organization, fields
// Contract: resources.md form: fields[].name is required
// Contract: resources.md form: key is unique
// Contract: resources.md form: A key made of the name
func TestForms(t *testing.T) {
	h := open(t)
	form := h.admin.fields(201, "POST", "/v2/forms", object{"name": "Lead", "fields": []object{
		{"name": "Brand name"}, {"name": "Kind", "key": "Kind", "type": "select", "required": true, "options": []any{"new", object{"used": 1}}}, {"name": "brand, name"},
	}})
	want := `[{"key":"brand_name","name":"Brand name","options":[],"required":false,"type":"text"},` +
		`{"key":"Kind","name":"Kind","options":["new",{"used":1}],"required":true,"type":"select"},` +
		`{"key":"brand_name_2","name":"brand, name","options":[],"required":false,"type":"text"}]`
	if got := asText(form["fields"]); got != want {
		t.Errorf("fields %s, want %s", got, want)
	}
	path := "/v2/forms/" + form["id"].(string)
	patched := h.admin.fields(200, "PATCH", path, object{"fields": []object{{"name": "Only"}}})
	if got, want := asText(patched["fields"]), `[{"key":"only","name":"Only","options":[],"required":false,"type":"text"}]`; got != want || patched["name"] != "Lead" {
		t.Errorf("fields %s, want %s", got, want)
	}
	for body, message := range map[string]string{
		`{"name":"X","fields":[{"key":"a"}]}`:                                   "Validation failed: fields.name is required",
		`{"name":"X","fields":[{"name":"a","key":"k"},{"name":"b","key":"k"}]}`: "Validation failed: fields.key must be unique: k occurs twice",
		`{"name":"X","fields":[{"name":"a","key":"a b"}]}`:                      "Validation failed: fields.key must have no white space",
		`{"name":"X","fields":[{"name":"a","options":{}}]}`:                     "Validation failed: fields.options must be an array",
		`{"name":"X","fields":[{"name":"a","required":"yes"}]}`:                 "Validation failed: fields.required must be true or false",
		`{"name":"","fields":[]}`:                                               "Validation failed: name is required",
	} {
		if got := h.admin.call("POST", "/v2/forms", body); got.status != 400 || got.message() != message {
			t.Errorf("%s = %d %s", body, got.status, got.body)
		}
	}
}
