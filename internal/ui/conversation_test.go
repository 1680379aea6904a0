package ui

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"bellhop"
)

func TestConversation(t *testing.T) {
	h := newHouse(t)
	hook := h.webhook("Echo <i>")
	talk := h.start("Jenny <b>Jones</b>", "Hello <script>alert(1)</script>")
	slug := h.say(talk, map[string]any{"text": "Which size?", "role": "agent", "actions": []any{map[string]any{"type": "reply", "text": "Large"}}})
	h.say(talk, map[string]any{"text": "rude", "role": "bot"})
	h.say(talk, map[string]any{"text": "/set mood good", "type": "command"})
	admin := h.admin()

	list := admin.get("/conversations")
	list.says(t, "1 conversation, the latest first.", "Jenny <b>Jones</b>")
	admin.get("/conversations?status=closed").says(t, "No conversation is closed.")

	page := admin.get(conversationPath(talk))
	page.says(t, "Jenny <b>Jones</b>", "Hello <script>alert(1)</script>", "Which size?", "Large", "to users only", "/set mood good",
		`"mood": "good"`, "Active: answered by ada.", "1 pending", "2 pending")
	page.hides(t, "<script>alert", "<b>Jones", "<i>")
	if n := strings.Count(page.body, `class="dot wait" href="/deliveries/`); n < 4 {
		t.Errorf("%d links to deliveries, want one beside each message", n)
	}
	if !strings.Contains(page.body, `aria-label="message.create.contact.command to Echo &lt;i&gt;: pending"`) {
		t.Error("a dot does not say what it is")
	}
	if !strings.Contains(page.text, "Participants ada admin accepted active") {
		t.Errorf("participants are missing: %s", page.text)
	}

	got := admin.get("/m/" + slug)
	if got.status != http.StatusSeeOther || !strings.HasPrefix(got.to, conversationPath(talk)+"#message-") {
		t.Fatalf("/m/%s = %d to %q", slug, got.status, got.to)
	}
	anchor := got.to[strings.Index(got.to, "#")+1:]
	if !strings.Contains(page.body, `id="`+anchor+`"`) {
		t.Errorf("no message has the anchor %s", anchor)
	}
	admin.get(servicePath(hook)).says(t, "Healthy: ", "waiting.")
}

// A message that is not among the newest is on a page of its own.
func TestMessageOnOlderPage(t *testing.T) {
	h := newHouse(t)
	talk := h.start("Jenny", "first")
	slug := h.say(talk, map[string]any{"text": "second", "role": "contact"})
	more := make([]map[string]any, messagesShown/2+3)
	for i := range more {
		more[i] = map[string]any{"text": "more", "role": "contact"}
	}
	text, err := json.Marshal(more)
	must(t, err)
	for range 2 {
		_, err = h.talk.Post(t.Context(), h.root, talk, text)
		must(t, err)
	}
	admin := h.admin()
	to := admin.get("/m/" + slug).to
	page, anchor, _ := strings.Cut(to, "#")
	if got := admin.get(page); !strings.Contains(got.body, `id="`+anchor+`"`) {
		t.Errorf("%s does not show the message", to)
	}
	newest := admin.get(conversationPath(talk))
	newest.says(t, "1 to 50 of 58", "Older")
	newest.hides(t, "second")
}

func TestSides(t *testing.T) {
	contact, team := &bellhop.Conversation{Type: bellhop.ContactConversation}, &bellhop.Conversation{Type: bellhop.AgentConversation}
	for _, c := range []struct {
		in   *bellhop.Conversation
		m    bellhop.Message
		want string
	}{
		{contact, bellhop.Message{Type: "chat", Role: "contact"}, sideContact},
		{contact, bellhop.Message{Type: "chat", Role: "agent"}, sideAgent},
		{contact, bellhop.Message{Type: "chat", Role: "bot"}, sideTeam},
		{contact, bellhop.Message{Type: "chat", Role: "agent", IsBackchannel: true}, sideTeam},
		{contact, bellhop.Message{Type: "mention", Role: "agent"}, sideTeam},
		{contact, bellhop.Message{Type: "command"}, sideLine},
		{team, bellhop.Message{Type: "chat", Role: "bot"}, sideAgent},
	} {
		if got := sideOf(c.in, &c.m); got != c.want {
			t.Errorf("%s in a %s conversation is on the side %s, want %s", c.m.Role, c.in.Type, got, c.want)
		}
	}
}

// What the contact does from the web widget has no role and no user, and is his all the same.
func TestWhoSpeaks(t *testing.T) {
	h := newHouse(t)
	talk := h.start("Jenny Jones", "Hello")
	h.say(talk, map[string]any{"text": ">cs /set isLead yes", "role": "contact"})
	h.say(talk, map[string]any{"text": "among us", "role": "agent", "participants": []any{string(h.root.ID)}})
	page := h.admin().get(conversationPath(talk))
	page.says(t, "/set isLead yes", "backchannel, for some users only")
	page.hides(t, "System")
}

// What makes a card, a result or a form is not in the text of the message alone.
func TestKindsOfMessages(t *testing.T) {
	h := newHouse(t)
	form := h.make(bellhop.Forms, map[string]any{"name": "Test drive"})
	_, err := h.res.Patch(t.Context(), h.root, bellhop.Organizations, h.org, []byte(`{"categories":[{"name":"Cars","forms":["`+string(form)+`"]}]}`))
	must(t, err)
	talk := h.start("Jenny Jones", "Hello")
	h.say(talk, map[string]any{"type": "card", "text": "pick one", "role": "agent", "meta": map[string]any{"title": "Our cars"}})
	h.say(talk, map[string]any{"type": "results", "results": []any{map[string]any{"name": "score", "values": map[string]any{"brand": "Fiat <b>"}}}})
	h.say(talk, map[string]any{"type": "form", "text": "+Test drive", "meta": map[string]any{"form": form}})
	h.admin().get(conversationPath(talk)).says(t, "Our cars", "pick one", `score: {"brand":"Fiat <b>"}`, "Test drive Nothing is filled in yet.")
}

// A page that is looked at exchanges the rows that differ: a message is the same row wherever on a page it stands.
func TestRowsStayAsTheyWere(t *testing.T) {
	h := newHouse(t)
	talk := h.start("Jenny", "first")
	for range messagesShown - 2 {
		h.say(talk, map[string]any{"text": "more", "role": "contact"})
	}
	admin := h.admin()
	before := admin.get(conversationPath(talk)).body
	h.say(talk, map[string]any{"text": "another", "role": "contact"})
	h.say(talk, map[string]any{"text": "and another", "role": "contact"})
	after := admin.get(conversationPath(talk)).body
	if n := strings.Count(after, `class="day"`); n != 1 {
		t.Errorf("%d times there stands which day it is, want once", n)
	}
	_, rows, ok := strings.Cut(after, `<ol class="talk"`)
	_, row, found := strings.Cut(rows, `<li id="message-`)
	if row, _, _ = strings.Cut(row, `<a href="#`); !ok || !found || !strings.Contains(before, row) {
		t.Errorf("the first row of the page was another one before: %s", row)
	}
}

// A bot may say very much: a page has the beginning, and leads to the rest.
func TestLongText(t *testing.T) {
	h := newHouse(t)
	talk := h.start("Jenny", "Hello")
	text := strings.Repeat("é", textShown/2) + "<b>end"
	h.say(talk, map[string]any{"text": text, "role": "contact"})
	h.say(talk, map[string]any{"text": strings.Repeat("é", textShown/2), "role": "contact"})
	admin := h.admin()
	page := admin.get(conversationPath(talk))
	page.hides(t, "<b>end")
	_, rest, ok := strings.Cut(page.body, `<a href="`+conversationPath(talk)+`/text/`)
	id, _, _ := strings.Cut(rest, `"`)
	if !ok || strings.Count(page.body, "The whole text") != 1 {
		t.Fatal("the page does not lead to the whole text of the one that is too long")
	}
	whole := admin.get(conversationPath(talk) + "/text/" + id)
	if whole.status != http.StatusOK || whole.body != text {
		t.Errorf("the whole text has %d bytes, status %d, want %d", len(whole.body), whole.status, len(text))
	}
	if got := admin.get(conversationPath("64b0f1a2c3d4e5f60718ffff") + "/text/" + id); got.status != http.StatusNotFound {
		t.Errorf("the text in another conversation: %d, want 404", got.status)
	}
}
