package ui

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"bellhop"
	"bellhop/internal/account"
)

// Contract: services.md 1: Bot-specific webhook
func TestBotWebhook(t *testing.T) {
	h := newHouse(t)
	admin := h.admin()
	bot := h.bot("Echo", nil)
	here := hookPath(bot)
	dead := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(dead.Close)

	got := admin.get(here)
	got.says(t, "No webhook yet.", "no webhook", "Leave it empty and one is made for you", "Save Webhook", "everything in the organization of the bot and below")
	got.hides(t, "Verify", "Show secret")
	got = admin.post(here, url.Values{"url": {"ftp://x"}, "events": {"mess*"}})
	if got.status != http.StatusBadRequest {
		t.Errorf("a bad URL: %d", got.status)
	}
	got.says(t, "Webhook URL ")

	got = admin.send(here, url.Values{"url": {dead.URL}, "events": {"message.**"}})
	got.says(t, "Not verified.", "answered with status 404", "not verified", "Start the bot, then press Verify.", "Show secret")
	admin.send(here+"/verify", url.Values{}).says(t, "Not verified.")
	found, _, err := list[bellhop.Service](&visit{ui: h.ui, r: newRequest(t), caller: h.root}, bellhop.Services, url.Values{"bot": {string(bot)}})
	must(t, err)
	id := found[0].ID
	_, first := h.serviceNow(id)
	if first.Secret == "" || found[0].Organization != h.org || len(first.Events) != 1 {
		t.Errorf("the webhook is %+v", found[0])
	}

	live := endpoint(t)
	got = admin.send(here, url.Values{"url": {live}, "events": {""}})
	got.says(t, "Verified.", "Its webhook is healthy.")
	got.hides(t, "/webhook/verify")
	s, now := h.serviceNow(id)
	if s.Status != bellhop.ServiceActive || now.URL != live || now.Secret != first.Secret || len(now.Events) != 0 {
		t.Errorf("saving has made %+v %+v", s, now)
	}
	admin.get(here).hides(t, first.Secret)
	admin.get(here+"?show=secret").says(t, first.Secret, "Hide secret")

	got = admin.post(here, url.Values{"url": {dead.URL}})
	if got.status != http.StatusForbidden {
		t.Errorf("a URL that does not pass: %d", got.status)
	}
	got.says(t, "The new URL could not be verified", "the old URL keeps working")
	admin.send(here, url.Values{"url": {live}, "renew": {"yes"}}).says(t, "Saved.")
	if _, p := h.serviceNow(id); p.Secret == first.Secret || p.URL != live {
		t.Errorf("a new secret was asked for: %+v", p)
	}
	admin.send(here+"/off", url.Values{}).says(t, "Switched off.", "Its webhook is switched off.", "Switch on")
	admin.send(here+"/verify", url.Values{}).says(t, "Verified.")
}

// A second webhook of a bot is refused in words (docs/contract/services.md section 6).
func TestSecondBotWebhook(t *testing.T) {
	h := newHouse(t)
	admin := h.admin()
	bot := h.bot("Echo", nil)
	h.ui.resources = &late{resources: h.ui.resources, h: h, bot: bot, url: endpoint(t)}
	got := admin.post(hookPath(bot), url.Values{"url": {endpoint(t)}})
	if got.status != http.StatusConflict {
		t.Errorf("a second webhook: %d", got.status)
	}
	got.says(t, "This bot has a webhook already; a bot has one at most.")
}

// late makes somebody else add a webhook to the bot just before the visitor does.
type late struct {
	resources
	h   *house
	bot bellhop.ID
	url string
}

func (l *late) Create(ctx context.Context, caller *account.Caller, kind *bellhop.Kind, body []byte) (json.RawMessage, error) {
	l.h.make(bellhop.Services, map[string]any{"name": "E", "type": "webhook", "bot": l.bot, "params": map[string]any{"url": l.url}})
	return l.resources.Create(ctx, caller, kind, body)
}
