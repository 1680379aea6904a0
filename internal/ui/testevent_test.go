package ui

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"bellhop"
	"bellhop/internal/event"
)

func TestSendTestEvent(t *testing.T) {
	h := newHouse(t)
	admin := h.admin()
	id := h.make(bellhop.Services, map[string]any{"name": "A", "type": "webhook", "params": map[string]any{"url": endpoint(t), "events": []string{"contact.*"}}})
	path := servicePath(id) + "/test"
	form := admin.get(path)
	form.says(t, "A sample goes to “A” alone")
	for _, part := range []string{`value="contact.create" aria`, `<option value="message.create.contact.chat">`, `<option value="service.paused">`} {
		if !strings.Contains(form.body, part) {
			t.Errorf("the form has no %s", part)
		}
	}
	for _, c := range []struct{ event, data, says string }{
		{"message.create.contact.chat", "", "message.create.contact.chat"},
		{"order.created", `{"order":{"id":"17"}}`, "17"},
		{"order.created", "", "example"},
	} {
		page := admin.send(path, url.Values{"event": {c.event}, "data": {c.data}})
		page.says(t, c.event, c.says)
	}
	for _, c := range []struct{ event, data, says, field string }{
		{"", "", "Event is required.", "event"},
		{"message.create.contact.song", "", "is no event of the server", "event"},
		{"contact.create", `{"a":1}`, "Data is for events of your own.", "data"},
		{"order.created", `{"a":`, "Data must be JSON", "data"},
		{"order.created", `[1]`, "Data must be an object.", "data"},
	} {
		got := admin.post(path, url.Values{"event": {c.event}, "data": {c.data}})
		if got.status != http.StatusBadRequest || !strings.Contains(got.body, `id="`+c.field+`-error"`) {
			t.Errorf("%s %s: %d, and nothing beside %s: %s", c.event, c.data, got.status, c.field, got.text)
		}
		got.says(t, c.says)
	}
	admin.post(servicePath(id)+"/off", url.Values{})
	admin.get(path).says(t, "The service is switched off, so nothing would be sent.")
	got := admin.post(path, url.Values{"event": {"order.created"}})
	if got.status != http.StatusConflict {
		t.Errorf("to what is off: %d, want 409", got.status)
	}
	got.says(t, "Service is inactive, so nothing was sent.")
}

// Whatever the form suggests can be sent.
func TestKnownEventsHaveSamples(t *testing.T) {
	h := newHouse(t)
	id := h.webhook("A")
	known := knownEvents()
	if len(known) != len(event.Catalogue()) || known[0] != "message.create.contact.chat" {
		t.Errorf("suggested are %d events, %s the first, of the %d that there are", len(known), known[0], len(event.Catalogue()))
	}
	for _, name := range known {
		if _, err := h.subs.TestService(t.Context(), h.root, id, []byte(`{"event":"`+name+`"}`)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
