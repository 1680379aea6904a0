package api_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
)

// receiver is a webhook endpoint that passes the challenge unless it is told not to.
type receiver struct {
	*httptest.Server
	challenges atomic.Int64
	broken     atomic.Bool // answers with something else
	status     atomic.Int64
}

func newReceiver(t testing.TB) *receiver {
	r := new(receiver)
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		query := req.URL.Query()
		if req.Method != http.MethodGet || query.Get("type") != "subscribe" {
			w.WriteHeader(http.StatusTeapot)
			return
		}
		r.challenges.Add(1)
		if status := int(r.status.Load()); status != 0 {
			w.WriteHeader(status)
			return
		}
		if r.broken.Load() {
			fmt.Fprint(w, "hello")
			return
		}
		fmt.Fprint(w, query.Get("challenge"))
	}))
	t.Cleanup(r.Close)
	return r
}

type service struct {
	ID, Status, Bot string
	Params          struct {
		URL, Secret string
		Events      []string
	}
}

// TestWebhookLife follows docs/contract/services.md sections 2 to 4.
//
// Contract: resources.md 5: 403 | right missing
// Contract: services.md 2: { "name": "MCC Webhook"
// Contract: services.md 2: params.url
// Contract: services.md 2: params.secret
// Contract: services.md 2: name
// Contract: services.md 2: status
// Contract: services.md 2: Admins see params.secret
// Contract: services.md 2: The URL comes back as stored
// Contract: services.md 3: active
// Contract: services.md 3: inactive
// Contract: services.md 3: POST ──> unverified
// Contract: services.md 3: A changed URL is verified before
// Contract: services.md 4: Verification (the GET itself
// Contract: services.md 4: a webhook is created
// Contract: services.md 4: params.url changes
// Contract: services.md 4: a PATCH sets status to active (also
// Contract: services.md 4: PATCH {"status":"active"}
// Contract: services.md 4: PATCH with a changed params.url
// Contract: services.md 4: PATCH {"status":"inactive"}
// Contract: services.md 4: PATCH without URL change
// Contract: services.md 4: 403 body
// Contract: services.md 4: Reasons are short
// Contract: services.md 4: params is a nested object
// Contract: services.md 4: A PATCH that sets status to any other value
// Contract: services.md 2: type
func TestWebhookLife(t *testing.T) {
	h := open(t)
	receiver := newReceiver(t)
	address := strings.Replace(receiver.URL, "http://", "http://user:s3cret@", 1) + "/hook?a=b"
	params := object{"url": address, "secret": "zICWczLmAOEDvh1DiPGSHw==", "events": []string{"message.create.*.*"}}

	var s service
	h.admin.must(201, "POST", "/v2/services", object{"name": "MCC", "type": "webhook", "status": "inactive", "params": params}, &s)
	if s.Status != "active" || s.Params.URL != address || s.Params.Secret != params["secret"] || len(s.Params.Events) != 1 {
		t.Errorf("service = %+v, want it as it was sent, and active", s)
	}
	path := "/v2/services/" + s.ID
	asked := receiver.challenges.Load()
	if asked != 1 {
		t.Errorf("%d challenges, want 1", asked)
	}

	// step patches, and looks at the state that follows and at how many challenges it took.
	step := func(name string, patch object, status int, want string, challenges int64) service {
		t.Helper()
		before := receiver.challenges.Load()
		got := h.admin.call("PATCH", path, patch)
		var now service
		h.admin.must(200, "GET", path, nil, &now)
		if got.status != status || now.Status != want || receiver.challenges.Load()-before != challenges {
			t.Errorf("%s = %d %s; then %s after %d challenges, want %d, %s, %d", name,
				got.status, got.body, now.Status, receiver.challenges.Load()-before, status, want, challenges)
		}
		return now
	}
	step("a new name", object{"name": "New"}, 200, "active", 0)
	step("active once more", object{"status": "active"}, 200, "active", 1)
	step("inactive", object{"status": "inactive"}, 200, "inactive", 0)
	step("a new secret while inactive", object{"params": object{"url": address, "secret": "x"}}, 200, "inactive", 0)

	receiver.broken.Store(true)
	got := h.admin.must(403, "PATCH", path, object{"status": "active"}, nil)
	if want := `{"error":{"message":"Webhook could not be verified: challenge mismatch","status":403,"name":"ForbiddenError"}}`; got.body != want {
		t.Errorf("answer = %s, want %s", got.body, want)
	}
	receiver.broken.Store(false)
	receiver.status.Store(404)
	if got := h.admin.must(403, "PATCH", path, object{"status": "active"}, nil); got.message() != "Webhook could not be verified: status 404" {
		t.Errorf("answer = %s", got.body)
	}
	now := step("a new URL that fails", object{"name": "Lost", "params": object{"url": receiver.URL + "/new"}}, 403, "inactive", 1)
	if now.Params.URL != address || now.Params.Secret != "x" {
		t.Errorf("a PATCH that was refused has changed the service to %+v", now)
	}
	step("a new URL while switched off", object{"status": "inactive", "params": object{"url": receiver.URL + "/off"}}, 200, "inactive", 0)
	receiver.status.Store(0)
	now = step("a new URL", object{"params": object{"url": receiver.URL + "/new"}}, 200, "active", 1)
	if secret, err := base64.StdEncoding.DecodeString(now.Params.Secret); err != nil || len(secret) != 16 {
		t.Errorf("params without a secret got %q", now.Params.Secret)
	}
	if now.Params.Events != nil {
		t.Errorf("params without events got %q", now.Params.Events)
	}
	generated := now.Params.Secret
	if now = step("the same URL", object{"params": object{"url": receiver.URL + "/new"}}, 200, "active", 0); now.Params.Secret == generated {
		t.Error("params that were replaced have kept their secret")
	}
	step("params without URL", object{"params": object{"secret": "x"}}, 400, "active", 0)
	step("no params", object{"params": nil}, 400, "active", 0)
	step("unverified", object{"status": "unverified"}, 400, "active", 0)
	step("no status", object{"status": nil}, 400, "active", 0)
	step("another type", object{"type": "twilio"}, 400, "active", 0)
	step("nothing", object{}, 200, "active", 0)
	h.admin.must(204, "DELETE", path, nil, nil)
	h.admin.must(404, "PATCH", path, object{"status": "active"}, nil)
}

// Contract: services.md 3: unverified
// Contract: services.md 4: POST
func TestWebhookUnverified(t *testing.T) {
	h := open(t)
	receiver := newReceiver(t)
	receiver.broken.Store(true)
	var s service
	h.admin.must(201, "POST", "/v2/services", object{"name": "W", "type": "webhook", "params": object{"url": receiver.URL}}, &s)
	if s.Status != "unverified" {
		t.Fatalf("status = %s, want unverified", s.Status)
	}
	path := "/v2/services/" + s.ID
	h.admin.must(403, "PATCH", path, object{"status": "active"}, nil)
	h.admin.must(200, "PATCH", path, object{"name": "X"}, &s)
	if s.Status != "unverified" {
		t.Errorf("status = %s after a new name", s.Status)
	}
	receiver.broken.Store(false)
	h.admin.must(200, "PATCH", path, object{"status": "active"}, &s)
	if s.Status != "active" {
		t.Errorf("status = %s after it was verified", s.Status)
	}
	receiver.Close()
	got := h.admin.must(403, "PATCH", path, object{"status": "active"}, nil)
	if got.message() != "Webhook could not be verified: connection refused" {
		t.Errorf("answer = %s", got.body)
	}
}

// TestBotWebhook follows docs/contract/services.md section 6.
//
// Contract: services.md 2: bot
// Contract: services.md 2: Several webhooks of one organization
// Contract: services.md 6: API form (chosen)
// Contract: services.md 6: At most one per bot
func TestBotWebhook(t *testing.T) {
	h := open(t)
	receiver := newReceiver(t)
	_, bot := h.bot("Echo", h.acme, "bot")
	body := object{"name": "W", "type": "webhook", "bot": bot, "organization": h.acme, "params": object{"url": receiver.URL}}
	var s service
	h.admin.must(201, "POST", "/v2/services", body, &s)
	if s.Bot != bot || s.Status != "active" {
		t.Errorf("service = %+v", s)
	}
	if got := h.admin.must(409, "POST", "/v2/services", body, nil); got.message() == "" {
		t.Errorf("a second one = %s", got.body)
	}
	h.admin.must(400, "PATCH", "/v2/services/"+s.ID, object{"bot": nil}, nil)
	h.admin.must(204, "DELETE", "/v2/services/"+s.ID, nil, nil)
	h.admin.must(201, "POST", "/v2/services", body, nil)
	// Several webhooks that are nobody's may have the same URL, and each delivers.
	delete(body, "bot")
	var others [2]service
	for i := range others {
		h.admin.must(201, "POST", "/v2/services", body, &others[i])
	}
	h.admin.must(202, "POST", "/v2/events", object{"event": "order.created", "organization": h.acme}, nil)
	for i, s := range others {
		if got := h.events(s.ID); !slices.Contains(got, "order.created") {
			t.Errorf("webhook %d of that URL is told %v", i, got)
		}
	}
}

// The params of other types are kept as they are, with the defaults of the type.
//
// Contract: resources.md 3: PATCH example
// Contract: services.md 7: Types seen:
// Contract: services.md 7: smartsupp (params.jid
func TestOtherService(t *testing.T) {
	h := open(t)
	var made, patched struct {
		Status, Type, Name string
		Params             map[string]any
	}
	id := h.admin.create("/v2/services", object{"name": "A", "type": "smartsupp",
		"params": object{"jid": "j1", "password": "p1", "host": "h1", "port": 5223}})
	h.admin.must(200, "GET", "/v2/services/"+id, nil, &made)
	h.admin.must(200, "PATCH", "/v2/services/"+id, object{"name": "B", "params": object{"jid": "j2", "password": "p2", "host": "h1"}}, &patched)
	if made.Status != "active" || made.Params["port"] != 5223.0 {
		t.Errorf("made = %+v", made)
	}
	var emptied struct{ Params map[string]any }
	h.admin.must(200, "PATCH", "/v2/services/"+id, object{"params": nil}, &emptied)
	if len(emptied.Params) != 1 || emptied.Params["port"] != 5222.0 {
		t.Errorf("params that were removed are %v", emptied.Params)
	}
	if patched.Name != "B" || patched.Type != "smartsupp" || patched.Params["port"] != 5222.0 || patched.Params["jid"] != "j2" {
		t.Errorf("patched = %+v", patched)
	}
}

// Contract: resources.md service: services.md
// Contract: services.md 7: type is free text besides webhook
// Contract: services.md 7: status is active or inactive
// Contract: services.md 7: In event payloads params
// Contract: services.md 7: Types seen:
// Contract: services.md 7: smartsupp (params.jid
// Contract: services.md 7: A bot asks for
func TestServicesOfAnyType(t *testing.T) {
	h := open(t)
	receiver := newReceiver(t)
	params := object{"url": receiver.URL, "password": "p", "list": []any{1, object{"a": nil}}}
	types := []string{"twilio", "smooch", "smartsupp", "Anything At All"}
	for _, name := range types {
		service := h.admin.fields(201, "POST", "/v2/services", object{"name": name, "type": name, "status": "inactive", "organization": h.acme, "params": params})
		if service["status"] != "active" || service["params"].(object)["password"] != "p" {
			t.Errorf("%s is %v", name, service)
		}
		path := "/v2/services/" + service["id"].(string)
		for _, status := range []string{"inactive", "active"} {
			if patched := h.admin.fields(200, "PATCH", path, object{"status": status}); patched["status"] != status {
				t.Errorf("%s is %v", name, patched)
			}
		}
		h.admin.must(400, "PATCH", path, object{"status": "asleep"}, nil)
		delete(service["params"].(object), "port") // a default of the type
		if got, want := asText(service["params"]), asText(params); got != want {
			t.Errorf("params %s, want %s", got, want)
		}
	}
	if n := receiver.challenges.Load(); n > 0 {
		t.Errorf("%d challenges", n)
	}
	for _, e := range h.told("event=service.create") {
		if got := asText(e.Data["service"].(object)["params"]); got != "{}" {
			t.Errorf("params in an event: %s", got)
		}
	}
	bot, _ := h.bot("Echo", h.acme, "admin")
	var list []service
	bot.must(200, "GET", "/v2/services?organization="+h.acme+"&type=twilio", nil, &list)
	if len(list) != 1 {
		t.Errorf("list %v", list)
	}
}

// Contract: services.md 7: A server without real connectors
// Contract: services.md 7: A touchpoint is
func TestTouchpoints(t *testing.T) {
	h := open(t)
	for _, touchpoint := range []string{"sms", "email", "whatsapp", "web", "facebook", "carrier pigeon"} {
		contact := h.admin.fields(201, "POST", "/v2/contacts", object{"presences": []object{{"touchpoint": touchpoint}}})
		if contact["presences"].([]any)[0].(object)["touchpoint"] != touchpoint {
			t.Errorf("contact %v", contact)
		}
		path := "/v2/conversations/" + contact["conversation"].(string)
		for _, role := range []string{"contact", "agent"} {
			message := h.admin.fields(201, "POST", path+"/messages", object{"text": "hello", "role": role, "touchpoint": touchpoint})
			if message["touchpoint"] != touchpoint || message["role"] != role {
				t.Errorf("message %v", message)
			}
		}
		if shown := h.admin.fields(200, "GET", path, nil); shown["touchpoint"] != touchpoint {
			t.Errorf("conversation %v", shown)
		}
	}
}
