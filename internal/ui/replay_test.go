package ui

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"bellhop"
)

// What is to be sent again is counted first, and sent when that is confirmed.
func TestReplayIsCountedFirst(t *testing.T) {
	h := newHouse(t)
	admin := h.admin()
	id := h.webhook("A")
	for range 3 {
		h.publish("order.created")
	}
	list := servicePath(id) + "/replays"
	form := admin.get(list + "/new")
	form.says(t, "You see how many these are before anything is sent.", "What it never got", "last 7 days")
	fields := url.Values{"from": {"2000-01-01T00:00:00"}, "to": {""}, "status": {"any"}, "events": {"order.*\nno.such"}, "rate": {"0.5"}, "url": {"https://ada:s3cret@bot.example.com/dev"}}
	asked := admin.post(list+"/new", fields)
	asked.says(t, "3 deliveries would be sent again.", "2000-01-01 00:00:00 to now, UTC", "Everything it got", "order.*, no.such", "0.5 a second",
		"https://•••@bot.example.com/dev instead of the service", "Send 3 again")
	admin.get(list).says(t, "Nothing was replayed yet.")

	fields.Set("change", "yes")
	changed := admin.post(list+"/new", fields)
	for _, part := range []string{`value="any" checked`, `>order.*`, `value="0.5"`, `value="2000-01-01T00:00:00"`} {
		if !strings.Contains(changed.body, part) {
			t.Errorf("what was filled in is lost: no %s", part)
		}
	}
	fields.Del("change")
	fields.Set("confirmed", "yes")
	page := admin.send(list+"/new", fields)
	page.says(t, "Under way: 0 of 3 delivered.", "everything it got of order.* +1, to another URL", "Stopping is for good.", `no.such`)
	page.hides(t, "s3cret")
	admin.get(list).says(t, "0 of 3 delivered", "running", "1 replay is under way.")

	nothing := admin.post(list+"/new", url.Values{"from": {"2000-01-01T00:00:00"}, "status": {"dead"}})
	nothing.says(t, "Nothing in that range would be sent.")
	nothing.hides(t, `name="confirmed"`)
}

func TestReplayIsSteered(t *testing.T) {
	h := newHouse(t)
	admin := h.admin()
	id := h.webhook("A")
	h.publish("order.created")
	fields := url.Values{"from": {"2000-01-01T00:00:00"}, "status": {"any"}, "confirmed": {"yes"}}
	made := admin.post(servicePath(id)+"/replays/new", fields)
	page := made.to
	admin.send(page, url.Values{"state": {"paused"}}).says(t, "Paused. What is pending goes on", "Paused at 0 of 2 delivered.", "Continue")
	admin.send(page, url.Values{"state": {"running"}}).says(t, "It goes on where it was.", "Pause")
	admin.post(servicePath(id)+"/off", url.Values{})
	admin.get(page).says(t, "The service is switched off, so what is pending waits.")
	stopped := admin.send(page, url.Values{"state": {"stopped"}})
	stopped.says(t, "Stopped. What was pending was dropped.", "Stopped: 0 of 2 delivered.", "Replay this range again")
	stopped.hides(t, "Stopping is for good.")
	admin.send(page, url.Values{"state": {"running"}}).says(t, "It had come to its end before: nothing was changed.")
	if got := admin.post(page, url.Values{"state": {"odd"}}); got.status != http.StatusBadRequest {
		t.Errorf("an odd state: %d, want 400", got.status)
	}
	if got := admin.get(replayPath("0123456789abcdef01234567")); got.status != http.StatusNotFound {
		t.Errorf("no such replay: %d, want 404", got.status)
	}
	admin.post(servicePath(id)+"/delete", url.Values{})
	admin.get(page).says(t, "Its service was deleted.", "Stopped: 0 of 2 delivered.")
}

func TestReplayRefused(t *testing.T) {
	h := newHouse(t)
	admin := h.admin()
	id := h.webhook("A")
	h.publish("order.created")
	path := servicePath(id) + "/replays/new"
	for _, c := range []struct {
		name, value, says string
	}{
		{"from", "", "From is required."},
		{"from", "soon", "From must be a date."},
		{"from", "2999-01-01T00:00:00", "From must be before to"},
		{"to", "soon", "To must be a date."},
		{"events", "mess*", `Events, number 1 "mess*": * stands for a whole segment only.`},
		{"rate", "quick", "Rate must be a number, such as 50 or 0.5."},
		{"rate", "20000", "Rate must be a number from 0 to 10000."},
		{"url", "bot.example.com", "Other URL must be absolute."},
	} {
		fields := url.Values{"from": {"2000-01-01T00:00:00"}}
		fields.Set(c.name, c.value)
		got := admin.post(path, fields)
		if got.status != http.StatusBadRequest {
			t.Errorf("%s %q: %d, want 400", c.name, c.value, got.status)
		}
		got.says(t, "One thing is not right yet", c.says)
		if !strings.Contains(got.body, `id="`+c.name+`-error"`) {
			t.Errorf("%s %q: nothing stands beside the field", c.name, c.value)
		}
	}

	once := url.Values{"from": {"2000-01-01T00:00:00"}, "status": {"any"}, "confirmed": {"yes"}}
	for range 10 {
		if got := admin.post(path, once); got.status != http.StatusSeeOther {
			t.Fatalf("a replay: %d: %s", got.status, got.text)
		}
	}
	got := admin.post(path, once)
	if got.status != http.StatusConflict {
		t.Errorf("the eleventh: %d, want 409", got.status)
	}
	got.says(t, "Service has 10 replays that have not ended. Stop one, or wait until one is done.")

	admin.post(servicePath(id)+"/off", url.Values{})
	admin.get(path).says(t, "The service is switched off: a replay to it is refused, one to another URL works.")
	off := admin.post(path, url.Values{"from": {"2000-01-01T00:00:00"}, "status": {"any"}})
	off.says(t, "2 deliveries would be sent again. The service is switched off")
	off.hides(t, `name="confirmed"`)
	if got := admin.post(path, once); got.status != http.StatusConflict {
		t.Errorf("of what is off: %d, want 409", got.status)
	}
}

// An admin of the organization may see and steer, others not.
func TestReplayIsForAdmins(t *testing.T) {
	h := newHouse(t)
	id := h.webhook("A")
	h.publish("order.created")
	made := h.admin().post(servicePath(id)+"/replays/new", url.Values{"from": {"2000-01-01T00:00:00"}, "status": {"any"}, "confirmed": {"yes"}})
	bob := h.loggedIn(h.callerWith(bellhop.RoleSupervisor))
	for _, path := range []string{made.to, servicePath(id) + "/replays", servicePath(id) + "/replays/new", servicePath(id) + "/test", servicePath(id) + "/rotate", servicePath(id) + "/charts", servicePath(id) + "/settings"} {
		if got := bob.get(path); got.status != http.StatusForbidden {
			t.Errorf("%s for a supervisor: %d, want 403", path, got.status)
		}
	}
	for _, path := range []string{made.to, servicePath(id) + "/test", servicePath(id) + "/rotate", servicePath(id) + "/replays/new"} {
		if got := bob.post(path, url.Values{"state": {"stopped"}}); got.status != http.StatusForbidden {
			t.Errorf("POST %s of a supervisor: %d, want 403", path, got.status)
		}
	}
}
