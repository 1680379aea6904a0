package conversation_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/event"
)

// TestConversationFields: what a conversation has, and what that is if nobody has said
// anything.
//
// Contract: conversations.md 1: A conversation is an unterminated stream
// Contract: conversations.md 1: Two kinds: consumer conversation
// Contract: conversations.md 1: name | string
// Contract: conversations.md 1: status | queued active closed
// Contract: conversations.md 1: contact | id
// Contract: conversations.md 1: participants | object[]
// Contract: conversations.md 1: categoryIndex | 0-9
// Contract: conversations.md 1: category | string
// Contract: conversations.md 1: results | object[]
// Contract: conversations.md 1: tags | string[]
// Contract: conversations.md 1: touchpoint | string
// Contract: conversations.md 1: context | string
// Contract: conversations.md 1: meta | object
// Contract: conversations.md 1: url | string
func TestConversationFields(t *testing.T) {
	h := open(t)
	for _, tt := range []struct {
		caller *account.Caller
		body   string
		want   string // what is not the same everywhere
	}{
		{bob, `{"type":"contact","contact":{"profile":{"name":"Jenny","telephone":"+441134960001"}},"messages":[{"text":"/set a b"}]}`,
			`{"type":"contact","name":"Jenny","status":"closed","meta":{"a":"b"}}`},
		{bob, `{"type":"contact","contact":{"profile":{"telephone":"+441134960002","email":"a@example.com"}},"messages":[{"text":"/join"}]}`,
			`{"type":"contact","name":"+441134960002","status":"closed"}`},
		{bob, `{"type":"contact","contact":{"profile":{"email":"b@example.com"}},"messages":[{"text":"x","role":"agent","touchpoint":"email"}],"context":"c"}`,
			`{"type":"contact","name":"b@example.com","status":"active","touchpoint":"email","context":"c"}`},
		{bob, `{}`, `{"type":"agent","name":"","status":"active"}`},
		{echo, `{"organization":"` + string(acme) + `","name":"N","category":"used car","tags":["t"]}`,
			`{"type":"bot","name":"N","status":"active","categoryIndex":1,"category":"Used Car","tags":["t"]}`},
		{ada, `{"type":"system","categoryIndex":1}`, `{"type":"system","name":"","status":"active","categoryIndex":1,"category":"Used Car"}`},
	} {
		c := h.start(tt.caller, tt.body)
		body, err := h.res.Get(t.Context(), ada, bellhop.Conversations, c.ID, "")
		if err != nil {
			t.Fatal(err)
		}
		got := *decode[map[string]any](t, body)
		want := map[string]any{
			"id": string(c.ID), "organization": string(acme), "orgPath": acmePath, "categoryIndex": 0.0,
			"forms": []any{}, "results": []any{}, "tags": []any{}, "meta": map[string]any{},
			"url":       "https://app.example.test/conversations/" + string(c.ID),
			"createdBy": string(tt.caller.ID), "createdAt": got["createdAt"], "updatedAt": got["updatedAt"],
			"messages": got["messages"], "participants": got["participants"],
		}
		if c.Type == bellhop.ContactConversation {
			want["contact"] = got["contact"]
			if id, ok := got["contact"].(string); !ok || !bellhop.ID(id).Valid() {
				t.Errorf("%s has contact %v", tt.body, got["contact"])
			}
		}
		for name, value := range *decode[map[string]any](t, []byte(tt.want)) {
			want[name] = value
		}
		gotText, _ := event.AppendValue(nil, got)
		wantText, _ := event.AppendValue(nil, want)
		if string(gotText) != string(wantText) {
			t.Errorf("%s is %s\nwant %s", tt.body, gotText, wantText)
		}
		if first := c.Participants[0]; first.User != tt.caller.ID || !first.Active {
			t.Errorf("%s begins with participant %+v", tt.body, first)
		}
	}
}

// TestStoredAsSent: what has a meaning for clients alone is stored as it was sent, the
// placeholders of a widget's login with it.
//
// Contract: conversations.md 3: Meta keys with meaning
// Contract: conversations.md 3: In uri, {authuser} and {authtoken} are placeholders
// Contract: conversations.md 3: contentType | string
// Contract: conversations.md 3: isBackchannel | boolean
// Contract: conversations.md 3: items | object[]
// Contract: conversations.md 3: results | object[]
// Contract: conversations.md 3: meta | object
// Contract: conversations.md 3: entities, services, likes, comments | array
// Contract: conversations.md 5: card | any
// Contract: conversations.md 5: search | query
func TestStoredAsSent(t *testing.T) {
	h := open(t)
	id := h.contact()
	for _, sent := range []string{
		`{"type":"card","role":"agent","text":"x","meta":{"title":"T","SenderID":"Acme","quotedMessage":"` + string(nobody) + `","hidden":true,"form":"f","categoryIndex":1,"category":"c","key":"k"}}`,
		`{"text":"https://example.com/a.png","contentType":"image/png","isBackchannel":true}`,
		`{"text":"x","role":"agent","actions":[{"type":"link","size":"compact","default":false,"text":"Log in","payload":"Log in","uri":"https://example.com/?user={authuser}&token={authtoken}"},` +
			`{"type":"webview","size":"tall","default":true,"text":"W","payload":"w","uri":"https://example.com/{authtoken}","fallback":"https://example.com/","meta":{"a":"b"}}]}`,
		`{"type":"search","text":"opening hours","entities":[{"a":1}],"services":["s"],"likes":[1],"comments":["c"]}`,
		`{"items":[{"title":"T","description":"D","mediaUrl":"https://example.com/a.png","actions":[]}],"results":[{"name":"n","values":{"a":[1]}}]}`,
	} {
		answer, err := h.c.Post(t.Context(), bob, id, []byte(sent))
		if err != nil {
			t.Fatal(err)
		}
		m := decode[bellhop.Message](t, answer)
		stored, err := h.res.Get(t.Context(), ada, bellhop.Messages, m.ID, "")
		if err != nil || string(stored) != string(answer) {
			t.Errorf("stored %s, answered %s, %v", stored, answer, err)
		}
		got := *decode[map[string]any](t, answer)
		for name, value := range *decode[map[string]any](t, []byte(sent)) {
			want, _ := json.Marshal(value)
			if text, _ := json.Marshal(got[name]); string(text) != string(want) {
				t.Errorf("%s is stored as %s, sent as %s", name, text, want)
			}
		}
	}
	if c := h.get(id); len(c.Results) > 0 || len(c.Forms) > 0 || c.CategoryIndex != 0 || c.Name != "Jenny Jones" {
		t.Errorf("conversation = %+v", c.Conversation)
	}
}

// TestBotCommand: a command for bots is told like any message, to whoever listens, and changes
// nothing.
//
// Contract: conversations.md 5.2: text starts with >
// Contract: conversations.md 5.2: No effect on the conversation
// Contract: conversations.md 5.2: They reach every webhook whose filter matches
// Contract: conversations.md 5.1: any other /word
func TestBotCommand(t *testing.T) {
	h := open(t)
	id := h.contact()
	before := h.get(id)
	for _, text := range []string{">smsbot", "> /set a b", ">/accept", "/dance", "/accepted", "/setx a b", "/ accept"} {
		m := h.post(bob, id, `{"type":"command","text":"`+text+`","isBackchannel":true}`)
		if m.Text != text || m.Type != "command" || m.Role != "" {
			t.Errorf("%s is stored as %+v", text, m)
		}
		if told := h.told[0]; told.Silent != nil || told.Readers != nil {
			t.Errorf("not everybody is told of %s", text)
		}
		h.wantEvents("message.create.contact.command")
	}
	after := h.get(id)
	before.Messages, after.Messages = nil, nil
	if fmt.Sprint(before) != fmt.Sprint(after) {
		t.Errorf("conversation = %+v, was %+v", after, before)
	}
}

// TestCommandsOfSDK: commands as the SDK sends them, by their effects.
//
// Contract: conversations.md 5.1: The SDK sends commands as
// Contract: conversations.md 5.1: All effects are visible
// Contract: conversations.md 5.1: Actor U = message.user
// Contract: conversations.md 5: command | /... or >...
func TestCommandsOfSDK(t *testing.T) {
	h := open(t)
	id := h.contact()
	sdk := func(text, meta string) string {
		return `{"text":"` + text + `","type":"command","meta":` + meta + `,"conversation":"` + string(id) + `"}`
	}
	for _, tt := range []struct{ text, meta, want string }{
		{"/accept", "{}", "active [Echo: accepted active]"},
		{"/leave", "{}", "closed [Echo:]"},
		{"/join", "{}", "closed [Echo: active]"},
		{"/assign", `{"users":["` + string(bobID) + `"]}`, "closed [Echo: active Bob Agent: inbox]"},
		{"/assign", `{}`, "closed [Echo: active Bob Agent: inbox]"},
	} {
		h.post(echo, "", sdk(tt.text, tt.meta))
		c := h.get(id)
		if got := fmt.Sprint(c.Status, " ", allFlags(c)); got != tt.want {
			t.Errorf("after %s: %s, want %s", tt.text, got, tt.want)
		}
	}
	h.post(ada, id, `{"text":"/accept","type":"command","user":"`+string(bobID)+`"}`)
	wantFlags(t, h.get(id), "Echo: active", "Bob Agent: accepted active")
}

// TestAsked: the SDK remembers in the conversation that a question is open.
//
// Contract: conversations.md 5.3: _asked<user id> is the key
func TestAsked(t *testing.T) {
	h := open(t)
	id := h.contact()
	key := "_asked" + echoS
	question := h.post(echo, id, `{"text":"Which size?","role":"agent"}`)
	h.post(echo, id, `{"text":"/set `+key+` `+string(question.ID)+`","type":"command"}`)
	if got := h.get(id).Meta[key]; got != string(question.ID) {
		t.Errorf("meta.%s = %v", key, got)
	}
	h.post(echo, id, `{"text":"/set `+key+`","type":"command"}`)
	if got, ok := h.get(id).Meta[key]; ok {
		t.Errorf("meta.%s = %v", key, got)
	}
}

// TestQueriesInUse: lists of conversations that clients ask for.
//
// Contract: conversations.md 8: GET /v2/conversations?participants.user=
func TestQueriesInUse(t *testing.T) {
	h := open(t)
	tour := h.start(bob, `{"name":"Tour","participants":["`+echoS+`"]}`).ID
	contact := h.contact()
	h.post(bob, contact, acc)
	h.post(bob, contact, `{"text":"/set intent greeting"}`)
	h.start(ada, `{"name":"Else"}`)
	for query, want := range map[string][]bellhop.ID{
		"participants.user=" + string(bobID) + "&name=Tour": {tour},
		"participants.name=Bob Agent&status=active":         {tour, contact},
		"participants.inbox=true":                           {tour},
		"meta.intent=greeting&type=contact":                 {contact},
	} {
		page, err := h.res.List(t.Context(), ada, bellhop.Conversations, strings.ReplaceAll(query, " ", "%20"))
		if err != nil {
			t.Fatal(err)
		}
		var got []bellhop.ID
		for _, item := range page.Items {
			got = append(got, decode[shownConversation](t, item).ID)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s finds %v, want %v", query, got, want)
		}
	}
}
