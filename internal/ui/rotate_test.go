package ui

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"bellhop"
)

func TestRotateSecret(t *testing.T) {
	h := newHouse(t)
	admin := h.admin()
	id := h.webhook("A")
	_, before := h.serviceNow(id)
	path := servicePath(id) + "/rotate"
	form := admin.get(path)
	form.says(t, "The old secret goes on signing for", "X-Hub-Signature-256 the new secret alone, at once", "both secrets during the overlap")
	form.hides(t, before.Secret, "under way")

	page := admin.send(path, url.Values{"overlap": {"3600"}})
	_, now := h.serviceNow(id)
	if now.Secret == before.Secret || now.PreviousSecret != before.Secret {
		t.Fatalf("after the rotation %+v", now)
	}
	page.says(t, now.Secret, "It is shown here once.", "both secrets until", "UTC, then the new one alone")
	page.hides(t, before.Secret)
	if !strings.Contains(page.body, "<code data-copy>") {
		t.Error("the new secret cannot be copied")
	}
	once := admin.get(path)
	once.hides(t, now.Secret)
	once.says(t, "A rotation is under way: until", "X-Hub-Signature and X-Hub-Signature-256 are made with the new one alone.", "the oldest secret is dropped")
	settings := admin.get(servicePath(id) + "/settings")
	settings.says(t, "A rotation is under way: until")
	settings.hides(t, now.Secret)

	admin.send(path, url.Values{"overlap": {"0"}}).says(t, "webhook-signature the new secret alone, at once")
	if _, p := h.serviceNow(id); p.PreviousSecret != "" {
		t.Errorf("without overlap the old secret is kept: %+v", p)
	}
	for _, overlap := range []string{"-1", "604801", "long"} {
		got := admin.post(path, url.Values{"overlap": {overlap}})
		if got.status != http.StatusBadRequest {
			t.Errorf("overlap %s: %d, want 400", overlap, got.status)
		}
		got.says(t, "Nothing was changed.", "must be a whole number of seconds from 0 to 604800")
	}
	other := h.make(bellhop.Services, map[string]any{"name": "SMS", "type": "twilio"})
	if got := admin.get(servicePath(other) + "/rotate"); got.status != http.StatusNotFound {
		t.Errorf("the secret of what is no webhook: %d, want 404", got.status)
	}
}

// Only headers that are sent are spoken of.
func TestRotationOfOtherSignatures(t *testing.T) {
	h := newHouse(t)
	admin := h.admin()
	id := h.make(bellhop.Services, map[string]any{"name": "A", "type": "webhook", "params": map[string]any{"url": endpoint(t), "signatures": []string{"sha256"}}})
	page := admin.get(servicePath(id) + "/rotate")
	page.says(t, "X-Hub-Signature-256 the new secret alone")
	page.hides(t, "webhook-signature")
	admin.post(servicePath(id)+"/rotate", url.Values{"overlap": {"3600"}})
	admin.get(servicePath(id)+"/settings").says(t, "the one header that has room for the old secret too, is not sent.")
}
