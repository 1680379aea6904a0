package conversation_test

import (
	"strings"
	"testing"

	"bellhop"
	"bellhop/internal/account"
)

// TestParticipants holds docs/contract/conversations.md section 2, and section 4 on
// implicit participation.
//
// Contract: conversations.md 4: Implicit participation, before the message is stored
// Contract: conversations.md 4: Any other non-command message by U
// Contract: conversations.md 4: No command message is written for it
// Contract: conversations.md 4: Messages with role contact never change participation
// Contract: conversations.md 2: active | takes part
// Contract: conversations.md 2: accepted | has taken responsibility
// Contract: conversations.md 2: inbox | conversation lies in
// Contract: conversations.md 2: follow | watches without
// Contract: conversations.md 2: Who leaves stays in the list
// Contract: conversations.md 2: The list is in order of arrival
// Contract: conversations.md 5.1: /accept
// Contract: conversations.md 5.1: /join
// Contract: conversations.md 5.1: /leave
// Contract: conversations.md 5.1: /assign | meta.users
// Contract: conversations.md 5.1: /follow, /unfollow
// Contract: conversations.md 5.1: Arguments in meta, or as ids
func TestParticipants(t *testing.T) {
	assign := func(ids ...bellhop.ID) string {
		list := make([]string, len(ids))
		for i, id := range ids {
			list[i] = `"` + string(id) + `"`
		}
		return `{"type":"command","text":"/assign","meta":{"users":[` + strings.Join(list, ",") + `]}}`
	}
	h := open(t)
	for _, tt := range []struct {
		name  string
		steps []step
		want  []string
	}{
		{"join", []step{{bob, joined}}, []string{"Bob Agent: active"}},
		{"accept", []step{{bob, acc}}, []string{"Bob Agent: accepted active"}},
		{"leave", []step{{bob, acc}, {bob, left}}, []string{"Bob Agent:"}},
		{"leave of a stranger", []step{{bob, left}}, []string{}},
		{"twice is once", []step{{bob, joined}, {bob, joined}, {bob, acc}}, []string{"Bob Agent: accepted active"}},
		{"join keeps accepted", []step{{bob, acc}, {bob, joined}}, []string{"Bob Agent: accepted active"}},
		{"order of arrival", []step{{bob, joined}, {echo, joined}, {bob, left}}, []string{"Bob Agent:", "Echo: active"}},
		{"agent message accepts", []step{{echo, answer}}, []string{"Echo: accepted active"}},
		{"backchannel joins", []step{{bob, whisper}}, []string{"Bob Agent: active"}},
		{"message for the users joins", []step{{echo, note}}, []string{"Echo: active"}},
		{"report joins", []step{{echo, `{"type":"report","text":"x","role":"agent"}`}}, []string{"Echo: active"}},
		{"contact message changes nobody", []step{{bob, hello}}, []string{}},
		{"commands join nobody", []step{{bob, `{"text":"/set a b"}`}, {bob, `{"type":"command","text":">smsbot"}`}}, []string{}},
		{"assign", []step{{bob, assign(echoID)}}, []string{"Echo: inbox"}},
		{"assign many", []step{{bob, assign(echoID, bobID, echoID)}}, []string{"Echo: inbox", "Bob Agent: inbox"}},
		{"assign by text", []step{{bob, `{"text":"/assign ` + string(echoID) + ` ` + string(adaID) + `"}`}}, []string{"Echo: inbox", "Ada Smit: inbox"}},
		{"assign one as a string", []step{{bob, `{"text":"/assign","type":"command","meta":{"users":"` + string(echoID) + `"}}`}}, []string{"Echo: inbox"}},
		{"assign nobody", []step{{bob, assign()}}, []string{}},
		{"assign a bot with an instance", []step{{bob, assign(hireID)}}, []string{"Hire: inbox"}},
		{"assigned while active", []step{{bob, joined}, {ada, assign(bobID)}}, []string{"Bob Agent: active inbox"}},
		{"accept clears inbox", []step{{bob, assign(echoID)}, {echo, acc}}, []string{"Echo: accepted active"}},
		{"join clears inbox", []step{{bob, assign(echoID)}, {echo, joined}}, []string{"Echo: active"}},
		{"leave clears inbox", []step{{bob, assign(echoID)}, {echo, left}}, []string{"Echo:"}},
		{"follow", []step{{bob, `{"text":"/follow"}`}}, []string{"Bob Agent: follow"}},
		{"follow and leave", []step{{bob, `{"text":"/follow"}`}, {bob, left}}, []string{"Bob Agent: follow"}},
		{"unfollow", []step{{bob, `{"text":"/follow"}`}, {bob, `{"text":"/unfollow"}`}}, []string{"Bob Agent:"}},
		{"unfollow of a stranger", []step{{bob, `{"text":"/unfollow"}`}}, []string{}},
		{"on behalf of another", []step{{echo, `{"role":"agent","text":"x","user":"` + string(bobID) + `"}`}}, []string{"Bob Agent: accepted active"}},
		{"command on behalf of another", []step{{echo, `{"text":"/join","user":"` + string(bobID) + `"}`}}, []string{"Bob Agent: active"}},
		{"unknown command", []step{{bob, `{"type":"command","text":"/dance"}`}}, []string{}},
		{"the server takes no part", []step{{account.System(), answer}, {account.System(), joined}}, []string{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h.T = t
			id := h.contact()
			for _, s := range tt.steps {
				h.post(s.caller, id, s.body)
			}
			wantFlags(t, h.get(id), tt.want...)
			if got := len(h.get(id).Messages); got != len(tt.steps) {
				t.Errorf("%d messages are stored, want %d", got, len(tt.steps))
			}
		})
	}
}

// TestTeamInbox holds docs/contract/conversations.md section 4: a message lies in the
// inbox of those who do not take part, but not of its sender, and not every message.
//
// Contract: conversations.md 4: A new message sets inbox of every participant
// Contract: conversations.md 2: inbox | conversation lies in
// Contract: conversations.md 4: Implicit participation
func TestTeamInbox(t *testing.T) {
	h := open(t)
	id := h.start(bob, `{}`).ID
	h.post(ada, id, joined)
	h.post(ada, id, left)
	wantFlags(t, h.get(id), "Bob Agent: active", "Ada Smit:")
	h.post(bob, id, `{"text":"/set a b"}`)
	h.post(bob, id, `{"type":"command","text":">smsbot"}`)
	wantFlags(t, h.get(id), "Bob Agent: active", "Ada Smit:")
	h.post(bob, id, note)
	wantFlags(t, h.get(id), "Bob Agent: active", "Ada Smit: inbox")
	h.post(ada, id, note)
	wantFlags(t, h.get(id), "Bob Agent: active", "Ada Smit: active")
	h.post(ada, id, answer) // accepting is for the conversations of contacts
	wantFlags(t, h.get(id), "Bob Agent: active", "Ada Smit: active")
}

// TestParticipantFields holds docs/contract/conversations.md section 2 and the examples
// of docs/contract/events.md: name, role and organization are those of the user.
//
// Contract: conversations.md 2: {user, name, role, organization
// Contract: conversations.md 2: All flags are booleans
func TestParticipantFields(t *testing.T) {
	h := open(t)
	id := h.contact()
	h.post(bob, id, `{"text":"/assign `+string(echoID)+`"}`)
	h.post(bob, id, joined)
	want := []bellhop.Participant{
		{User: echoID, Name: "Echo", Role: "bot", Organization: top, Inbox: true},
		{User: bobID, Name: "Bob Agent", Role: "agent", Organization: acme, Active: true},
	}
	for i, got := range h.get(id).Participants {
		if got != want[i] {
			t.Errorf("participant %d = %+v, want %+v", i, got, want[i])
		}
	}
}

// TestAssignStrangers holds docs/contract/conversations.md section 5.1: an unknown id is
// NotFound, and so is a user whom neither the caller nor the conversation has to do with.
//
// Contract: conversations.md 5.1: /assign | meta.users
func TestAssignStrangers(t *testing.T) {
	h := open(t)
	id := h.contact()
	for _, user := range []bellhop.ID{nobody, eveID, "x", ""} {
		e := h.refused(bob, id, `{"text":"/assign","type":"command","meta":{"users":["`+string(bobID)+`","`+string(user)+`"]}}`)
		if e.Code != bellhop.NotFound || e.Message != "User not found" {
			t.Errorf("assign %q: %v", user, e)
		}
	}
	h.refused(bob, id, `{"text":"/assign","type":"command","meta":{"users":[1]}}`)
	wantFlags(t, h.get(id))
	h.wantEvents()
}

// TestAssignStored holds the ninth constraint of docs/contract/README.md and
// conversations.md section 5.1.
//
// Contract: conversations.md 5.1: The stored text of /assign
// Contract: conversations.md 5.1: /assign | meta.users
// Contract: README.md Ten constraints whose violation breaks real clients: A stored /assign command
// Contract: events.md 1: /assign commands have meta.users
func TestAssignStored(t *testing.T) {
	h := open(t)
	id := h.contact()
	for _, body := range []string{
		`{"text":"/assign"}`, `{"text":"/assign","type":"command","meta":{"users":null}}`,
		`{"text":"/assign","type":"command","meta":{"users":[]}}`, `{"text":"/assign ` + string(echoID) + `"}`,
	} {
		m := h.post(bob, id, body)
		users, ok := m.Meta["users"].([]any)
		if !ok || m.Text != "/assign" {
			t.Errorf("%s is stored with text %q and meta %v", body, m.Text, m.Meta)
		}
		if strings.Contains(body, string(echoID)) && (len(users) != 1 || users[0] != string(echoID)) {
			t.Errorf("users = %v", users)
		}
	}
}
