package conversation_test

import (
	"errors"
	"net/url"
	"slices"
	"testing"

	"bellhop"
	"bellhop/internal/account"
)

// TestLimited: a message with participants exists for these, for who has written it, and for
// admins; for others it is in no list, and cannot be read or changed.
//
// Contract: conversations.md 3: participants | id[]
// Contract: conversations.md 3: For all others it does not exist
// Contract: conversations.md 3: It is seen by these users
// Contract: conversations.md 3: It never reaches the contact
// Contract: conversations.md 3: With role: "contact" it is 400
// Contract: conversations.md 3: Who is named is checked as by /assign
func TestLimited(t *testing.T) {
	h := open(t)
	id := h.contact()
	supervisor := *bob
	supervisor.ID, supervisor.Role, supervisor.Scope = nobody, bellhop.RoleSupervisor, bellhop.ScopeSupervisor
	supervisor.Memberships = []account.Membership{{Place: bob.Memberships[0].Place, Role: bellhop.RoleSupervisor}}
	enabled := *hire
	enabled.Enabled = []account.Place{{Organization: acme, OrgPath: acmePath}}

	open := h.post(bob, id, note)
	limited := h.post(bob, id, `{"text":"Psst","role":"agent","participants":["`+echoS+`"]}`)
	if !limited.IsBackchannel || limited.ReachesContact() || !slices.Equal(limited.Participants, []bellhop.ID{echoID}) {
		t.Errorf("message = %+v", limited)
	}
	wantFlags(t, h.get(id), "Bob Agent: active") // it did not go to the contact
	for _, tt := range []struct {
		caller *account.Caller
		sees   bool
	}{{echo, true}, {ada, true}, {account.System(), true}, {bob, true}, {&supervisor, false}, {&enabled, false}} {
		want := []bellhop.ID{open.ID}
		if tt.sees {
			want = append(want, limited.ID)
		}
		shown, err := h.res.Get(t.Context(), tt.caller, bellhop.Conversations, id, "")
		if err != nil {
			t.Fatal(err)
		}
		if got := decode[shownConversation](t, shown).Messages; !slices.Equal(got, want) {
			t.Errorf("%s sees messages %v, want %v", tt.caller.Name, got, want)
		}
		list, err := h.res.List(t.Context(), tt.caller, bellhop.Conversations, "id="+string(id))
		if err != nil || len(list.Items) != 1 {
			t.Fatal(err, list)
		}
		if got := decode[shownConversation](t, list.Items[0]).Messages; !slices.Equal(got, want) {
			t.Errorf("%s lists messages %v, want %v", tt.caller.Name, got, want)
		}
		if tt.caller == bob {
			continue // an agent reads no messages
		}
		page, err := h.res.List(t.Context(), tt.caller, bellhop.Messages, "conversation="+string(id))
		if err != nil {
			t.Fatal(err)
		}
		if page.Total != len(want) || len(page.Items) != len(want) {
			t.Errorf("%s lists %d messages, %d in all, want %d", tt.caller.Name, len(page.Items), page.Total, len(want))
		}
		_, err = h.res.Get(t.Context(), tt.caller, bellhop.Messages, limited.ID, "")
		if (err == nil) != tt.sees {
			t.Errorf("%s gets the message with %v", tt.caller.Name, err)
		}
		body, err := h.res.Get(t.Context(), tt.caller, bellhop.Conversations, id, "populate=messages&select=messages.text")
		if err != nil {
			t.Fatal(err)
		}
		populated := decode[struct{ Messages []struct{ Text string } }](t, body).Messages
		if len(populated) != len(want) || populated[len(want)-1].Text == "" {
			t.Errorf("%s gets %s", tt.caller.Name, body)
		}
	}
	stranger := *bob
	stranger.ID = nobody
	for what, err := range map[string]error{
		"patch":  second(h.res.Patch(t.Context(), &stranger, bellhop.Messages, limited.ID, []byte(`{"text":"x"}`))),
		"put":    second(h.c.Replace(t.Context(), &stranger, limited.ID, []byte(`{"text":"x"}`))),
		"delete": h.res.Delete(t.Context(), &stranger, bellhop.Messages, limited.ID),
	} {
		if e, ok := errors.AsType[*bellhop.Error](err); !ok || e.Message != "Message not found" {
			t.Errorf("%s by a stranger: %v", what, err)
		}
	}
	// Not even who wrote it can send it to the contact later.
	body, err := h.res.Patch(t.Context(), bob, bellhop.Messages, limited.ID, []byte(`{"isBackchannel":false,"participants":[]}`))
	if err != nil {
		t.Fatal(err)
	}
	if m := decode[bellhop.Message](t, body); !m.IsBackchannel || !m.IsLimited() || m.Version != 1 {
		t.Errorf("message = %+v", m)
	}
	for _, user := range []string{string(eveID), string(nobody), "x"} {
		if e := h.refused(bob, id, `{"text":"x","participants":["`+user+`"]}`); e.Message != "User not found" {
			t.Errorf("limited to %s: %v", user, e)
		}
	}
}

// Contract: conversations.md 3: What it does to the conversation
func TestLimitedEffect(t *testing.T) {
	h := open(t)
	id := h.contact()
	h.post(bob, id, `{"type":"tag","text":"#vip","participants":["`+echoS+`"]}`)
	if c := h.get(id); !slices.Equal(c.Tags, []string{"vip"}) {
		t.Errorf("tags = %v, want those of a message for one user, too", c.Tags)
	}
}

func second[T any](_ T, err error) error { return err }

// TestLimitedDelayed: nor does it exist for others before it is due.
//
// Contract: conversations.md 3: For all others it does not exist
// Contract: conversations.md 6: PATCH and PUT of it are 409
func TestLimitedDelayed(t *testing.T) {
	h := open(t)
	m := h.post(bob, h.contact(), `{"text":"Psst","participants":["`+echoS+`"],"delay":1000}`)
	stranger := *bob
	stranger.ID = nobody
	for caller, want := range map[*account.Caller]string{
		&stranger: "Message not found", eve: "Message not found", echo: "Message is not due yet: delete it and post another one",
	} {
		for what, err := range map[string]error{
			"patch": second(h.res.Patch(t.Context(), caller, bellhop.Messages, m.ID, []byte(`{"text":"x"}`))),
			"put":   second(h.c.Replace(t.Context(), caller, m.ID, []byte(`{"text":"x"}`))),
		} {
			if e := refusal(t, what, nil, err); e.Message != want {
				t.Errorf("%s by %s: %v, want %q", what, caller.Name, e, want)
			}
		}
	}
	if err := h.res.Delete(t.Context(), &stranger, bellhop.Messages, m.ID); !bellhop.HasCode(err, bellhop.NotFound) {
		t.Errorf("delete: %v", err)
	}
}

// TestLimitedEvents: events of a message with participants name whom they are for, and no
// event shows its id in the conversation.
//
// Contract: conversations.md 3: No payload has it in conversation.messages
// Contract: conversations.md 3: Bot-specific webhooks get events of it
func TestLimitedEvents(t *testing.T) {
	h := open(t)
	id := h.contact()
	m := h.post(ada, id, `{"text":"x","user":"`+string(bobID)+`","participants":["`+echoS+`"]}`)
	open := h.post(echo, id, note)
	if _, err := h.res.Patch(t.Context(), ada, bellhop.Messages, m.ID, []byte(`{"text":"y"}`)); err != nil {
		t.Fatal(err)
	}
	if err := h.res.Delete(t.Context(), ada, bellhop.Messages, m.ID); err != nil {
		t.Fatal(err)
	}
	readers := map[string][]bellhop.ID{}
	for _, told := range h.told {
		if told.ID == m.ID {
			readers[told.Event] = told.Readers
		} else if told.Readers != nil {
			t.Errorf("%s is for %v only", told.Event, told.Readers)
		}
		if got := decode[shownConversation](t, told.Data[0].Value).Messages; slices.Contains(got, m.ID) {
			t.Errorf("%s shows %v", told.Event, got)
		}
	}
	for _, name := range []string{"message.create.contact.chat", "message.update", "message.delete"} {
		if got := readers[name]; !slices.Equal(got, []bellhop.ID{echoID, bobID, adaID}) {
			t.Errorf("%s is for %v", name, got)
		}
	}
	if got := h.get(id).Messages; !slices.Equal(got, []bellhop.ID{open.ID}) {
		t.Errorf("messages = %v", got)
	}
}

// TestLimitedInbox: in a team conversation it lies in the inbox of those alone who see it.
//
// Contract: conversations.md 3: For all others it does not exist
// Contract: conversations.md 3: In a team conversation it sets inbox
func TestLimitedInbox(t *testing.T) {
	h := open(t)
	id := h.start(bob, `{}`).ID
	for _, caller := range []*account.Caller{ada, echo} {
		h.post(caller, id, joined)
		h.post(caller, id, left)
	}
	h.post(bob, id, `{"text":"x","participants":["`+echoS+`"]}`)
	wantFlags(t, h.get(id), "Bob Agent: active", "Ada Smit:", "Echo: inbox")
}

// TestLimitedAmongMany: the newest of those that a caller sees are shown, however many there
// are of the others.
func TestLimitedAmongMany(t *testing.T) {
	h := open(t)
	id := h.contact()
	var want []bellhop.ID
	for range 30 {
		want = append(want, h.post(bob, id, note).ID)
		h.post(bob, id, `{"text":"x","participants":["`+adaS+`"]}`)
	}
	page, err := h.res.List(t.Context(), echo, bellhop.Conversations, url.Values{"id": {string(id)}}.Encode())
	if err != nil {
		t.Fatal(err)
	}
	if got := decode[shownConversation](t, page.Items[0]).Messages; !slices.Equal(got, want) {
		t.Errorf("%d messages, want %d", len(got), len(want))
	}
	if got := len(h.get(id).Messages); got != 60 {
		t.Errorf("an admin sees %d messages", got)
	}
}

// TestLimitedOfContact: a contact has none, nor has what his widget sends for him.
//
// Contract: conversations.md 3: With role: "contact" it is 400
func TestLimitedOfContact(t *testing.T) {
	h := open(t)
	id := h.contact()
	for _, text := range []string{"Hello", ">cs Hello", ">cs /set a b"} {
		e := h.refused(echo, id, `{"role":"contact","text":"`+text+`","participants":["`+adaS+`"]}`)
		if e.Code != bellhop.Invalid {
			t.Errorf("%s: %v", text, e)
		}
	}
}
