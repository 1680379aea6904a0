package ui

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"bellhop"
)

// tree makes Acme > Europe > Lyon, and Acme > Asia.
func (h *house) tree() (europe, lyon, asia bellhop.ID) {
	h.t.Helper()
	below := func(name string, parent bellhop.ID) bellhop.ID {
		return h.make(bellhop.Organizations, map[string]any{"name": name, "parent": parent})
	}
	europe = below("Europe", h.org)
	return europe, below("Lyon", europe), below("Asia", h.org)
}

// linksIn returns where the links of a part of the page lead, by their texts.
func (a answer) linksIn(t *testing.T, from, to string) map[string]string {
	t.Helper()
	_, part, ok := strings.Cut(a.body, from)
	if !ok {
		t.Fatalf("the page has no %s", from)
	}
	part, _, _ = strings.Cut(part, to)
	links := map[string]string{}
	for _, e := range parsePage(t, "<main>"+strings.TrimLeft(part, `abcdefghijklmnopqrstuvwxyz-=" `)[1:]+"</main>") {
		if e.name == "a" {
			links[strings.TrimSpace(e.text)] = e.attributes["href"]
		}
	}
	return links
}

func (a answer) switches(t *testing.T) map[string]string {
	t.Helper()
	return a.linksIn(t, `<nav class="switcher-list"`, "</nav>")
}

func (a answer) rail(t *testing.T) map[string]string {
	t.Helper()
	return a.linksIn(t, `<nav class="sections"`, "</nav>")
}

func TestSwitcher(t *testing.T) {
	h := newHouse(t)
	if got := h.admin().get("/settings"); strings.Contains(got.body, "<details class=\"switcher") || !strings.Contains(got.body, `switcher-name">Acme<`) {
		t.Error("who has one organization is offered others")
	}
	europe, lyon, asia := h.tree()
	p := h.admin()
	for _, c := range []struct{ path, everything, of string }{
		{"/conversations?status=queued&offset=50&organization=" + string(asia), "/conversations?status=queued", "/conversations?organization=%s&status=queued"},
		{"/deliveries?conversation=" + string(asia), "/deliveries", "/deliveries?organization=%s"},
		{orgPath(asia), "/settings", orgPath("%s")},
		{integrationsPath(asia), "/settings", integrationsPath("%s")},
		{integrationsPath(asia) + "/new", "/settings", integrationsPath("%s")},
		{"/settings", "/settings", orgPath("%s")},
		{conversationPath(h.start("Jenny", "Milk?")), "/conversations", "/conversations?organization=%s"},
	} {
		got := p.get(c.path).switches(t)
		want := map[string]string{"All organizations": c.everything}
		for name, id := range map[string]bellhop.ID{"Acme": h.org, "Europe": europe, "Lyon": lyon, "Asia": asia} {
			want[name] = fmt.Sprintf(c.of, id)
		}
		for name := range want {
			if got[name] != want[name] {
				t.Errorf("%s: %s leads to %q, want %q", c.path, name, got[name], want[name])
			}
		}
	}
	got := p.get("/settings")
	if i, j := strings.Index(got.body, `<li class="below-1"><a href="`+orgPath(europe)), strings.Index(got.body, `<li class="below-2"><a href="`+orgPath(lyon)); i < 0 || j < i {
		t.Error("the organizations are not indented by their levels, in the order of the tree")
	}
}

// The choice goes along with the visitor.
func TestChosenOrganization(t *testing.T) {
	h := newHouse(t)
	europe, lyon, asia := h.tree()
	p := h.admin()
	for path, want := range map[string]string{
		"/conversations": "/deliveries",
		"/conversations?organization=" + string(lyon): "/deliveries?organization=" + string(lyon),
		integrationsPath(asia):                        "/deliveries?organization=" + string(asia),
	} {
		if got := p.get(path).rail(t)["Deliveries"]; got != want {
			t.Errorf("from %s the rail leads to %q, want %q", path, got, want)
		}
	}
	h.startIn(lyon, "Louis")
	h.startIn(asia, "Mei")
	got := p.get("/conversations?organization=" + string(europe))
	got.says(t, "1 conversation in Europe and below, the latest first.", "Louis")
	got.hides(t, "Mei")
	if !strings.Contains(got.body, "<title>Conversations · Europe · Bellhop</title>") {
		t.Error("the title does not say of which organization the list is")
	}
	p.get("/conversations?status=closed&organization="+string(lyon)).says(t, "No conversation in Lyon is closed.")
	p.get("/conversations").says(t, "2 conversations, the latest first.")
	p.get("/deliveries?organization="+string(asia)).says(t, "Nothing has been sent in Asia and below yet.")

	h.webhook("A")
	h.publish("order.created")
	p.get("/deliveries?organization="+string(h.org)).says(t, "2 deliveries in Acme and below, the newest first.")
	p.get("/deliveries?organization="+string(asia)).says(t, "Nothing has been sent in Asia and below yet.")

	for _, id := range []string{"nonsense", "0123456789abcdef01234567"} {
		got := p.get("/conversations?organization=" + id)
		if got.status != http.StatusNotFound {
			t.Errorf("organization %s: %d, want 404", id, got.status)
		}
		got.says(t, "Organization not found.")
	}
	// Somebody who may not look at organizations is not offered them, and cannot find out which there are.
	got = h.loggedIn(h.callerWith(bellhop.RoleAgent)).get("/conversations")
	got.hides(t, "Europe", "switcher")
	if got := h.loggedIn(h.callerWith(bellhop.RoleAgent)).get("/conversations?organization=" + string(lyon)); got.status != http.StatusForbidden {
		t.Errorf("an agent who chooses an organization: %d, want 403", got.status)
	}
}

// Of thousands of organizations the first are offered, the chosen one, and a way to find the others.
func TestSwitcherWithManyOrganizations(t *testing.T) {
	h := newHouse(t)
	var last bellhop.ID
	for i := range switcherShown + 5 {
		last = h.make(bellhop.Organizations, map[string]any{"name": fmt.Sprintf("Shop %d", i), "parent": h.org})
	}
	p := h.admin()
	got := p.get("/conversations?organization=" + string(last))
	links := got.switches(t)
	if len(links) != switcherShown+2 || links[fmt.Sprintf("Shop %d", switcherShown+4)] == "" {
		t.Errorf("%d links: %v", len(links), links)
	}
	got.says(t, "6 more organizations")
	if i := slices.IndexFunc(parsePage(t, got.body), func(e *element) bool { return e.attributes["id"] == "switcher-find" }); i < 0 {
		t.Error("there is no way to find the others")
	}
}

// startIn begins a conversation of a contact in one of the organizations.
func (h *house) startIn(organization bellhop.ID, contact string) {
	h.t.Helper()
	_, _, err := h.talk.Start(h.t.Context(), h.root, fmt.Appendf(nil,
		`{"type":"contact","organization":%q,"contact":{"profile":{"name":%q,"email":"%s@example.com"}},"messages":[{"text":"Hi","role":"contact"}]}`, organization, contact, contact))
	must(h.t, err)
}
