package ui

import (
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"bellhop"
	"bellhop/internal/subscription"
)

// docs/contract/services.md section 1: Settings > organization > Integrations > + > Create Service.
//
// Contract: services.md 1: The UI does nothing
func TestCreateService(t *testing.T) {
	h := newHouse(t)
	admin := h.admin()
	target := endpoint(t)

	admin.get("/settings").says(t, "You see 1 organization.", "Acme")
	admin.get(integrationsPath(h.org)).says(t, "No webhooks yet.")
	form := admin.get(integrationsPath(h.org) + "/new")
	if !strings.Contains(form.body, `value="Webhook"`) {
		t.Error("the name is not filled in")
	}
	page := admin.send(integrationsPath(h.org)+"/new", url.Values{
		"name": {"Webhook"}, "url": {strings.Replace(target, "://", "://user:s3cret@", 1)}, "events": {"message.create.**\r\ncontact.*, order.created\r\n"},
	})
	page.says(t, "Verified.", "answered 200 with the challenge", "Active: waiting for the first event")
	page.hides(t, "s3cret")

	list := admin.get(integrationsPath(h.org))
	list.says(t, "1 webhook: 1 healthy.", "•••@127.0.0.1", "message.create.** +2")
	list.hides(t, "s3cret")
	if !strings.Contains(list.body, `aria-label="Add service"`) {
		t.Error("the list has no button that adds a service")
	}
}

func TestCreateServiceRefused(t *testing.T) {
	h := newHouse(t)
	admin := h.admin()
	path := integrationsPath(h.org) + "/new"
	for _, c := range []struct {
		name, url, events string
		says              string
		field             string
	}{
		{"", "http://127.0.0.1:1/", "", "Name is required.", "name"},
		{"A", "", "", "Webhook URL is required.", "url"},
		{"A", "/hook", "", "Webhook URL must be absolute.", "url"},
		{"A", "http://10.0.0.1/", "", "Webhook URL must not point to an address that is private", "url"},
		{"A", "http://127.0.0.1:1/", "a.b mess*", `Events, number 2 "mess*": * stands for a whole segment only.`, "events"},
	} {
		got := admin.post(path, url.Values{"name": {c.name}, "url": {c.url}, "events": {c.events}})
		if got.status != http.StatusBadRequest {
			t.Errorf("%+v: status %d, want 400", c, got.status)
		}
		got.says(t, "One thing is not right yet", c.says)
		if strings.Count(got.text, c.says) != 2 {
			t.Errorf("%q stands %d times on the page, want in the summary and beside the field", c.says, strings.Count(got.text, c.says))
		}
		for _, part := range []string{`href="#` + c.field + `"`, `id="` + c.field + `-error"`, `aria-describedby="` + c.field + `-error `} {
			if !strings.Contains(got.body, part) {
				t.Errorf("%+v: no %s on the page", c, part)
			}
		}
	}
	admin.get(integrationsPath(h.org)).says(t, "No webhooks yet.")
}

func TestVerifyService(t *testing.T) {
	h := newHouse(t)
	admin := h.admin()
	page := admin.send(integrationsPath(h.org)+"/new", url.Values{"name": {"Early"}, "url": {"http://127.0.0.1:1/hook?a=b"}})
	page.says(t, "Not verified.", "GET http://127.0.0.1:1/hook?a=b&type=subscribe&challenge=…", "connection refused",
		"nothing listens on that port", "The three usual reasons", "It is saved, and gets no events")
	admin.get(integrationsPath(h.org)).says(t, "1 webhook: 1 not verified.")

	services, _, err := list[bellhop.Service](&visit{ui: h.ui, r: newRequest(t), caller: h.root}, bellhop.Services, url.Values{})
	must(t, err)
	id := services[0].ID
	admin.get(servicePath(id)).hides(t, "usual reasons") // told once
	admin.send(servicePath(id)+"/verify", url.Values{}).says(t, "Not verified.", "connection refused")
}

func TestSwitchOffAndOn(t *testing.T) {
	h := newHouse(t)
	admin := h.admin()
	id := h.webhook("A")
	admin.get(servicePath(id)+"/switch-off").says(t, "1 delivery will wait.", "Events that happen meanwhile are not kept for it.")
	off := admin.send(servicePath(id)+"/off", url.Values{})
	off.says(t, "Switched off. Nothing is sent", "Switched off since", "those that happen meanwhile are not kept for it. 1 delivery that was waiting is kept", "Switch on")
	off.hides(t, "Send test event")
	on := admin.send(servicePath(id)+"/verify", url.Values{})
	on.says(t, "Verified, and switched on after", "Send what it missed", "Healthy:")
	if !strings.Contains(on.body, servicePath(id)+"/replays/new?from=") || !strings.Contains(on.body, "status=missing") {
		t.Error("no link leads to a replay of what was missed")
	}
	admin.send(servicePath(id)+"/verify", url.Values{}).says(t, "Verified. ") // it was on

	other := h.make(bellhop.Services, map[string]any{"name": "SMS", "type": "twilio", "params": map[string]any{"sid": "hidden-sid"}})
	page := admin.get(servicePath(other))
	page.says(t, "Services of type twilio are only kept here")
	page.hides(t, "hidden-sid", "Verify")
	page.hides(t, "Rotate secret", "Send test event", "Charts")
	admin.get(servicePath(other)+"?show=secret").says(t, "hidden-sid")
	for _, tab := range []string{"/charts", "/replays"} {
		if got := admin.get(servicePath(other) + tab); got.to != servicePath(other) {
			t.Errorf("%s of what is no webhook: %d to %q", tab, got.status, got.to)
		}
	}
	admin.send(servicePath(other)+"/off", url.Values{})
	admin.send(servicePath(other)+"/verify", url.Values{}).says(t, "Switched on.")
	admin.get(integrationsPath(h.org)).says(t, "1 webhook: 1 healthy; 1 service of another type.")
}

// A PATCH replaces params whole (docs/contract/services.md section 4): the form sends also what it does not show.
//
// Contract: services.md 4: Clients that only want
// Contract: services.md 2: A server that masks
func TestEditService(t *testing.T) {
	h := newHouse(t)
	admin := h.admin()
	target := strings.Replace(endpoint(t), "://", "://user:s3cret@", 1)
	id := h.make(bellhop.Services, map[string]any{"name": "A", "type": "webhook", "params": map[string]any{
		"url": target, "secret": "old secret", "events": []string{"contact.*"}, "timeout": 7, "concurrency": 3, "order": "none",
		"signatures": []string{"sha1", "sha256"}, "rate": 2.5, "headers": map[string]any{"X-Tenant": "acme"},
	}})
	_, err := h.res.Rotate(t.Context(), h.root, id, nil)
	must(t, err)
	_, before := h.serviceNow(id)
	edit := servicePath(id) + "/edit"
	page := admin.get(edit)
	page.hides(t, "s3cret", "old secret", before.Secret)
	hidden := webhookURL(target).hidden()

	admin.send(edit, url.Values{"name": {"B"}, "url": {hidden}, "secret": {""}, "events": {"a.b\nc.*"}}).says(t, "Saved.")
	s, p := h.serviceNow(id)
	want := before
	want.Events = []string{"a.b", "c.*"}
	if s.Name != "B" || before.PreviousSecret != "old secret" || !reflect.DeepEqual(p, want) {
		t.Errorf("after the change: %s %+v, want B %+v", s.Name, p, want)
	}

	admin.send(edit, url.Values{"name": {"B"}, "url": {hidden}, "renew": {"yes"}, "events": {""}})
	if _, p = h.serviceNow(id); p.Secret == before.Secret || p.Secret == "" || p.Events != nil {
		t.Errorf("a new secret was asked for, and all events: %+v", p)
	}

	got := admin.post(edit, url.Values{"name": {"B"}, "url": {hidden + "/other"}})
	if got.status != http.StatusBadRequest {
		t.Errorf("another URL with the hidden password: %d, want 400", got.status)
	}
	got.says(t, "Webhook URL has changed: type its user and password again")

	got = admin.post(edit, url.Values{"name": {"C"}, "url": {"http://127.0.0.1:1/"}})
	if got.status != http.StatusForbidden {
		t.Errorf("a URL that cannot be verified: %d, want 403", got.status)
	}
	got.says(t, "The new URL could not be verified", "connection refused", "the old URL keeps working")
	if s, p = h.serviceNow(id); s.Name != "B" || p.URL != target {
		t.Errorf("after a refusal: %s %+v", s.Name, p)
	}

	next := endpoint(t)
	admin.send(edit, url.Values{"name": {"C"}, "url": {next}}).says(t, "Verified.")
	if s, p = h.serviceNow(id); s.Name != "C" || p.URL != next {
		t.Errorf("after a verified change: %s %+v", s.Name, p)
	}
}

func TestSecretOnDemand(t *testing.T) {
	h := newHouse(t)
	admin := h.admin()
	id := h.make(bellhop.Services, map[string]any{"name": "A", "type": "webhook", "params": map[string]any{
		"url": strings.Replace(endpoint(t), "://", "://user:s3cret@", 1), "secret": "the secret",
	}})
	_, err := h.res.Rotate(t.Context(), h.root, id, nil)
	must(t, err)
	_, p := h.serviceNow(id)
	settings := servicePath(id) + "/settings"
	for _, path := range []string{servicePath(id), settings} {
		admin.get(path).hides(t, "the secret", p.Secret, "s3cret")
	}
	page := admin.get(settings + "?show=secret")
	page.says(t, p.Secret, "user:s3cret@127.0.0.1", "Hide secret")
	if got := page.header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control = %q, want no-store", got)
	}
}

func TestDeleteService(t *testing.T) {
	h := newHouse(t)
	admin := h.admin()
	id := h.webhook("A <b>")
	h.publish("order.created")
	admin.get(servicePath(id)+"/delete").says(t, "Deleting “A <b>” stops it at once and drops 2 pending deliveries. It cannot be undone.")
	admin.send(servicePath(id)+"/delete", url.Values{}).says(t, "A <b> was deleted.", "No webhooks yet.")
	if got := admin.get(servicePath(id)); got.status != http.StatusNotFound {
		t.Errorf("the deleted service: %d, want 404", got.status)
	}
}

// A webhook that the server has paused is active, and yet nothing is sent: its page says why.
func TestPausedService(t *testing.T) {
	h := newHouse(t)
	admin := h.admin()
	id := h.webhook("A")
	h.publish("order.created")
	admin.get(servicePath(id)).says(t, "Healthy: ")
	now := time.Now()
	h.health = subscription.Health{State: "paused", Since: bellhop.TimeOf(now), Failures: 12, Reason: "connection refused", Next: bellhop.TimeOf(now.Add(time.Hour))}
	paused := admin.get(servicePath(id))
	paused.says(t, "Paused since "+now.UTC().Format("15:04")+" UTC: connection refused, ", " waiting, next probe in 59 minutes.", "Start the bot, or correct the port.")
	paused.hides(t, "Healthy: ")
}

// Each page of a service has a title of its own, and so has a delivery beside its event.
func TestTitles(t *testing.T) {
	h := newHouse(t)
	id := h.webhook("A")
	h.publish("order.created")
	delivery := deliveryPath(h.attempted("event=order.created", bellhop.Delivered, 1))
	admin := h.admin()
	links := admin.get(delivery).links(t)
	event := links[slices.IndexFunc(links, func(to string) bool { return strings.HasPrefix(to, "/events/") })]
	seen := map[string]string{}
	for _, path := range []string{
		servicePath(id), servicePath(id) + "/charts", servicePath(id) + "/settings", servicePath(id) + "/replays", delivery, event,
	} {
		_, rest, _ := strings.Cut(admin.get(path).body, "<title>")
		title, _, _ := strings.Cut(rest, "</title>")
		if other, ok := seen[title]; ok {
			t.Errorf("%s and %s are both called %q", other, path, title)
		}
		seen[title] = path
	}
}
