package conversation_test

import (
	"encoding/json"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"bellhop"
)

// TestMessageFields holds the defaults of docs/contract/conversations.md section 3.
//
// Contract: conversations.md 3: user | id
// Contract: conversations.md 3: contentType | string
// Contract: conversations.md 3: isBackchannel | boolean
// Contract: conversations.md 3: items | object[]
// Contract: conversations.md 3: actions | object[]
// Contract: conversations.md 3: results | object[]
// Contract: conversations.md 3: entities, services, likes, comments
// Contract: conversations.md 3: meta | object
// Contract: conversations.md 3: slug, url
// Contract: conversations.md 3: path, level, version
func TestMessageFields(t *testing.T) {
	h := open(t)
	id := h.contact()
	m := h.post(bob, id, `{"text":"Hi","organization":"x","slug":"mine","version":7,"unknown":1,"delay":0,"participants":[]}`)
	if !regexp.MustCompile(`^[A-Za-z0-9_-]{9}$`).MatchString(m.Slug) || m.URL != "https://app.example.test/m/"+m.Slug {
		t.Errorf("slug %q, url %q", m.Slug, m.URL)
	}
	want := bellhop.Message{
		ID: m.ID, Organization: acme, OrgPath: acmePath, Conversation: id, Type: "chat", Role: "bot", User: bobID,
		ContentType: "text/plain", Text: "Hi", Slug: m.Slug, URL: m.URL, Path: string(m.ID), Level: 1, Version: 1,
		CreatedBy: bobID, CreatedAt: m.CreatedAt, UpdatedAt: m.CreatedAt,
		Items: []bellhop.Item{}, Actions: []bellhop.Action{}, Results: []bellhop.Result{}, Entities: []any{},
		Participants: []bellhop.ID{}, Services: []any{}, Likes: []any{}, Comments: []any{}, Meta: map[string]any{},
	}
	if !reflect.DeepEqual(m, want) {
		t.Errorf("message = %+v\nwant      %+v", m, want)
	}
}

// TestSpeaker holds docs/contract/conversations.md section 3: who is user, contact and
// role of a message.
//
// Contract: conversations.md 3: role | contact agent bot
// Contract: conversations.md 3: user | id
// Contract: conversations.md 3: contact | id
func TestSpeaker(t *testing.T) {
	h := open(t)
	id := h.contact()
	contact := h.get(id).Contact
	for _, tt := range []struct {
		body          string
		role          bellhop.MessageRole
		user, contact bellhop.ID
	}{
		{`{"text":"x"}`, "bot", echoID, ""},
		{`{"text":"x","role":"agent","user":"` + string(bobID) + `"}`, "agent", bobID, ""},
		{`{"text":"x","role":"contact","user":"` + string(bobID) + `"}`, "contact", "", contact},
		{`{"text":"/join","role":"agent"}`, "", echoID, ""},
		{`{"text":"x","type":"search","role":"contact"}`, "", echoID, ""},
	} {
		m := h.post(echo, id, tt.body)
		if m.Role != tt.role || m.User != tt.user || m.Contact != tt.contact || m.CreatedBy != echoID {
			t.Errorf("%s: role %q, user %q, contact %q", tt.body, m.Role, m.User, m.Contact)
		}
	}
}

// TestMessageType holds docs/contract/conversations.md section 5, "Type from text".
//
// Contract: conversations.md 5: Type from text
// Contract: conversations.md 3: type | 12 types
// Contract: conversations.md 5: postback | payload
func TestMessageType(t *testing.T) {
	h := open(t)
	id := h.contact()
	for _, tt := range []struct {
		body string
		want bellhop.MessageType
	}{
		{`{"text":"/set a b"}`, "command"},
		{`{"text":"/assign"}`, "command"},
		{`{"text":"/assigned"}`, "chat"},
		{`{"text":"/dance"}`, "chat"},
		{`{"text":"/"}`, "chat"},
		{`{"text":"/Join"}`, "chat"},
		{`{"text":"/join","role":"contact"}`, "chat"},
		{`{"text":"/join","type":"chat"}`, "chat"},
		{`{"text":".key value"}`, "chat"},
		{`{"text":"+441134960999"}`, "chat"},
		{`{"text":">smsbot"}`, "chat"},
		{`{"text":">smsbot","type":"command"}`, "command"},
		{`{"text":"x","type":"search"}`, "search"},
		{`{"text":"x","type":"report"}`, "report"},
		{`{"text":"NEW_CAR","type":"postback","role":"contact"}`, "postback"},
		{`{"text":"x","type":"card","meta":{"title":"y"}}`, "card"},
		{`{"type":"results","results":[{"name":"a","values":{"b":1}}]}`, "results"},
		{`{"text":"x","type":null,"role":null,"meta":null,"actions":null}`, "chat"},
	} {
		if got := h.post(bob, id, tt.body).Type; got != tt.want {
			t.Errorf("%s is of type %s, want %s", tt.body, got, tt.want)
		}
	}
}

// TestRefusedMessages: what is wrong, and what is not served, is told and not ignored.
//
// Contract: conversations.md 3: text | string | required
// Contract: conversations.md 3: An empty array is 400
// Contract: conversations.md 5: A text without any tag is 400
// Contract: conversations.md 3: items | object[]
// Contract: conversations.md 5: status | any
func TestRefusedMessages(t *testing.T) {
	h := open(t)
	id := h.contact()
	for body, want := range map[string]string{
		``:                                    "Invalid JSON",
		`{`:                                   "Invalid JSON",
		`[{]`:                                 "Invalid JSON",
		`{"text":"x"} x`:                      "Invalid JSON",
		`"Hello"`:                             "Validation failed: message must be an object",
		`["Hello"]`:                           "Validation failed: message must be an object",
		`[]`:                                  "Validation failed: messages must not be empty",
		`{}`:                                  "Validation failed: text is required",
		`{"text":""}`:                         "Validation failed: text is required",
		`{"Text":"x"}`:                        "Validation failed: text is required",
		`{"text":5}`:                          "Validation failed: text must be a string",
		`{"text":"x","error":1}`:              "Validation failed: error is no name for a field",
		`{"text":"x","meta":[]}`:              "Validation failed: meta must be an object",
		`{"text":"x","isBackchannel":"y"}`:    "Validation failed: isBackchannel must be true or false",
		`{"text":"x","type":"poem"}`:          "Validation failed: type must be one of " + strings.Join(bellhop.MessageTypes, ", "),
		`{"text":"x","role":"admin"}`:         "Validation failed: role must be one of contact, agent, bot",
		`{"text":"x","type":"status"}`:        "Validation failed: type status is for messages of the server",
		`{"text":"x","type":"mention"}`:       "Validation failed: meta of a mention needs a targetUser, a targetBot or a targetOrganization",
		`{"text":"# !","type":"tag"}`:         "Validation failed: text has no tag",
		`{"text":"+x","meta":{"form":"y"}}`:   "Validation failed: meta.form is not assigned to the category",
		`{"text":"+x","meta":{"form":["y"]}}`: "Validation failed: meta.form must be a string",
		`{"text":"x","type":"form"}`:          "Validation failed: text of a form must start with + or -",
		`{"text":"+x","type":"form"}`:         "Validation failed: meta.form is required",
		`{"text":".x y","meta":{"form":"y"}}`: "Validation failed: meta.form is no active form of the conversation",
		`{"text":"x","type":"field"}`:         "Validation failed: text of a field must be .key value",
		`{"text":". x","type":"field"}`:       "Validation failed: text of a field must be .key value",
		`{"text":"x","participants":[{}]}`:    "Validation failed: participants must be an array of strings",
		`{"text":"x","participants":["y"],"role":"contact"}`:                              "Validation failed: participants is for messages of users",
		`{"text":"x","delay":-1}`:                                                         "Validation failed: delay must be from 0 to 86400000 milliseconds",
		`{"text":"x","delay":86400001}`:                                                   "Validation failed: delay must be from 0 to 86400000 milliseconds",
		`{"text":"x","delay":"5"}`:                                                        "Validation failed: delay must be a number",
		`{"text":"x","type":"command"}`:                                                   "Validation failed: text of a command must start with / or >",
		`{"actions":[{"type":"jump"}]}`:                                                   "Validation failed: actions.type must be one of reply, postback, link, webview",
		`{"actions":[{"type":"link","text":"x"}]}`:                                        "Validation failed: actions.uri is required for link",
		`{"items":[{"actions":[{"text":1}]}]}`:                                            "Validation failed: items.actions.text must be a string",
		`{"items":[1]}`:                                                                   "Validation failed: items must be an array of objects",
		`{"items":[` + strings.Repeat(`{},`, 10) + `{}]}`:                                 "Validation failed: items must be at most 10",
		`[` + strings.Repeat(`{"text":"x"},`, 100) + `{"text":"x"}]`:                      "Validation failed: messages must be at most 100",
		`{"text":"x","meta":` + strings.Repeat(`[`, 200) + strings.Repeat(`]`, 200) + `}`: "Validation failed: body is nested deeper than 100",
		`{"text":"x","meta":{"a":1e999}}`:                                                 "Validation failed: body has a number that is out of range",
	} {
		if e := h.refused(bob, id, body); e.Message != want || e.Code != bellhop.Invalid {
			t.Errorf("%.80s: %d %q, want %q", body, e.Code, e.Message, want)
		}
	}
	if got := h.get(id).Messages; len(got) > 0 {
		t.Errorf("messages = %v", got)
	}
	h.wantEvents()
}

// TestActions holds docs/contract/conversations.md section 3 on actions, with the example
// of docs/contract/events.md.
//
// Contract: conversations.md 3: {type, text, payload, uri, fallback
// Contract: conversations.md 3: defaults payload = text
// Contract: conversations.md 3: Pressing a reply or postback action
// Contract: conversations.md 3: Action:
func TestActions(t *testing.T) {
	h := open(t)
	id := h.contact()
	m := h.post(ada, id, `{"type":"postback","role":"contact","text":"NEW_CAR","meta":{"size":"compact"},
		"actions":[{"type":"postback","text":"New car"},{"type":"webview","uri":"https://x","fallback":"https://y","size":"tall","default":true,"meta":{"a":1}}],
		"items":[{"title":"T","mediaUrl":"https://z","actions":[{"type":"reply","text":"R","payload":"P"}]},{}]}`)
	got, err := json.Marshal([]any{m.Actions, m.Items})
	if err != nil {
		t.Fatal(err)
	}
	want := `[[{"type":"postback","size":"compact","default":false,"text":"New car","payload":"New car"},` +
		`{"type":"webview","size":"tall","default":true,"text":"","uri":"https://x","fallback":"https://y","meta":{"a":1}}],` +
		`[{"title":"T","mediaUrl":"https://z","actions":[{"type":"reply","size":"compact","default":false,"text":"R","payload":"P"}]},{"actions":[]}]]`
	if string(got) != want {
		t.Errorf("actions and items = %s\nwant %s", got, want)
	}
}

// TestSay holds docs/contract/conversations.md section 3, "SDK peculiarity": texts that
// arrive in characters, characters beyond U+FFFF in halves.
//
// Contract: conversations.md 3: SDK peculiarity
// Contract: conversations.md 3: A message object without text that has the keys
func TestSay(t *testing.T) {
	h := open(t)
	id := h.contact()
	for body, want := range map[string]string{
		`{"0":"H","1":"e","2":"y","conversation":"` + string(id) + `"}`: "Hey",
		`{"0":"\ud83d","1":"\udc4d","2":"!"}`:                           "👍!",
		`{"0":"\"","1":"\\","2":"ä","10":"x"}`:                          `"\ä`,
		`{"0":"/","1":"j","2":"o","3":"i","4":"n"}`:                     "/join",
		`{"0":"x","text":"Hello"}`:                                      "Hello",
	} {
		if got := h.post(bob, id, body).Text; got != want {
			t.Errorf("%s has text %q, want %q", body, got, want)
		}
	}
	h.refused(bob, id, `{"1":"x"}`)
	h.refused(bob, id, `{"0":1}`)
}

// TestTextUnharmed: 5 KB of text arrive as they were sent (docs/contract/delivery.md
// section 3).
func TestTextUnharmed(t *testing.T) {
	h := open(t)
	id := h.contact()
	text := strings.Repeat("👍🏽 <b>&\u2028\x7f\t“ok” é\n", 200)
	body, err := json.Marshal(map[string]string{"text": text})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := h.c.Post(t.Context(), bob, id, body)
	if err != nil {
		t.Fatal(err)
	}
	if m := decode[bellhop.Message](t, answer); m.Text != text {
		t.Errorf("text = %q", m.Text)
	}
	if !strings.Contains(string(answer), "<b>&\u2028\x7f\\t“ok” é\\n") {
		t.Errorf("answer is not canonical: %.100s", answer)
	}
}

// TestArray holds docs/contract/conversations.md section 3: an array is answered by an
// array, in order, and is stored whole or not at all.
//
// Contract: conversations.md 3: POST /v2/conversations/<id>/messages with an object
// Contract: conversations.md 3: If one element is invalid nothing
func TestArray(t *testing.T) {
	h := open(t)
	id := h.contact()
	answer, err := h.c.Post(t.Context(), bob, id, []byte(` [{"text":"1"},{"text":"/set a b"},{"text":"3"}]`))
	if err != nil {
		t.Fatal(err)
	}
	messages := *decode[[]bellhop.Message](t, answer)
	shown := h.get(id)
	for i, text := range []string{"1", "/set a b", "3"} {
		if messages[i].Text != text || shown.Messages[i] != messages[i].ID {
			t.Errorf("message %d = %q", i, messages[i].Text)
		}
	}
	h.events()
	for _, bad := range []string{`[{"text":"1"},{}]`, `[{"text":"/set a c"},{"text":"/assign ` + string(nobody) + `"}]`} {
		h.refused(bob, id, bad)
	}
	if got := h.get(id); len(got.Messages) != 3 || got.Meta["a"] != "b" {
		t.Errorf("conversation = %+v", got)
	}
	h.wantEvents()
}

// TestPostWithoutPath holds docs/contract/conversations.md section 3: POST /v2/messages
// needs the conversation in the body; the path wins over it.
//
// Contract: conversations.md 3: conversation | id
func TestPostWithoutPath(t *testing.T) {
	h := open(t)
	one, two := h.contact(), h.contact()
	h.post(bob, "", `{"text":"x","conversation":"`+string(one)+`"}`)
	h.post(bob, two, `{"text":"x","conversation":"`+string(one)+`"}`)
	if _, err := h.c.Post(t.Context(), bob, "", []byte(`[{"text":"x","conversation":"`+string(one)+`"},{"text":"x","conversation":"`+string(two)+`"}]`)); err != nil {
		t.Error(err)
	}
	if a, b := len(h.get(one).Messages), len(h.get(two).Messages); a != 2 || b != 2 {
		t.Errorf("%d and %d messages, want 2 and 2", a, b)
	}
	if e := h.refused(bob, "", `{"text":"x"}`); e.Message != "Validation failed: conversation is required" {
		t.Error(e)
	}
	if e := h.refused(bob, "", `{"text":"x","conversation":"`+string(nobody)+`"}`); e.Code != bellhop.NotFound {
		t.Error(e)
	}
}

// TestInherited holds docs/contract/conversations.md section 3 on touchpoint and context,
// and section 7: the first touchpoint becomes the conversation's.
//
// Contract: conversations.md 3: touchpoint | string
// Contract: conversations.md 3: context | string
func TestInherited(t *testing.T) {
	h := open(t)
	id := h.contact()
	h.post(bob, id, `{"text":"/set @context tour"}`)
	h.post(bob, id, `{"text":"x","touchpoint":"sms"}`)
	m := h.post(bob, id, `{"text":"x"}`)
	if m.Touchpoint != "sms" || m.Context != "tour" {
		t.Errorf("touchpoint %q, context %q", m.Touchpoint, m.Context)
	}
	if m := h.post(bob, id, `{"text":"x","touchpoint":"email","context":"c"}`); m.Touchpoint != "email" || m.Context != "c" {
		t.Errorf("touchpoint %q, context %q", m.Touchpoint, m.Context)
	}
	if got := h.get(id); got.Touchpoint != "sms" {
		t.Errorf("touchpoint of the conversation = %q", got.Touchpoint)
	}
}

// TestResults holds docs/contract/conversations.md section 5: results are appended, those
// of a report are not.
//
// Contract: conversations.md 5: results | any
// Contract: conversations.md 5: report | any
// Contract: conversations.md 1: results | object[]
func TestResults(t *testing.T) {
	h := open(t)
	id := h.contact()
	h.post(bob, id, `{"type":"results","results":[{"name":"a","values":{"b":1}}]}`)
	h.post(bob, id, `{"type":"report","results":[{"name":"x"}]}`)
	h.post(bob, id, `{"type":"results","text":"x","results":[{"name":"c","values":[2]}]}`)
	want := []bellhop.Result{{Name: "a", Values: map[string]any{"b": 1.0}}, {Name: "c", Values: []any{2.0}}}
	if got := h.get(id).Results; !reflect.DeepEqual(got, want) {
		t.Errorf("results = %v, want %v", got, want)
	}
}
