package api_test

import (
	"io"
	"strings"
	"testing"
)

// nested is JSON with arrays and objects n deep, the outer object included.
func nested(n int) string {
	return `{"name":"N","meta":` + strings.Repeat(`{"a":`, n-1) + `1` + strings.Repeat("}", n)
}

// TestRefusals sends what must be refused, and looks that nothing comes of it.
//
// Contract: auth.md Verifying an access token: header absent
// Contract: auth.md Permissions: Failing a permission
// Contract: auth.md Permissions: Failing the organization scope
// Contract: resources.md 5: 401 | auth.md
// Contract: resources.md 5: 403 | right missing
// Contract: resources.md 5: 404 | no such id
// Contract: resources.md 5: POST /v2/conversations/<any id
// Contract: resources.md 2: Elsewhere otherwise
func TestRefusals(t *testing.T) {
	h := open(t)
	conversation := h.conversation("Jenny", h.acme)
	stranger, strangerID := h.bot("Stranger", h.other, "admin")
	bot, botID := h.bot("Echo", h.acme, "bot")
	agent := h.user("agnes", "agent", h.acme)
	guest := h.user("gus", "guest", h.acme)
	service := h.admin.create("/v2/services", object{"name": "Twilio", "type": "twilio", "organization": h.acme})
	contact := h.admin.create("/v2/contacts", object{"organization": h.acme, "profile": object{"email": "joe@example.com"}})
	var messages []struct{ ID string }
	h.admin.must(200, "GET", "/v2/conversations/"+conversation+"/messages", nil, &messages)
	nobody := client{h, ""}
	const unknown = "64b0f1a2c3d4e5f6071829ff"
	webhook := h.admin.create("/v2/services", object{"name": "W", "type": "webhook", "params": object{"url": newReceiver(t).URL}})
	large := `{"event":"` + strings.Repeat("x", 1<<20) + `"}`
	var agents []struct{ ID string }
	h.admin.must(200, "GET", "/v2/users?role=agent", nil, &agents)
	names := strings.NewReplacer("$conversation", conversation, "$contact", contact, "$service", service, "$bot", botID,
		"$message", messages[0].ID, "$stranger", strangerID, "$acme", h.acme, "$other", h.other, "$unknown", unknown, "$webhook", webhook,
		"$agent", agents[0].ID, "$ada", h.ada(), "$deep", "a"+strings.Repeat(".a", 20))

	before := h.everything()
	for _, test := range []struct {
		who          client
		method, path string
		body         string
		status       int
		message      string // "..." at its end stands for more
	}{
		// Who is not known learns nothing, not even what exists.
		{nobody, "GET", "/v2/users", "", 401, "No authorization token was found"},
		{nobody, "GET", "/v2/users/$unknown", "", 401, "No authorization token was found"},
		{nobody, "POST", "/v2/events", "{", 401, "No authorization token was found"},
		{nobody, "DELETE", "/v2/conversations/$conversation", "", 401, "No authorization token was found"},
		{client{h, "x"}, "GET", "/v2/users", "", 401, "jwt malformed"},
		{client{h, "a.b.c"}, "GET", "/v2/users", "", 401, "invalid token"},
		{client{h, bot.token[:len(bot.token)-3] + "AAA"}, "GET", "/v2/users", "", 401, "invalid signature"},
		{client{h, bot.token + "x"}, "GET", "/v2/users", "", 401, "invalid ..."},

		// Paths and methods; they are no secret.
		{nobody, "GET", "/v2/kumquats", "", 404, "Not found"},
		{nobody, "GET", "/v2", "", 404, "Not found"},
		{nobody, "GET", "/v2/users/$bot/messages", "", 404, "Not found"},
		{nobody, "GET", "/v2/users/../users", "", 404, "Not found"},
		{nobody, "GET", "/v2//users", "", 404, "Not found"},
		{nobody, "PUT", "/v2/users/$bot", "", 405, "Method not allowed"},
		{nobody, "POST", "/v2/users/$bot", "", 405, "Method not allowed"},
		{nobody, "GET", "/v2/auth/token", "", 405, "Method not allowed"},
		{nobody, "DELETE", "/healthz", "", 405, "Method not allowed"},

		// What is outside of somebody's scope is not there, nor is what has no id.
		{stranger, "GET", "/v2/conversations/$conversation", "", 404, "Conversation not found"},
		{stranger, "PATCH", "/v2/conversations/$conversation", `{"name":"mine"}`, 404, "Conversation not found"},
		{stranger, "DELETE", "/v2/conversations/$conversation", "", 404, "Conversation not found"},
		{stranger, "POST", "/v2/conversations/$conversation/messages", `{"text":"hi"}`, 404, "Conversation not found"},
		{stranger, "POST", "/v2/messages", `{"text":"hi","conversation":"$conversation"}`, 404, "Conversation not found"},
		{stranger, "PUT", "/v2/messages/$message", `{"text":"mine"}`, 404, "Message not found"},
		{stranger, "PUT", "/v2/messages/$message", "", 404, "Message not found"},
		{stranger, "GET", "/v2/messages/$message", "", 404, "Message not found"},
		{stranger, "GET", "/v2/contacts/$contact", "", 404, "Contact not found"},
		{stranger, "PATCH", "/v2/services/$service", `{"name":"mine"}`, 404, "Service not found"},
		{stranger, "DELETE", "/v2/services/$service", "", 404, "Service not found"},
		{stranger, "POST", "/v2/services/$service/rotate", "", 404, "Service not found"},
		{stranger, "GET", "/v2/users/$bot", "", 404, "User not found"},
		{stranger, "POST", "/v2/users/$bot/revoke", "", 404, "User not found"},
		{stranger, "DELETE", "/v2/bots/$bot", "", 404, "Bot not found"},
		{stranger, "GET", "/v2/organizations/$acme", "", 404, "Organization not found"},
		{stranger, "POST", "/v2/services", `{"name":"S","type":"x","organization":"$acme"}`, 404, "Organization not found"},
		{stranger, "POST", "/v2/bots", `{"name":"B","organization":"$unknown"}`, 404, "Organization not found"},
		{stranger, "POST", "/v2/conversations", `{"organization":"$acme","messages":[{"text":"hi"}]}`, 404, "Organization not found"},
		{stranger, "POST", "/v2/events", `{"event":"order.created","organization":"$acme"}`, 404, "Organization not found"},
		{stranger, "POST", "/v2/botinstances", `{"bot":"$bot"}`, 404, "Bot not found"},
		{h.admin, "GET", "/v2/conversations/$unknown", "", 404, "Conversation not found"},
		{h.admin, "GET", "/v2/conversations/xyz", "", 404, "Conversation not found"},
		{h.admin, "GET", "/v2/users/64B0F1A2C3D4E5F6071829FF", "", 404, "User not found"},
		{h.admin, "PATCH", "/v2/users/%00", `{}`, 404, "User not found"},
		{h.admin, "DELETE", "/v2/services/..%2F..", "", 404, "Service not found"},
		{h.admin, "GET", "/v2/conversations/!x/messages", "", 404, "Conversation not found"},
		{h.admin, "POST", "/v2/conversations/xyz/messages", `{"text":"hi"}`, 404, "Conversation not found"},
		{h.admin, "POST", "/v2/conversations/$contact/messages", `{"text":"hi"}`, 404, "Conversation not found"},
		{h.admin, "PUT", "/v2/messages/xyz", "", 404, "Message not found"},
		{h.admin, "POST", "/v2/users/xyz/revoke", "", 404, "User not found"},
		{h.admin, "POST", "/v2/services/xyz/rotate", "", 404, "Service not found"},
		{h.admin, "GET", "/v2/events/xyz", "", 404, "Event not found"},
		{h.admin, "GET", "/v2/events/018f4a2b-0000-7000-8000-000000000000", "", 404, "Event not found"},
		{h.admin, "GET", "/v2/deliveries/xyz", "", 404, "Delivery not found"},
		{h.admin, "GET", "/v2/deliveries/018f4a2b-0000-7000-8000-000000000000", "", 404, "Delivery not found"},

		// Rights.
		{bot, "GET", "/v2/services", "", 403, "Permission denied"},
		{bot, "GET", "/v2/services/$service", "", 403, "Permission denied"},
		{bot, "POST", "/v2/services", `{"name":"S","type":"x"}`, 403, "Permission denied"},
		{bot, "PATCH", "/v2/services/$service", `{"name":"S"}`, 403, "Permission denied"},
		{bot, "DELETE", "/v2/services/$service", "", 403, "Permission denied"},
		{bot, "POST", "/v2/services/$service/rotate", "", 403, "Permission denied"},
		{bot, "POST", "/v2/users", `{"name":"U","email":"u@example.com"}`, 403, "Permission denied"},
		{bot, "POST", "/v2/organizations", `{"name":"O"}`, 403, "Permission denied"},
		{bot, "PATCH", "/v2/bots/$bot", `{"scope":"admin"}`, 403, "Permission denied"},
		{bot, "POST", "/v2/users/$bot/revoke", "", 403, "Permission denied"},
		{bot, "GET", "/v2/events", "", 403, "Permission denied"},
		{bot, "GET", "/v2/deliveries", "", 403, "Permission denied"},
		{agent, "GET", "/v2/users", "", 403, "Permission denied"},
		{agent, "GET", "/v2/conversations/$conversation/messages", "", 403, "Permission denied"},
		{agent, "POST", "/v2/contacts", `{"profile":{"email":"x@example.com"}}`, 403, "Permission denied"},
		{agent, "POST", "/v2/events", `{"event":"order.created"}`, 403, "Permission denied"},
		{agent, "DELETE", "/v2/conversations/$conversation", "", 403, "Permission denied"},
		{guest, "GET", "/v2/conversations", "", 403, "Permission denied"},
		{guest, "POST", "/v2/conversations", `{}`, 403, "Permission denied"},
		{guest, "POST", "/v2/conversations/$conversation/messages", `{"text":"hi"}`, 403, "Permission denied"},

		// What must be unique, and what must stay.
		{h.admin, "PATCH", "/v2/users/$agent", `{"email":"GUS@example.com"}`, 409, "Email already in use"},
		{h.admin, "DELETE", "/v2/users/$ada", "", 409, "The last admin cannot be removed"},
		{h.admin, "PATCH", "/v2/contacts/$contact", `{"profile":{"email":"jenny@example.com"}}`, 409, "Email already in use"},

		// Queries of what is read alone.
		{h.admin, "GET", "/v2/deliveries/018f4a2b-0000-7000-8000-000000000000?select=$deep", "", 404, "Delivery not found"},
		{h.admin, "GET", "/v2/users/$bot?select=$deep", "", 400, "Validation failed: ..."},
		{h.admin, "GET", "/v2/conversations/$conversation?populate=$deep", "", 400, "Validation failed: ..."},
		{h.admin, "GET", "/v2/conversations/$conversation/messages?select=$deep", "", 400, "Validation failed: ..."},
		{h.admin, "GET", "/v2/services/$webhook/explain?event=xyz", "", 404, "Event not found"},
		{h.admin, "POST", "/v2/services/$service/replays", `{}`, 400, "Service is no webhook"},
		{h.admin, "POST", "/v2/services/$webhook/replays", `{}`, 400, "Validation failed: ..."},
		{h.admin, "POST", "/v2/services/$webhook/replays", "{", 400, "Invalid JSON"},
		{h.admin, "POST", "/v2/services/$webhook/test", `{}`, 400, "Validation failed: ..."},
		{h.admin, "POST", "/v2/services/$webhook/test", "{", 400, "Invalid JSON"},
		{h.admin, "POST", "/v2/services/try", `{}`, 400, "Validation failed: ..."},
		{h.admin, "POST", "/v2/services/try", `{"url":"http://10.0.0.1/"}`, 400, "Validation failed: ..."},
		{h.admin, "POST", "/v2/services/try", "{", 400, "Invalid JSON"},
		{h.admin, "POST", "/v2/services/try", large, 413, "Request entity too large"},
		{h.admin, "POST", "/v2/services/$service/rotate", large, 413, "Request entity too large"},
		{h.admin, "POST", "/v2/services/$service/replays", large, 413, "Request entity too large"},
		{h.admin, "POST", "/v2/services/$service/test", large, 413, "Request entity too large"},
		{h.admin, "PATCH", "/v2/replays/$unknown", large, 413, "Request entity too large"},

		// Bodies that are no JSON, or none that can be kept.
		{h.admin, "POST", "/v2/organizations", "", 400, "Invalid JSON"},
		{h.admin, "POST", "/v2/organizations", "{", 400, "Invalid JSON"},
		{h.admin, "POST", "/v2/organizations", `{"name":"O"} x`, 400, "Invalid JSON"},
		{h.admin, "POST", "/v2/organizations", `name=O`, 400, "Invalid JSON"},
		{h.admin, "POST", "/v2/organizations", `[]`, 400, "Validation failed: ..."},
		{h.admin, "POST", "/v2/organizations", `null`, 400, "Validation failed: ..."},
		{h.admin, "POST", "/v2/organizations", nested(101), 400, "Validation failed: ..."},
		{h.admin, "POST", "/v2/organizations", `{"name":"O","meta":{"n":1e999}}`, 400, "Validation failed: ..."},
		{h.admin, "PATCH", "/v2/organizations/$acme", `{"meta":{"n":-1e999}}`, 400, "Validation failed: ..."},
		{h.admin, "PATCH", "/v2/conversations/$conversation", nested(101), 400, "Validation failed: ..."},
		{h.admin, "POST", "/v2/conversations", "", 400, "Invalid JSON"},
		{h.admin, "POST", "/v2/conversations", nested(101), 400, "Validation failed: ..."},
		{h.admin, "POST", "/v2/conversations/$conversation/messages", "", 400, "Invalid JSON"},
		{h.admin, "POST", "/v2/conversations/$conversation/messages", "[", 400, "Invalid JSON"},
		{h.admin, "POST", "/v2/conversations/$conversation/messages", `{"text":"x","meta":{"n":1e999}}`, 400, "Validation failed: ..."},
		{h.admin, "PUT", "/v2/messages/$message", "{", 400, "Invalid JSON"},
		{h.admin, "POST", "/v2/services/$service/rotate", "{", 400, "Invalid JSON"},
		{h.admin, "POST", "/v2/events", "", 400, "Invalid JSON"},
		{h.admin, "POST", "/v2/events", "{", 400, "Invalid JSON"},
		{h.admin, "POST", "/v2/events", `{"event":"order.created","data":{"n":1e999}}`, 400, "Validation failed: ..."},
		{h.admin, "POST", "/v2/events", `{"event":"order.created","data":` + nested(100) + `}`, 400, "Validation failed: ..."},
		{h.admin, "POST", "/v2/contacts", "", 400, "Invalid JSON"},

		// Wrong shapes and values.
		{h.admin, "POST", "/v2/organizations", `{}`, 400, "Validation failed: name is required"},
		{h.admin, "POST", "/v2/organizations", `{"name":""}`, 400, "Validation failed: name is required"},
		{h.admin, "POST", "/v2/organizations", `{"name":7}`, 400, "Validation failed: name must be a string"},
		{h.admin, "POST", "/v2/organizations", `{"name":"O","error":{"message":"x"}}`, 400, "Validation failed: error ..."},
		{h.admin, "POST", "/v2/organizations", `{"name":"O","tags":"x"}`, 400, "Validation failed: tags must be an array"},
		{h.admin, "POST", "/v2/organizations", `{"name":"O","meta":[]}`, 400, "Validation failed: meta must be an object"},
		{h.admin, "POST", "/v2/organizations", `{"name":"O","parent":"x"}`, 400, "Validation failed: parent ..."},
		{h.admin, "PATCH", "/v2/organizations/$acme", `{"name":null}`, 400, "Validation failed: name is required"},
		{h.admin, "PATCH", "/v2/organizations/$acme", `{"parent":"$other"}`, 400, "Validation failed: parent ..."},
		{h.admin, "POST", "/v2/services/$service/rotate", "", 400, "Validation failed: type is not webhook: there is no secret to rotate"},
		{h.admin, "POST", "/v2/services/$service/rotate", `{"overlap":-1}`, 400, "Validation failed: overlap must be a whole number of seconds from 0 to 604800"},
		{h.admin, "PATCH", "/v2/services/$service", `{"organization":"$other"}`, 400, "Validation failed: organization ..."},
		{h.admin, "POST", "/v2/users", `{"name":"U"}`, 400, "Validation failed: email is required"},
		{h.admin, "POST", "/v2/users", `{"name":"U","email":"u"}`, 400, "Validation failed: email ..."},
		{h.admin, "POST", "/v2/users", `{"name":"U","email":"u@example.com","role":"emperor"}`, 400, "Validation failed: role ..."},
		{h.admin, "POST", "/v2/users", `{"name":"U","email":"ADA@example.com"}`, 409, "Email already in use"},
		{h.admin, "POST", "/v2/bots", `{"name":"B","commands":["x"]}`, 400, "Validation failed: commands ..."},
		{h.admin, "POST", "/v2/conversations", `{"type":"kumquat"}`, 400, "Validation failed: type ..."},
		{h.admin, "POST", "/v2/conversations", `{"type":"contact"}`, 400, "Validation failed: contact ..."},
		{h.admin, "POST", "/v2/conversations", `{"messages":[{}]}`, 400, "Validation failed: ..."},
		{h.admin, "POST", "/v2/conversations", `{"participants":["$unknown"]}`, 404, "User not found"},
		{h.admin, "POST", "/v2/conversations/$conversation/messages", "[]", 400, "Validation failed: ..."},
		{h.admin, "POST", "/v2/conversations/$conversation/messages", `"hi"`, 400, "Validation failed: ..."},
		{h.admin, "POST", "/v2/conversations/$conversation/messages", `{}`, 400, "Validation failed: ..."},
		{h.admin, "POST", "/v2/conversations/$conversation/messages", `[{"text":"fine"},{"text":7}]`, 400, "Validation failed: text ..."},
		{h.admin, "POST", "/v2/conversations/$conversation/messages", `{"text":"x","type":"kumquat"}`, 400, "Validation failed: type ..."},
		{h.admin, "POST", "/v2/conversations/$conversation/messages", `{"text":"x","role":"king"}`, 400, "Validation failed: role ..."},
		{h.admin, "POST", "/v2/messages", `{"text":"hi"}`, 400, "Validation failed: conversation is required"},
		{h.admin, "POST", "/v2/contacts", `{"profile":{"email":"joe@example.com"},"organization":"$acme"}`, 409, "Email already in use"},
		{h.admin, "POST", "/v2/contacts", `{"profile":{"telephone":"none"}}`, 400, "Validation failed: profile.telephone ..."},
		{h.admin, "DELETE", "/v2/organizations/$acme", "", 409, "Organization still has ..."},
		{h.admin, "POST", "/v2/events", `{}`, 400, "Validation failed: event is required"},
		{h.admin, "POST", "/v2/events", `[]`, 400, "Validation failed: ..."},
		{h.admin, "POST", "/v2/events", `7`, 400, "Validation failed: ..."},
		{h.admin, "POST", "/v2/events", `{"event":"message.create.contact.chat"}`, 400, "Validation failed: event ..."},
		{h.admin, "POST", "/v2/events", `{"event":"Order"}`, 400, "Validation failed: event ..."},
		{h.admin, "POST", "/v2/events", `{"event":"order.created","data":[]}`, 400, "Validation failed: data must be an object"},
		{h.admin, "POST", "/v2/events", `{"event":"order.created","id":"17"}`, 400, "Validation failed: id must be a UUID"},
		{h.admin, "POST", "/v2/events", `[{"event":"order.created"},{"event":7}]`, 400, "Validation failed: event ..."},
		{h.admin, "POST", "/v2/events", `[{"event":"order.created"},null]`, 400, "Validation failed: ..."},
		{h.admin, "POST", "/v2/events", `[` + strings.Repeat(`{"event":"order.created"},`, 1000) + `{"event":"order.created"}]`, 413, "Too many events..."},
		{h.admin, "POST", "/v2/events", `{"event":"order.created","data":{"x":"` + strings.Repeat("x", 102400) + `"}}`, 413, "Event too large"},

		// Queries.
		{h.admin, "GET", "/v2/messages", "", 400, "Missing mandatory query parameter"},
		{h.admin, "GET", "/v2/conversations?meta.x=y", "", 400, "Missing mandatory query parameter"},
		{h.admin, "GET", "/v2/users?" + strings.Repeat("a=b&", 101), "", 400, "Validation failed: ..."},
		{h.admin, "GET", "/v2/users?=x", "", 400, "Validation failed: ..."},

		// URLs of webhooks.
		{h.admin, "POST", "/v2/services", `{"type":"webhook","params":{"url":"https://example.com"}}`, 400, "Validation failed: name is required"},
		{h.admin, "POST", "/v2/services", `{"name":"W","params":{"url":"https://example.com"}}`, 400, "Validation failed: type is required"},
		{h.admin, "POST", "/v2/services", `{"name":"W","type":"webhook"}`, 400, "Validation failed: params.url is required"},
		{h.admin, "POST", "/v2/services", `{"name":"W","type":"webhook","params":7}`, 400, "Validation failed: params must be an object"},
		{h.admin, "POST", "/v2/services", `{"name":"W","type":"webhook","params":{}}`, 400, "Validation failed: params.url is required"},
		{h.admin, "POST", "/v2/services", `{"name":"W","type":"webhook","params":{"url":""}}`, 400, "Validation failed: params.url is required"},
		{h.admin, "POST", "/v2/services", `{"name":"W","type":"webhook","params":{"url":"/hook"}}`, 400, "Validation failed: params.url ..."},
		{h.admin, "POST", "/v2/services", `{"name":"W","type":"webhook","params":{"url":"ftp://example.com/hook"}}`, 400, "Validation failed: params.url ..."},
		{h.admin, "POST", "/v2/services", `{"name":"W","type":"webhook","params":{"url":"https://example.com/hook#x"}}`, 400, "Validation failed: params.url ..."},
		{h.admin, "POST", "/v2/services", `{"name":"W","type":"webhook","params":{"url":"https:///hook"}}`, 400, "Validation failed: params.url ..."},
		{h.admin, "POST", "/v2/services", `{"name":"W","type":"webhook","params":{"url":{"url":"https://example.com","secret":"s"}}}`, 400, "Validation failed: params.url must be a string"},
		{h.admin, "POST", "/v2/services", `{"name":"W","type":"webhook","params":{"url":"http://10.0.0.1/hook"}}`, 400, "Validation failed: params.url ..."},
		{h.admin, "POST", "/v2/services", `{"name":"W","type":"webhook","params":{"url":"http://127.0.0.1:1","secret":""}}`, 400, "Validation failed: params.secret ..."},
		{h.admin, "POST", "/v2/services", `{"name":"W","type":"webhook","params":{"url":"http://127.0.0.1:1","events":"message.**"}}`, 400, "Validation failed: params.events ..."},
		{h.admin, "POST", "/v2/services", `{"name":"W","type":"webhook","params":{"url":"http://127.0.0.1:1","events":["mess*"]}}`, 400, "Validation failed: params.events..."},
		{h.admin, "POST", "/v2/services", `{"name":"W","type":"webhook","params":{"url":"http://127.0.0.1:1","timeout":21}}`, 400, "Validation failed: params.timeout ..."},
		{h.admin, "POST", "/v2/services", `{"name":"W","type":"webhook","bot":"$unknown","params":{"url":"http://127.0.0.1:1"}}`, 404, "Bot not found"},
		{h.admin, "PATCH", "/v2/services/$service", `{"type":"webhook"}`, 400, "Validation failed: type ..."},
		{h.admin, "PATCH", "/v2/services/$service", `{"status":"unverified"}`, 400, "Validation failed: status ..."},
	} {
		path, body := names.Replace(test.path), names.Replace(test.body)
		name := test.method + " " + test.path + " " + test.body
		var content io.Reader
		if body != "" {
			content = strings.NewReader(body)
		}
		got := test.who.send(test.method, path, content, nil)
		want, more := strings.CutSuffix(test.message, "...")
		if got.status != test.status || got.message() != want && !(more && strings.HasPrefix(got.message(), want)) {
			t.Errorf("%.200s = %d %.300s, want %d %s", name, got.status, got.body, test.status, test.message)
		}
		if got.header.Get("Content-Type") != "application/json" {
			t.Errorf("%.200s has the type %q", name, got.header.Get("Content-Type"))
		}
	}
	if h.everything() != before {
		t.Error("what was refused has changed something")
	}
}

// TestTooLarge sends 2 MiB to whatever takes a body.
func TestTooLarge(t *testing.T) {
	h := open(t)
	conversation := h.conversation("Jenny", h.acme)
	before := h.everything()
	text := `{"name":"` + strings.Repeat("x", 2<<20) + `"}`
	for _, route := range []struct{ method, path string }{
		{"POST", "/v2/auth/token"}, {"POST", "/v2/organizations"}, {"PATCH", "/v2/organizations/" + h.acme},
		{"POST", "/v2/conversations"}, {"POST", "/v2/conversations/" + conversation + "/messages"},
		{"POST", "/v2/messages"}, {"POST", "/v2/contacts"}, {"POST", "/v2/events"}, {"PUT", "/v2/messages/" + conversation},
	} {
		for _, body := range []io.Reader{strings.NewReader(text), io.MultiReader(strings.NewReader(text))} {
			got := h.admin.send(route.method, route.path, body, nil)
			if got.status != 413 || got.message() != "Request entity too large" {
				t.Errorf("%s %s with 2 MiB = %d %.200s", route.method, route.path, got.status, got.body)
			}
		}
	}
	if h.everything() != before {
		t.Error("a body that is too large has changed something")
	}
}

// TestOddValues sends what must be taken, oddly as it is written.
func TestOddValues(t *testing.T) {
	h := open(t)
	for _, test := range []struct{ body, want string }{
		{nested(99), `{"a":{"a":`},
		{`{"name":"N","meta":{"n":12345678901234567890}}`, `"n":12345678901234567000`},
		{`{"name":"N","meta":{"n":1e-999}}`, `"n":0`},
		{"{\"name\":\"a\xffb\",\"meta\":{\"k\xff\":1}}", "\"name\":\"a\uFFFDb\""},
		{`{"name":"a\u0000b\ud800"}`, "\"name\":\"a\uFFFDb\uFFFD\""},
		{`{"name":"<b>&\u2028"}`, "\"name\":\"<b>&\u2028\""},
		{`{"name":"first","name":"last"}`, `"name":"last"`},
		{"\t\r\n {\"name\":\"N\"}\n", `"name":"N"`},
		{`{"id":"x","orgPath":7,"createdAt":{},"level":9,"name":"N"}`, `"level":2`},
	} {
		got := h.admin.call("POST", "/v2/organizations", test.body)
		if got.status != 201 || !strings.Contains(got.body, test.want) {
			t.Errorf("POST %.100s = %d %.300s, want %s", test.body, got.status, got.body, test.want)
		}
	}
}
