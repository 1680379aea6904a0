//go:build !race

package main_test

import (
	"net/http"
	"testing"
)

// TestOrganizationsOnPages makes, changes and deletes an organization, and finds all of it in the audit.
func TestOrganizationsOnPages(t *testing.T) {
	chromium := sharedChromium(t)
	bin := bellhop(t)
	t.Parallel()
	s := newServer(t, bin)
	admin := s.login()
	receiver := newReceiver(t, func(string, notification) (int, any) { return http.StatusOK, nil })
	webhook := admin.newWebhook("MCC Webhook", object{"url": receiver.URL, "events": []string{"order.*"}})
	admin.must(http.StatusOK, "PATCH", "/v2/services/"+webhook.ID, object{"params": object{"url": receiver.URL, "events": []string{"order.*", "contact.*"}, "secret": "a new one"}}, nil)
	admin.must(http.StatusOK, "POST", "/v2/services/"+webhook.ID+"/rotate", nil, nil)
	for _, c := range []struct {
		name     string
		width    int64
		hand     func(*browser) hand
		noScript bool
	}{
		{"keyboard", 1440, withKeyboard, false},
		{"phone without JavaScript", 390, withMouse, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBrowser(t, chromium, c.width, c.noScript)
			h := c.hand(b)
			b.logIn(h, s.url+"/settings")
			h.press("link", "Acme")
			h.press("link", "Add an organization below")
			h.fill("Name", "Acme NL")
			h.fill("Country", "99")
			h.press("button", "Add the organization")
			b.sees("One thing is not right yet", "Country must have two letters.")
			h.fill("Country", "NL")
			h.press("button", "Add the organization")
			b.sees("Added.", "On level 2 of 3")
			b.shoot("organization-new-" + c.name)
			h.press("link", "Edit")
			h.fill("Industry", "Hotels")
			h.press("button", "Save")
			b.sees("Saved.", "Hotels")

			h.press("link", "Audit")
			b.sees("2 changes recorded, the newest first.", "changed the organization Acme NL: industry", "created the organization Acme NL")
			b.shoot("audit-organization-" + c.name)
			h.press("link", "General")
			h.press("link", "Delete…")
			b.sees("Nothing is in it any more.")
			b.shoot("organization-delete-" + c.name)
			h.press("button", "Delete")
			b.sees("Acme NL was deleted.")

			h.press("link", "Who changed what")
			b.sees("deleted the organization Acme NL", "rotated the secret of the service MCC Webhook", "changed the service MCC Webhook: events, secret", "logged in")
			b.shoot("audit-" + c.name)
			h.fill("Who", "nobody")
			h.press("button", "Show")
			b.sees("Nothing that was recorded is like that.")
			h.press("link", "Show all")
			b.sees("rotated the secret")
		})
	}
}
