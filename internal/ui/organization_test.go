package ui

import (
	"strings"
	"testing"

	"bellhop"
)

// One of a kind is not several, and each number leads to what it counts.
func TestOrganizationCounts(t *testing.T) {
	h := newHouse(t)
	h.bot("Echo", nil)
	got := h.admin().get(orgPath(h.org))
	got.says(t, "0 services", "1 bot ", "1 user ")
	for _, path := range []string{integrationsPath(h.org), orgBotsPath(h.org), usersPath(h.org)} {
		if !strings.Contains(got.body, `<a href="`+path+`"><strong>`) {
			t.Errorf("no number leads to %s", path)
		}
	}
	h.admin().get("/settings").says(t, "Acme active 0 services 1 bot 1 user")
	h.make(bellhop.Users, map[string]any{"name": "Bea", "email": "bea@example.com", "role": "agent", "organization": h.org})
	h.admin().get(orgPath(h.org)).says(t, "2 users")
}
