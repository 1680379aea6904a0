package ui

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"bellhop"
)

func (p *person) search(q string) answer {
	p.t.Helper()
	got := p.get("/search?" + url.Values{"q": {q}}.Encode())
	if got.status != http.StatusOK {
		p.t.Fatalf("search for %q: %d", q, got.status)
	}
	return got
}

// leadsTo reports whether a page has a link to there.
func (a answer) leadsTo(path string) bool {
	return strings.Contains(a.body, `<a href="`+path+`"><span class="found-name">`)
}

func TestSearch(t *testing.T) {
	h := newHouse(t)
	europe, _, _ := h.tree()
	service := h.webhook("MCC Webhook")
	bot := h.make(bellhop.Bots, map[string]any{"name": "Concierge", "profile": 17, "text": []int{1}})
	user := h.make(bellhop.Users, map[string]any{"givenName": "Joe", "familyName": "Johnson", "email": "joe@example.org"})
	talk := h.start("Jenny Jones", "Milk?")
	slug := h.say(talk, map[string]any{"text": "Oat milk", "role": "agent"})
	h.publish("order.created")
	p := h.admin()
	var delivery listedDelivery
	page, err := h.subs.Deliveries(t.Context(), h.root, "event=order.created")
	must(t, err)
	must(t, json.Unmarshal(page.Items[0], &delivery))
	var message, contact struct{ ID bellhop.ID }
	for kind, out := range map[*bellhop.Kind]any{bellhop.Messages: &message, bellhop.Contacts: &contact} {
		page, err := h.res.List(t.Context(), h.root, kind, "conversation="+string(talk)+"&sort=-createdAt")
		must(t, err)
		must(t, json.Unmarshal(page.Items[0], out))
	}

	for q, want := range map[string]string{
		"euro":                        orgPath(europe),
		"mcc":                         servicePath(service),
		"concierge":                   "/bots/" + string(bot),
		"johnson":                     "/users/" + string(user),
		"jenny j":                     conversationPath(talk),
		"jenny@example.com":           conversationPath(talk),
		"deliver":                     "/deliveries",
		"":                            "/conversations",
		slug:                          "/m/" + slug,
		string(message.ID):            "/m/" + slug,
		string(contact.ID):            conversationPath(talk),
		string(europe):                orgPath(europe),
		strings.ToUpper(string(user)): "/users/" + string(user),
		" " + string(service) + " ":   servicePath(service),
		string(talk):                  conversationPath(talk),
		delivery.ID.String():          deliveryPath(delivery.ID),
		delivery.EventID.String():     deliveryPath(delivery.ID),
	} {
		if got := p.search(q); !got.leadsTo(want) {
			t.Errorf("search for %q does not lead to %s:\n%s", q, want, got.text)
		}
	}
	for _, q := range []string{"no such thing", "0123456789abcdef01234567", "01901a2b-0000-7000-8000-000000000000", "![a,b]", "~", "a=b&c", strings.Repeat("é", 300), "\x00", "%", "+0"} {
		p.search(q).says(t, "Search")
	}
	p.search("no such thing").says(t, "Nothing you may see is called “no such thing” or has that id.")
	p.search("e").says(t, "results for “e”.")
}

// What is found is what the visitor may list.
func TestSearchWithLowerRoles(t *testing.T) {
	h := newHouse(t)
	h.tree()
	h.webhook("Milk webhook")
	h.make(bellhop.Users, map[string]any{"givenName": "Milk", "familyName": "Man", "email": "milk@example.org"})
	talk := h.start("Milk Maid", "Milk?")
	agent := h.loggedIn(h.callerWith(bellhop.RoleAgent)).search("milk")
	if !agent.leadsTo(conversationPath(talk)) {
		t.Errorf("an agent does not find a conversation: %s", agent.text)
	}
	agent.hides(t, "Milk webhook", "Milk Man", "/deliveries")
	h.loggedIn(h.callerWith(bellhop.RoleSupervisor)).search("milk").hides(t, "Milk webhook")
	h.loggedIn(h.callerWith(bellhop.RoleGuest)).search("milk").hides(t, "Milk Maid")

	other := *h.root
	other.Memberships = nil
	if got := h.loggedIn(&other).search("milk"); strings.Contains(got.body, "Milk M") {
		t.Errorf("somebody without an organization finds: %s", got.text)
	}
}
