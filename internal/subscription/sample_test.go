package subscription

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"bellhop"
	"bellhop/internal/event"
	"bellhop/internal/store"
)

// contractEvents are the names of docs/contract/events.md.
func contractEvents() (names []string) {
	for _, conversation := range []string{"contact", "bot", "agent", "system"} {
		for _, message := range bellhop.MessageTypes {
			names = append(names, "message.create."+conversation+"."+message)
		}
	}
	names = append(names, "message.update", "message.delete", "message.error", "user.login", "service.error", "service.paused",
		"service.resumed", "channel.notify", "conversation.loop")
	for _, kind := range []string{
		"organization", "orggroup", "partner", "user", "bot", "botinstance", "channel", "service", "form", "workflow", "contact",
		"conversation", "kbase", "kbitem", "article", "file", "location", "link", "watemplate", "metric", "point", "test", "testresult",
	} {
		for _, action := range []string{"create", "update", "delete"} {
			names = append(names, kind+"."+action)
		}
	}
	return names
}

// What people choose events from is what the contract names, no more and no less.
func TestCatalogueIsThatOfTheContract(t *testing.T) {
	var known []string
	for _, k := range event.Catalogue() {
		known = append(known, k.Name)
	}
	want := contractEvents()
	slices.Sort(known)
	slices.Sort(want)
	if !slices.Equal(known, want) {
		t.Errorf("the catalogue is\n%s\nwant\n%s", strings.Join(known, " "), strings.Join(want, " "))
	}
}

// sampled sends a sample and returns its body as the service gets it.
func sampled(t *testing.T, h *house, service bellhop.ID, request string) (delivery, []byte) {
	t.Helper()
	text, err := h.TestService(t.Context(), h.admin, service, []byte(request))
	if err != nil {
		t.Fatalf("%s: %v", request, err)
	}
	var shown delivery
	if err := json.Unmarshal(text, &shown); err != nil {
		t.Fatal(err)
	}
	var body []byte
	err = h.db.ViewDeliveries(t.Context(), func(tx *store.Tx) error {
		d, e, err := tx.Delivery(t.Context(), shown.ID)
		body = event.Payload{Bytes: e.Payload, InstanceAt: e.InstanceAt}.AppendBody(nil, shown.ID.String(), d.Instance)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return shown, body
}

func (h *house) withAda() {
	h.insert(bellhop.Users, &bellhop.Document{ID: h.admin.ID}, h.top, map[string]any{"displayName": "Ada Smit", "role": "admin"})
}

// TestSamples: of every event of the contract there is a sample that has what
// docs/contract/delivery.md section 3 and events.md promise, and says that it is one.
//
// Contract: extensions.md 2.2: POST /v2/services/<id>/test
// Contract: extensions.md 2.2: Every event of events.md
// Contract: extensions.md 2.2: Resources in it do not exist
// Contract: extensions.md 2.2: data.sample is true
// Contract: extensions.md 2.2: No other service gets it
// Contract: README.md Ten constraints whose violation breaks real clients: Every payload has a non-empty activity
// Contract: delivery.md 3: activity
// Contract: delivery.md 3: type
// Contract: delivery.md 3: object
// Contract: extensions.md 2.2: The event is listed under
// Contract: events.md 1: message.error | a message could not be delivered
func TestSamples(t *testing.T) {
	h := newHouse(t)
	h.withAda()
	service := h.webhook(h.mid, "", "nothing.at.all") // its patterns do not matter
	other := h.webhook(h.top, "")                     // hears of everything
	for _, name := range contractEvents() {
		shown, body := sampled(t, h, service, `{"event":"`+name+`"}`)
		if shown.Event != name || shown.Service != service || shown.Status != "pending" || shown.Organization != h.mid.id {
			t.Errorf("%s: delivery %+v", name, shown)
		}
		canonical, err := event.Canonical(nil, body)
		if err != nil || !bytes.Equal(canonical, body) {
			t.Errorf("%s: %v in %s", name, err, body)
		}
		var e struct {
			Event, Organization string
			Activity            struct {
				Type, Summary string
				Actor, Object struct{ ID string }
			}
			Data map[string]json.RawMessage
		}
		if err := json.Unmarshal(body, &e); err != nil {
			t.Fatal(err)
		}
		kind, rest, _ := strings.Cut(name, ".")
		subject := member(t, e.Data[kind])
		switch {
		case e.Event != name || e.Organization != string(h.mid.id) || string(e.Data["sample"]) != "true":
			t.Errorf("%s: envelope %s", name, body)
		case e.Activity.Type != event.ActivityType(name) || e.Activity.Summary == "" || e.Activity.Actor.ID == "":
			t.Errorf("%s: activity %+v", name, e.Activity)
		case !strings.HasSuffix(e.Activity.Object.ID, "/"+subject["id"].(string)):
			t.Errorf("%s: the object is %s, want the subject %s", name, e.Activity.Object.ID, subject["id"])
		case !bytes.Contains(e.Data["links"], []byte(`"organization":"https://api.example.test/v2/organizations/`+string(h.mid.id))):
			t.Errorf("%s: links %s", name, e.Data["links"])
		}
		if kind == "message" {
			conversation := member(t, e.Data["conversation"])
			checkSampleMessage(t, name, rest, subject, conversation)
		} else if rest == "create" && kind != "user" && e.Data["user"] == nil {
			t.Errorf("%s: there is no acting user in %s", name, body)
		}
		if (name == "service.error" || name == "service.paused" || name == "message.error") != (e.Data["error"] != nil) {
			t.Errorf("%s: error %s", name, e.Data["error"])
		}
	}
	if bytes.Contains(everyDelivery(t, h), []byte(other)) {
		t.Error("a sample went to another service")
	}
}

func checkSampleMessage(t *testing.T, name, rest string, message, conversation map[string]any) {
	t.Helper()
	meta, _ := message["meta"].(map[string]any)
	if message["conversation"] != conversation["id"] || conversation["participants"] == nil || conversation["meta"] == nil || meta == nil {
		t.Errorf("%s: message %v, conversation %v", name, message, conversation)
	}
	if words := strings.Split(rest, "."); len(words) == 3 {
		if message["type"] != words[2] || conversation["type"] != words[1] || (conversation["contact"] == nil) != (words[1] != "contact") {
			t.Errorf("%s: message %v, conversation %v", name, message, conversation)
		}
	}
	if users, ok := meta["users"].([]any); message["text"] == "/assign" && (!ok || len(users) != 1) {
		t.Errorf("%s: meta %v", name, meta)
	}
	if ids, _ := conversation["messages"].([]any); !slices.Equal(ids, []any{message["id"]}) {
		t.Errorf("%s: the messages of the conversation are %v", name, ids)
	}
}

// member decodes an object.
func member(t *testing.T, text json.RawMessage) (object map[string]any) {
	t.Helper()
	if err := json.Unmarshal(text, &object); err != nil {
		t.Fatalf("%v in %q", err, text)
	}
	return object
}

func everyDelivery(t *testing.T, h *house) []byte {
	t.Helper()
	page, err := h.Deliveries(t.Context(), h.admin, "limit=1000")
	if err != nil {
		t.Fatal(err)
	}
	var all []byte
	for _, item := range page.Items {
		all = append(all, item...)
	}
	return all
}

// Contract: extensions.md 2.2: An event of one
func TestSamplesOfOwnEvents(t *testing.T) {
	h := newHouse(t)
	h.withAda()
	service := h.webhook(h.top, "")
	if _, body := sampled(t, h, service, `{"event":"order.created"}`); !bytes.Contains(body, []byte(`"data":{"example":true,"sample":true,"links":`)) {
		t.Errorf("body %s", body)
	}
	if _, body := sampled(t, h, service, `{"event":"order.created","data":{"order":{"id":"17"}}}`); !bytes.Contains(body, []byte(`"data":{"order":{"id":"17"},"sample":true,`)) ||
		!bytes.Contains(body, []byte("/v2/events/")) {
		t.Errorf("body %s", body)
	}
	for _, c := range []struct{ request, part string }{
		{`{}`, "event is required"},
		{`[]`, "must be an object"},
		{`{"event":7}`, "event must not be number"},
		{`{"event":"Order"}`, "must be lower-case segments"},
		{`{"event":"order.created","data":7}`, "data must be an object"},
		{`{"event":"user.login","data":{}}`, "data is for events of your own"},
		{`{"event":"user.logout"}`, "is no event of the server"},
		{`{"event":"message.create"}`, "is no event of the server"},
		{`{"event":"message.create.contact.song"}`, "is no event of the server"},
		{`{"event":"message.create.party.chat"}`, "is no event of the server"},
	} {
		_, err := h.TestService(t.Context(), h.admin, service, []byte(c.request))
		wantError(t, err, bellhop.Invalid, c.part)
	}
}

// TestSampleForBot: a bot-specific webhook gets the instance of the bot, and is the one that a
// sample assigns.
func TestSampleForBot(t *testing.T) {
	h := newHouse(t)
	h.withAda()
	bot := h.db.NewID(1)
	h.insert(bellhop.Bots, &bellhop.Document{ID: bot}, h.top, map[string]any{"status": "active", "enabled": true})
	h.insert(bellhop.BotInstances, &bellhop.Document{}, h.top, map[string]any{"bot": string(bot), "enabled": true})
	service := h.webhook(h.top, bot)
	_, body := sampled(t, h, service, `{"event":"message.create.contact.command"}`)
	if !bytes.Contains(body, []byte(`"instance":{"id":`)) || !bytes.Contains(body, []byte(`"users":["`+string(bot)+`"]`)) {
		t.Errorf("body %s", body)
	}
}
