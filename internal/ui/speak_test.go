package ui

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/store"
)

// messagesOf returns what was said in a conversation, oldest first.
func (h *house) messagesOf(conversation bellhop.ID) []bellhop.Message {
	h.t.Helper()
	page, err := h.res.List(h.t.Context(), h.root, bellhop.Messages, url.Values{"conversation": {string(conversation)}, "sort": {"createdAt"}, "limit": {"1000"}}.Encode())
	must(h.t, err)
	found, err := decodeAll[bellhop.Message](bellhop.Messages, page.Items)
	must(h.t, err)
	return found
}

// A bot author begins a conversation in a contact's place.
func TestStartConversation(t *testing.T) {
	h := newHouse(t)
	admin := h.admin()
	admin.get("/conversations").says(t, "Nobody has written yet.", "Start a conversation")
	got := admin.post(startPath, url.Values{"name": {" "}, "text": {"Hello <b>"}})
	if got.status != http.StatusBadRequest {
		t.Errorf("without a name: %d", got.status)
	}
	got.says(t, "Name of the contact is missing.", "Hello <b>")
	page := admin.send(startPath, url.Values{"name": {"Jenny Jones"}, "text": {"Hello\r\nworld"}, "organization": {string(h.org)}})
	page.says(t, "Jenny Jones", "Queued: nobody has accepted it yet.", "Hello world")
	if !strings.Contains(page.body, `value="contact" checked`) {
		t.Error("the visitor does not go on in the contact's place")
	}
	if got := admin.post(startPath, url.Values{"name": {"X"}, "text": {"X"}, "organization": {"64b0f1a2c3d4e5f60718ffff"}}); got.status != http.StatusNotFound {
		t.Errorf("in an organization that is none: %d", got.status)
	}
	agent := *h.root
	agent.Role, agent.Scope = bellhop.RoleAgent, bellhop.ScopeAgent
	agent.Memberships = []account.Membership{{Place: h.root.Memberships[0].Place, Role: bellhop.RoleAgent}}
	weak := h.loggedIn(&agent)
	weak.get("/conversations").hides(t, startPath)
	if got := weak.get(startPath); got.status != http.StatusForbidden {
		t.Errorf("an agent, who may make no contacts, is shown how: %d", got.status)
	}
}

func TestSpeak(t *testing.T) {
	h := newHouse(t)
	form := h.make(bellhop.Forms, map[string]any{"name": "Test drive", "fields": []any{map[string]any{"name": "brand"}}})
	_, err := h.res.Patch(t.Context(), h.root, bellhop.Organizations, h.org, []byte(`{"categories":[{"name":"Cars","forms":["`+string(form)+`"]}]}`))
	must(t, err)
	talk := h.start("Jenny Jones", "Hello")
	admin := h.admin()
	path := conversationPath(talk) + "/say"
	admin.get(conversationPath(talk)).says(t, "/accept You answer the contact from now on", "Fill in Test drive", "Assign to ada")
	for _, c := range []struct {
		form url.Values
		want bellhop.Message
	}{
		{url.Values{"as": {"contact"}, "text": {"Blue\r\nplease"}}, bellhop.Message{Type: "chat", Role: "contact", Text: "Blue\nplease"}},
		{url.Values{"as": {"agent"}, "text": {"It is on its way"}}, bellhop.Message{Type: "chat", Role: "agent", Text: "It is on its way", User: h.root.ID}},
		{url.Values{"as": {"agent"}, "text": {"/follow"}}, bellhop.Message{Type: "command", Text: "/follow", User: h.root.ID}},
		{url.Values{"as": {"note"}, "text": {"rude"}}, bellhop.Message{Type: "chat", Role: "agent", Text: "rude", User: h.root.ID, IsBackchannel: true}},
		{url.Values{"as": {"command"}, "text": {">score"}}, bellhop.Message{Type: "command", Text: ">score", User: h.root.ID}},
		{url.Values{"as": {"assign"}, "user": {string(h.root.ID)}}, bellhop.Message{Type: "command", Text: "/assign", User: h.root.ID}},
		{url.Values{"as": {"set"}, "key": {"mood"}, "value": {"very good"}}, bellhop.Message{Type: "command", Text: "/set mood very good", User: h.root.ID}},
		{url.Values{"as": {"tag"}, "text": {"#vip"}}, bellhop.Message{Type: "tag", Text: "vip", User: h.root.ID}},
		{url.Values{"as": {"form"}, "text": {"+" + string(form)}}, bellhop.Message{Type: "form", Text: "+" + string(form), User: h.root.ID}},
		{url.Values{"as": {"field"}, "key": {"brand"}, "value": {"Fiat"}, "form": {string(form)}}, bellhop.Message{Type: "field", Text: ".brand Fiat", User: h.root.ID}},
		{url.Values{"as": {"field"}, "key": {"location"}, "value": {"Rome"}, "form": {""}}, bellhop.Message{Type: "field", Text: ".location Rome", User: h.root.ID}},
	} {
		admin.send(path, c.form)
		messages := h.messagesOf(talk)
		m := messages[len(messages)-1]
		if m.Type != c.want.Type || m.Role != c.want.Role || m.Text != c.want.Text || m.User != c.want.User || m.IsBackchannel != c.want.IsBackchannel {
			t.Errorf("%v says %+v, want %+v", c.form, m, c.want)
		}
	}
	page := admin.get(conversationPath(talk))
	page.says(t, `"mood": "very good"`, "Tags vip", "Test drive brand Fiat", "Remove Test drive", "accepted active in the inbox follows")

	for text, want := range map[string]string{
		"": "There is nothing to say yet.", "accept": "A command begins with / or >, such as /accept.", "/assign 64b0f1a2c3d4e5f60718ffff": "User not found.",
	} {
		got := admin.post(path, url.Values{"as": {"command"}, "text": {text}})
		if got.status < 400 || got.status >= 500 {
			t.Errorf("command %q: %d", text, got.status)
		}
		got.says(t, want)
		if !strings.Contains(got.body, `data-enter>`+text+`</textarea>`) || !strings.Contains(got.body, `value="command" checked`) {
			t.Errorf("command %q is not in the form any more", text)
		}
	}
	got := admin.send(conversationPath(talk)+"/close", url.Values{})
	got.says(t, "Closed: nobody is expected to answer.", "Reopen")
	admin.send(path, url.Values{"as": {"command"}, "text": {"/notify"}}).says(t, "Queued")
}

// What one presses is what a contact's client would post.
//
// Contract: conversations.md 3: Pressing a reply or postback action
func TestPress(t *testing.T) {
	h := newHouse(t)
	talk := h.start("Jenny Jones", "Hello")
	h.say(talk, map[string]any{"text": "Which size?", "role": "agent", "actions": []any{
		map[string]any{"type": "link", "text": "Our shop", "uri": "https://shop.example"},
		map[string]any{"type": "reply", "text": "Large", "payload": "SIZE_L", "meta": map[string]any{"stock": 3}},
	}, "items": []any{map[string]any{"title": "Shirt", "actions": []any{map[string]any{"type": "postback", "text": "Buy", "size": "tall"}}}}})
	h.say(talk, map[string]any{"text": "Approve?", "role": "bot", "actions": []any{map[string]any{"type": "postback", "text": "Yes"}}})
	messages := h.messagesOf(talk)
	offer, approve := string(messages[1].ID), string(messages[2].ID)
	admin := h.admin()
	admin.get(conversationPath(talk)).says(t, "Our shop", "Large", "Shirt", "Buy", "Approve?")
	for _, c := range []struct{ message, place, want string }{
		{offer, "1", `{"type":"postback","text":"SIZE_L","role":"contact","meta":{"size":"compact","stock":3},"actions":[{"type":"reply","size":"compact","default":false,"text":"Large","payload":"SIZE_L","meta":{"stock":3}}]}`},
		{offer, "0.0", `{"type":"postback","text":"Buy","role":"contact","meta":{"size":"tall"},"actions":[{"type":"postback","size":"tall","default":false,"text":"Buy","payload":"Buy"}]}`},
		{approve, "0", `{"type":"postback","text":"Yes","role":"bot","meta":{"size":"compact"},"actions":[{"type":"postback","size":"compact","default":false,"text":"Yes","payload":"Yes"}]}`},
	} {
		admin.send(conversationPath(talk)+"/press", url.Values{"message": {c.message}, "press": {c.place}})
		messages := h.messagesOf(talk)
		m := messages[len(messages)-1]
		got, err := json.Marshal(map[string]any{"type": m.Type, "text": m.Text, "role": m.Role, "meta": m.Meta, "actions": m.Actions})
		must(t, err)
		if !sameJSON(t, string(got), c.want) || (m.Contact != "") != (m.Role == bellhop.FromContact) {
			t.Errorf("pressing %s says\n%s, want\n%s", c.place, got, c.want)
		}
	}
	n := len(h.messagesOf(talk))
	for _, place := range []string{"", "0", "2", "-1", "1.0", "0.1", "0.0.0", "x"} {
		if got := admin.post(conversationPath(talk)+"/press", url.Values{"message": {offer}, "press": {place}}); got.status != http.StatusNotFound {
			t.Errorf("pressing %q: %d", place, got.status)
		}
	}
	other := h.talkOf("Other")
	if got := admin.post(conversationPath(other)+"/press", url.Values{"message": {offer}, "press": {"1"}}); got.status != http.StatusNotFound {
		t.Errorf("a button of another conversation: %d", got.status)
	}
	if got := len(h.messagesOf(talk)); got != n {
		t.Errorf("%d messages after what is no button, want %d", got, n)
	}
}

// talkOf begins a conversation among users.
func (h *house) talkOf(name string) bellhop.ID {
	h.t.Helper()
	body, _, err := h.talk.Start(h.t.Context(), h.root, []byte(`{"type":"agent","name":"`+name+`"}`))
	must(h.t, err)
	var made struct{ ID bellhop.ID }
	must(h.t, json.Unmarshal(body, &made))
	return made.ID
}

func sameJSON(t *testing.T, a, b string) bool {
	t.Helper()
	var texts [2]string
	for i, text := range []string{a, b} {
		var v any
		must(t, json.Unmarshal([]byte(text), &v))
		sorted, err := json.Marshal(v)
		must(t, err)
		texts[i] = string(sorted)
	}
	return texts[0] == texts[1]
}

// Nobody is shown more than the API shows him, or offered what it would refuse.
func TestSpeakingTakesRights(t *testing.T) {
	h := newHouse(t)
	h.webhook("Echo")
	talk := h.start("Jenny Jones", "Hello")
	h.say(talk, map[string]any{"text": "among admins", "role": "agent", "participants": []any{string(h.root.ID)}})
	bot := *h.root
	bot.ID, bot.Role, bot.Scope = "64b0f1a2c3d4e5f60718aaaa", bellhop.RoleSupervisor, bellhop.ScopeSupervisor
	bot.Memberships = []account.Membership{{Place: h.root.Memberships[0].Place, Role: bellhop.RoleSupervisor}}
	page := h.loggedIn(&bot).get(conversationPath(talk))
	page.says(t, "Hello")
	page.hides(t, "among admins", "/deliveries/", "in the answer of")

	guest := bot
	guest.Role, guest.Scope = bellhop.RoleGuest, bellhop.ScopeGuest
	guest.Memberships = []account.Membership{{Place: h.root.Memberships[0].Place, Role: bellhop.RoleGuest}}
	p := h.loggedIn(&guest)
	page = p.get(conversationPath(talk))
	page.says(t, "not list its messages")
	page.hides(t, "<textarea", "data-live", "/close", "/press")
	if got := p.post(conversationPath(talk)+"/say", url.Values{"as": {"contact"}, "text": {"Hi"}}); got.status != http.StatusForbidden {
		t.Errorf("a guest who takes no part speaks: %d", got.status)
	}
}

// A message that came in the answer to a delivery leads to what it answers; what a bot posts
// by the API does not.
func TestAnswersAreLinked(t *testing.T) {
	h := newHouse(t)
	h.webhook("Echo")
	talk := h.start("Jenny Jones", "Hello there")
	page, err := h.subs.Deliveries(t.Context(), h.root, "event=message.create.contact.chat")
	must(t, err)
	var d listedDelivery
	must(t, json.Unmarshal(page.Items[0], &d))
	if said := h.messagesOf(talk); d.Message != said[0].ID {
		t.Fatalf("the delivery is of message %q, want %s", d.Message, said[0].ID)
	}
	err = h.db.Update(t.Context(), func(tx *store.Tx) error {
		return h.talk.PostAnswer(t.Context(), tx, h.root, talk, d.ID, []json.RawMessage{json.RawMessage(`{"text":"Good day","role":"agent"}`)})
	})
	must(t, err)
	h.say(talk, map[string]any{"text": "And by the API", "role": "agent"})
	got := h.admin().get(conversationPath(talk))
	got.says(t, "answered: Good day", "in the answer of Echo to Hello there")
	if n := strings.Count(got.text, "in the answer of"); n != 1 {
		t.Errorf("%d messages came in an answer, want 1", n)
	}
}

func TestConversationSearch(t *testing.T) {
	h := newHouse(t)
	h.start("Jenny Jones", "Hello")
	team := h.talkOf("Team talk")
	channel := h.make(bellhop.Channels, map[string]any{"name": "Night shift"})
	h.say(team, map[string]any{"type": "command", "text": "/notify", "meta": map[string]any{"channels": []any{string(channel)}}})
	admin := h.admin()
	for query, want := range map[string][]string{
		"":                             {"Jenny Jones", "Team talk"},
		"name=enny":                    {"Jenny Jones"},
		"type=agent":                   {"Team talk"},
		"type=strange":                 {"Jenny Jones", "Team talk"},
		"who=nobody":                   {"Jenny Jones", "Team talk"},
		"who=me&type=agent":            {"Team talk"},
		"status=queued":                {"Jenny Jones"},
		"status=queued&type=agent":     nil,
		"channel=" + string(channel):   {"Team talk"},
		"bot=64b0f1a2c3d4e5f60718ffff": {"Jenny Jones", "Team talk"},
	} {
		page := admin.get("/conversations?" + query)
		var got []string
		for _, name := range []string{"Jenny Jones", "Team talk"} {
			if strings.Contains(page.body, ">"+name+"</a>") {
				got = append(got, name)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q finds %v, want %v", query, got, want)
		}
	}
	page := admin.get("/conversations?status=queued&type=contact&name=Jen")
	page.says(t, "1 conversation queued like that.", "Clear")
	if !strings.Contains(page.body, `<option value="contact" selected>`) || !strings.Contains(page.body, `name="status" value="queued"`) {
		t.Error("the form does not show what is looked for")
	}
	admin.get("/conversations?name=nobody").says(t, "No conversation is like that.", "show all")
}
