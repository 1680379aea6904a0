package conversation_test

import (
	"encoding/json"
	"slices"
	"testing"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/event"
	"bellhop/internal/subscription"
)

// names returns the names of the data of an event.
func names(data []event.Member) []string {
	var names []string
	for _, m := range data {
		names = append(names, m.Name)
	}
	return names
}

// TestMessageEvent holds docs/contract/events.md section 1 and its first example.
func TestMessageEvent(t *testing.T) {
	h := open(t)
	id := h.contact()
	m := h.post(echo, id, hello)
	told := h.told[0]
	contact := h.get(id).Contact
	if told.Event != "message.create.contact.chat" || told.Organization != acme || told.OrgPath != acmePath || told.At != m.CreatedAt {
		t.Errorf("event = %+v", told)
	}
	if told.Kind != bellhop.Messages || told.ID != m.ID || told.Key != id || told.Thing != "chat message" || told.Verb != "" {
		t.Errorf("event = %+v", told)
	}
	if want := (subscription.Actor{Kind: subscription.Contact, ID: contact, Name: "Jenny Jones"}); told.Actor != want {
		t.Errorf("actor = %+v, want %+v", told.Actor, want)
	}
	if want := (subscription.Links{Conversation: id, Message: m.ID, Contact: contact}); told.Links != want {
		t.Errorf("links = %+v, want %+v", told.Links, want)
	}
	if got := names(told.Data); !slices.Equal(got, []string{"conversation", "message"}) {
		t.Errorf("data = %v", got)
	}
	c := decode[shownConversation](t, told.Data[0].Value)
	if c.Status != "queued" || !slices.Equal(c.Messages, []bellhop.ID{m.ID}) {
		t.Errorf("data.conversation = %s", told.Data[0].Value)
	}
}

// TestActor holds docs/contract/delivery.md section 3: who is the actor.
func TestActor(t *testing.T) {
	h := open(t)
	id := h.contact()
	for _, tt := range []struct {
		caller *account.Caller
		body   string
		want   subscription.Actor
	}{
		{bob, note, subscription.Actor{Kind: subscription.User, ID: bobID, Name: "Bob Agent"}},
		{echo, note, subscription.Actor{Kind: subscription.Bot, ID: echoID, Name: "Echo"}},
		{ada, `{"text":"x","user":"` + string(echoID) + `"}`, subscription.Actor{Kind: subscription.Bot, ID: echoID, Name: "Echo"}},
		{account.System(), note, subscription.Actor{Kind: subscription.System, Name: "System"}},
	} {
		h.events()
		h.post(tt.caller, id, tt.body)
		for _, told := range h.told {
			if told.Actor != tt.want {
				t.Errorf("%s: actor = %+v, want %+v", told.Event, told.Actor, tt.want)
			}
		}
	}
}

// TestEventOrder holds docs/contract/events.md section 2: the event of a message, with
// the conversation after its effects, precedes the conversation.update that it caused, one
// for each message; a mere message causes none.
func TestEventOrder(t *testing.T) {
	h := open(t)
	id := h.contact()
	if _, err := h.c.Post(t.Context(), bob, id, []byte(`[{"text":"/join"},{"text":"/set a 1"},{"text":"x"},{"text":"/set a 1"},{"text":"/set a 2"}]`)); err != nil {
		t.Fatal(err)
	}
	want := []string{"", "", "1", "1", "1", "1", "2", "2"} // meta.a after each
	for i, told := range h.told {
		c := decode[shownConversation](t, told.Data[0].Value)
		if got, _ := c.Meta["a"].(string); got != want[i] {
			t.Errorf("event %d, %s: meta.a = %q, want %q", i, told.Event, got, want[i])
		}
		if len(c.Participants) != 1 {
			t.Errorf("event %d, %s: participants = %v", i, told.Event, c.Participants)
		}
	}
	const command, update = "message.create.contact.command", "conversation.update"
	h.wantEvents(command, update, command, update, "message.create.contact.chat", command, command, update)
}

// TestConversationUpdate holds docs/contract/events.md sections 2 and 3.
func TestConversationUpdate(t *testing.T) {
	h := open(t)
	id := h.contact()
	h.post(echo, id, joined)
	told := h.told[1]
	if told.Kind != bellhop.Conversations || told.ID != id || told.Organization != acme {
		t.Errorf("event = %+v", told)
	}
	if want := (subscription.Links{Conversation: id, Contact: h.get(id).Contact, User: echoID}); told.Links != want {
		t.Errorf("links = %+v, want %+v", told.Links, want)
	}
	if got := names(told.Data); !slices.Equal(got, []string{"conversation", "user"}) {
		t.Fatalf("data = %v", got)
	}
	if user := decode[bellhop.User](t, told.Data[1].Value); user.ID != echoID || user.DisplayName != "Echo" || user.Role != "bot" {
		t.Errorf("data.user = %s", told.Data[1].Value)
	}
}

// TestUnchangedConversation: a message that has no effect leaves the conversation as it
// is, its time included.
func TestUnchangedConversation(t *testing.T) {
	h := open(t)
	id := h.contact()
	h.post(bob, id, answer)
	before := h.get(id)
	h.post(bob, id, answer)
	h.post(ada, id, hello)
	h.post(bob, id, `{"text":"/set missing"}`)
	h.post(bob, id, acc)
	after := h.get(id)
	if after.UpdatedAt != before.UpdatedAt {
		t.Errorf("updatedAt went from %s to %s", before.UpdatedAt, after.UpdatedAt)
	}
	h.post(bob, id, left)
	if got := h.get(id).UpdatedAt; got <= before.UpdatedAt {
		t.Errorf("updatedAt stays %s after a change", got)
	}
}

// TestShownMessages holds docs/contract/conversations.md section 1: the newest 50 ids in
// lists and payloads, more alone, oldest first.
func TestShownMessages(t *testing.T) {
	h := open(t)
	id := h.contact()
	var ids []bellhop.ID
	for range 40 {
		ids = append(ids, h.post(bob, id, note).ID)
	}
	body := []byte(`[{"text":"x"}` + string(slices.Repeat([]byte(`,{"text":"x"}`), 19)) + `]`)
	answer, err := h.c.Post(t.Context(), bob, id, body)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range *decode[[]bellhop.Message](t, answer) {
		ids = append(ids, m.ID)
	}
	if got := h.get(id).Messages; !slices.Equal(got, ids) {
		t.Errorf("alone: %d ids %v", len(got), got)
	}
	page, err := h.res.List(t.Context(), ada, bellhop.Conversations, "id="+string(id))
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]json.RawMessage{"list": page.Items[0], "payload": h.told[len(h.told)-1].Data[0].Value}
	for where, body := range shown {
		if got := decode[shownConversation](t, body).Messages; !slices.Equal(got, ids[10:]) {
			t.Errorf("%s: %d ids %v", where, len(got), got)
		}
	}
}

// TestCanonical: what is stored and told is canonical (docs/contract/delivery.md section
// 3, "Body bytes").
// Contract: events.md 3: Bodies are shown indented
func TestCanonical(t *testing.T) {
	h := open(t)
	id := h.contact()
	h.post(bob, id, `{"text":"<&>\u2028","meta":{"b":1.0,"10":2,"2":1e21,"a":-0},"entities":[{"z":1,"0":2}]}`)
	h.post(bob, id, `{"text":"/set 7 x"}`)
	for _, told := range h.told {
		for _, m := range told.Data {
			want, err := event.Canonical(nil, m.Value)
			if err != nil || string(want) != string(m.Value) {
				t.Errorf("%s: data.%s = %s, %v", told.Event, m.Name, m.Value, err)
			}
		}
	}
}
