package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
)

// events are those that a service gets, the oldest first.
func (h *house) events(service string) (names []string) {
	h.Helper()
	var list []struct{ Event string }
	h.admin.must(200, "GET", "/v2/deliveries?limit=1000&sort=createdAt&service="+service, nil, &list)
	for _, d := range list {
		names = append(names, d.Event)
	}
	return names
}

// payload is the body of the newest delivery of a service.
func (h *house) payload(service string, into any) {
	h.Helper()
	var list []struct{ ID string }
	h.admin.must(200, "GET", "/v2/deliveries?limit=1&service="+service, nil, &list)
	if len(list) == 0 {
		h.Fatal("there is no delivery")
	}
	var d struct{ Payload json.RawMessage }
	h.admin.must(200, "GET", "/v2/deliveries/"+list[0].ID, nil, &d)
	if err := json.Unmarshal(d.Payload, into); err != nil {
		h.Fatal(err)
	}
}

func (h *house) webhook(organization string, events ...string) string {
	h.Helper()
	return h.admin.create("/v2/services", object{"name": "W", "type": "webhook", "organization": organization,
		"params": object{"url": newReceiver(h).URL, "events": events}})
}

// Contract: services.md 2: { "id": "64b0f1a2c3d4e5f607182950"
// Contract: services.md 2: meta
func TestWebhookAsItIsAnswered(t *testing.T) {
	h := open(t)
	receiver := newReceiver(t)
	got := h.admin.must(201, "POST", "/v2/services", object{"name": "MCC Webhook", "type": "webhook", "params": object{
		"url": receiver.URL, "secret": "zICWczLmAOEDvh1DiPGSHw==", "events": []string{"conversation.update"}}}, nil)
	var shown map[string]json.RawMessage
	if err := json.Unmarshal([]byte(got.body), &shown); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"organization": `"` + h.top + `"`, "orgPath": `"` + h.top + `"`, "name": `"MCC Webhook"`, "type": `"webhook"`, "status": `"active"`,
		"params": `{"url":"` + receiver.URL + `","secret":"zICWczLmAOEDvh1DiPGSHw==","events":["conversation.update"]}`, "meta": `{}`,
	} {
		if string(shown[name]) != want {
			t.Errorf("%s = %s, want %s", name, shown[name], want)
		}
	}
	for _, name := range []string{"id", "createdBy", "createdAt", "updatedAt"} {
		if len(shown[name]) < 26 {
			t.Errorf("%s = %s", name, shown[name])
		}
	}
}

// Contract: services.md 5: Several matching patterns
// Contract: services.md 5: The payload's event is the new name
// Contract: services.md 5: Webhooks also get events caused by their own bot
// Contract: services.md 5: The webhook event name never has a role
// Contract: services.md 6: events filters as above
// Contract: delivery.md 7: Two webhooks that match the same event
func TestWhatAWebhookIsTold(t *testing.T) {
	h := open(t)
	bot, botID := h.bot("Echo", h.acme, "bot")
	alias, both := h.webhook(h.acme, "conversation.message"), h.webhook(h.acme, "message.**", "**", "*.create.contact.*")
	own := h.admin.create("/v2/services", object{"name": "Own", "type": "webhook", "bot": botID, "organization": h.acme,
		"params": object{"url": newReceiver(t).URL, "events": []string{"message.create.*.chat"}}})
	conversation := h.conversation("Jenny", h.acme)
	bot.must(201, "POST", "/v2/conversations/"+conversation+"/messages", object{"text": "Hi", "role": "agent"}, nil)
	h.admin.must(201, "POST", "/v2/conversations/"+conversation+"/messages", object{"text": "/assign", "type": "command", "meta": object{"users": []string{botID}}}, nil)

	const chat, command = "message.create.contact.chat", "message.create.contact.command"
	if got, want := h.events(alias), []string{chat, chat, command}; !slices.Equal(got, want) {
		t.Errorf("conversation.message brings %v, want %v", got, want)
	}
	var e struct{ Event string }
	if h.payload(alias, &e); e.Event != command {
		t.Errorf("the payload's event is %s, want %s", e.Event, command)
	}
	// Its own message is among them, and without a pattern for commands no assignment.
	if got, want := h.events(own), []string{chat, chat}; !slices.Equal(got, want) {
		t.Errorf("the bot's webhook is told %v, want %v", got, want)
	}
	var messages []string
	for _, name := range h.events(both) {
		if strings.HasPrefix(name, "message.") {
			messages = append(messages, name)
		}
	}
	if want := []string{chat, chat, command}; !slices.Equal(messages, want) {
		t.Errorf("three patterns that match bring %v, want each event once: %v", messages, want)
	}
}

// Contract: delivery.md 7: The state in the payload is the state right after
// Contract: README.md Ten constraints whose violation breaks real clients: /set, /join, /accept
func TestPayloadShowsTheStateOfItsMoment(t *testing.T) {
	h := open(t)
	service := h.webhook(h.acme, "message.create.contact.command")
	conversation := h.conversation("Jenny", h.acme)
	for i := range 3 {
		h.admin.must(201, "POST", "/v2/conversations/"+conversation+"/messages", object{"text": fmt.Sprint("/set step ", i)}, nil)
		var now struct{ Meta map[string]string }
		h.admin.must(200, "GET", "/v2/conversations/"+conversation, nil, &now)
		if now.Meta["step"] != fmt.Sprint(i) {
			t.Errorf("after /set step %d meta is %v", i, now.Meta)
		}
	}
	var list []struct{ ID string }
	h.admin.must(200, "GET", "/v2/deliveries?sort=createdAt&service="+service, nil, &list)
	for i, d := range list {
		var shown struct {
			Payload struct {
				Data struct {
					Conversation struct{ Meta map[string]string }
				}
			}
		}
		h.admin.must(200, "GET", "/v2/deliveries/"+d.ID, nil, &shown)
		if got := shown.Payload.Data.Conversation.Meta["step"]; got != fmt.Sprint(i) {
			t.Errorf("payload %d shows step %s", i, got)
		}
	}
	if len(list) != 3 {
		t.Errorf("%d deliveries, want 3", len(list))
	}
}

// Contract: README.md Ten constraints whose violation breaks real clients: A stored /assign command
func TestAssignWithoutUsers(t *testing.T) {
	h := open(t)
	path := "/v2/conversations/" + h.conversation("Jenny", h.acme) + "/messages"
	for _, meta := range []any{nil, object{}, object{"users": nil}, object{"users": []string{}}} {
		var m struct{ Meta map[string]any }
		h.admin.must(201, "POST", path, object{"text": "/assign", "type": "command", "meta": meta}, &m)
		if users, ok := m.Meta["users"].([]any); !ok || len(users) != 0 {
			t.Errorf("meta %v became %v", meta, m.Meta)
		}
	}
}

// Contract: services.md 4: The GET happens before the write
func TestChallengeOfAWebhookThatChanges(t *testing.T) {
	h := open(t)
	path := "/v2/services/" + h.webhook(h.acme)
	var asked atomic.Int64
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1) == 1 { // somebody else changes it meanwhile
			h.admin.must(200, "PATCH", path, object{"params": object{"url": newReceiver(t).URL}}, nil)
		}
		fmt.Fprint(w, r.URL.Query().Get("challenge"))
	}))
	t.Cleanup(slow.Close)
	var s service
	h.admin.must(200, "PATCH", path, object{"params": object{"url": slow.URL}}, &s)
	if asked.Load() != 2 || s.Params.URL != slow.URL {
		t.Errorf("%d challenges, and the URL is %s: want another one for what has changed", asked.Load(), s.Params.URL)
	}
}

// Contract: services.md 7: A bot asks for GET /v2/services
// Contract: services.md 7: type is free text besides webhook
func TestServicesByType(t *testing.T) {
	h := open(t)
	id := h.admin.create("/v2/services", object{"name": "SMS", "type": "twilio", "organization": h.acme, "params": object{"sid": "x", "nested": object{"a": []int{1}}}})
	h.webhook(h.acme)
	bot, _ := h.bot("Admin", h.acme, "admin")
	var found []struct {
		ID, Status string
		Params     object
	}
	bot.must(200, "GET", "/v2/services?organization="+h.acme+"&type=twilio", nil, &found)
	if len(found) != 1 || found[0].ID != id || found[0].Status != "active" || fmt.Sprint(found[0].Params) != "map[nested:map[a:[1]] sid:x]" {
		t.Errorf("found %+v", found)
	}
}
