package conversation_test

import (
	"testing"

	"bellhop"
	"bellhop/internal/account"
)

// step is a message of somebody.
type step struct {
	caller *account.Caller
	body   string
}

const (
	hello   = `{"role":"contact","text":"Hello"}`
	answer  = `{"role":"agent","text":"How can I help?"}`
	whisper = `{"role":"agent","text":"psst","isBackchannel":true}`
	note    = `{"text":"for the users"}`
	acc     = `{"text":"/accept","type":"command","meta":{}}`
	joined  = `{"text":"/join","type":"command","meta":{}}`
	left    = `{"text":"/leave","type":"command","meta":{}}`
	notify  = `{"text":"/notify","type":"command","meta":{}}`
	enqueue = `{"text":"/enqueue"}`
)

// TestStatus walks through the table of consumer conversations. All are of an organization with
// one channel: where the last step routes it is notified, and the conversation lies in it for as
// long as it is queued.
//
// Contract: conversations.md 4: (new) | first message comes from the contact
// Contract: conversations.md 4: (new) | first message is an agent message
// Contract: conversations.md 4: queued, closed | /accept; agent message
// Contract: conversations.md 4: active | contact message
// Contract: conversations.md 4: active | /leave, and no participant
// Contract: conversations.md 4: closed | contact message
// Contract: conversations.md 4: closed | /notify without channels
// Contract: conversations.md 4: queued | contact message
// Contract: conversations.md 4: active | /notify without channels
// Contract: conversations.md 5.1: /accept
// Contract: conversations.md 5.1: /join
// Contract: conversations.md 5.1: /leave
// Contract: conversations.md 5.1: /enqueue
// TestStatus holds docs/contract/conversations.md section 4, the table of consumer
// conversations.
func TestStatus(t *testing.T) {
	in := openInboxes(t)
	in.channel("acme", "Sales")
	for _, tt := range []struct {
		name   string
		steps  []step
		want   bellhop.ConversationStatus
		routes bool // the last step
	}{
		{"nobody has written", nil, "closed", false},
		{"new, contact message", []step{{ada, hello}}, "queued", true},
		{"new, agent message", []step{{ada, answer}}, "active", false},
		{"new, message for the users", []step{{ada, note}}, "closed", false},
		{"new, notify", []step{{ada, notify}}, "queued", true},
		{"new, enqueue", []step{{ada, enqueue}}, "queued", true},
		{"queued, accept", []step{{ada, hello}, {bob, acc}}, "active", false},
		{"queued, agent message", []step{{ada, hello}, {bob, answer}}, "active", false},
		{"queued, backchannel", []step{{ada, hello}, {bob, whisper}}, "queued", false},
		{"queued, message for the users", []step{{ada, hello}, {bob, note}}, "queued", false},
		{"queued, join", []step{{ada, hello}, {bob, joined}}, "queued", false},
		{"queued, contact message", []step{{ada, hello}, {ada, hello}}, "queued", false},
		{"queued, notify", []step{{ada, hello}, {bob, notify}}, "queued", false},
		{"queued, leave", []step{{ada, hello}, {bob, joined}, {bob, left}}, "queued", false},
		{"active, contact message", []step{{bob, acc}, {ada, hello}}, "active", false},
		{"active, notify", []step{{bob, acc}, {ada, notify}}, "active", false},
		{"active, enqueue", []step{{bob, acc}, {ada, enqueue}}, "active", false},
		{"active, accept of another", []step{{bob, acc}, {ada, acc}}, "active", false},
		{"active, leave", []step{{bob, answer}, {bob, left}}, "closed", false},
		{"active, leave, contact waits", []step{{bob, answer}, {ada, hello}, {bob, left}}, "queued", true},
		{"active, leave, contact waits behind what he does not see", []step{{bob, acc}, {ada, hello}, {bob, note}, {bob, whisper}, {bob, left}}, "queued", true},
		{"active, leave, contact was answered", []step{{ada, hello}, {bob, answer}, {bob, left}}, "closed", false},
		{"active, leave, nothing was said", []step{{bob, acc}, {bob, left}}, "closed", false},
		{"active, leave, another has accepted", []step{{bob, acc}, {echo, acc}, {ada, hello}, {bob, left}}, "active", false},
		{"active, leave of one who has not accepted", []step{{bob, acc}, {ada, joined}, {ada, left}}, "active", false},
		{"active, leave of a stranger", []step{{bob, acc}, {ada, left}}, "active", false},
		{"closed, contact message", []step{{bob, answer}, {bob, left}, {ada, hello}}, "queued", true},
		{"closed, notify", []step{{bob, answer}, {bob, left}, {ada, notify}}, "queued", true},
		{"closed, enqueue", []step{{bob, answer}, {bob, left}, {ada, enqueue}}, "queued", true},
		{"closed, accept", []step{{bob, answer}, {bob, left}, {bob, acc}}, "active", false},
		{"closed, agent message", []step{{bob, answer}, {bob, left}, {bob, answer}}, "active", false},
		{"closed, join", []step{{bob, answer}, {bob, left}, {bob, joined}}, "closed", false},
		{"closed, leave", []step{{bob, answer}, {bob, left}, {bob, left}}, "closed", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in.T = t
			id := in.contactAt("acme")
			for _, s := range tt.steps {
				in.told = nil
				in.post(s.caller, id, s.body)
			}
			if got := in.get(id).Status; got != tt.want {
				t.Errorf("status = %s, want %s", got, tt.want)
			}
			if got := in.notified() == "Sales"; got != tt.routes {
				t.Errorf("the last step routes: %v, want %v", got, tt.routes)
			}
			if got := in.lies(id) == "Sales"; got != (tt.want == "queued") {
				t.Errorf("lies in the channel: %v while it is %s", got, tt.want)
			}
		})
	}
}

// TestContactWaitsFarBack looks behind the first page of messages that the contact does
// not see.
func TestContactWaitsFarBack(t *testing.T) {
	h := open(t)
	id := h.contact()
	h.post(bob, id, acc)
	h.post(ada, id, hello)
	for range 60 {
		h.post(bob, id, note)
	}
	h.post(bob, id, left)
	if got := h.get(id).Status; got != bellhop.ConversationQueued {
		t.Errorf("status = %s, want queued", got)
	}
}

// TestTeamStatus holds docs/contract/conversations.md section 4, "Team conversations".
//
// Contract: conversations.md 4: Team conversations: created active; closed when
func TestTeamStatus(t *testing.T) {
	h := open(t)
	for _, tt := range []struct {
		name  string
		steps []step
		want  bellhop.ConversationStatus
	}{
		{"created", nil, "active"},
		{"the last one leaves", []step{{bob, left}}, "closed"},
		{"one of two leaves", []step{{ada, joined}, {bob, left}}, "active"},
		{"message after the end", []step{{bob, left}, {ada, note}}, "active"},
		{"command after the end", []step{{bob, left}, {ada, `{"text":"/set a b"}`}}, "active"},
		{"notify after the end", []step{{bob, left}, {ada, notify}}, "active"},
		{"a stranger leaves after the end", []step{{bob, left}, {ada, left}}, "closed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h.T = t
			id := h.start(bob, `{}`).ID
			for _, s := range tt.steps {
				h.post(s.caller, id, s.body)
			}
			if got := h.get(id).Status; got != tt.want {
				t.Errorf("status = %s, want %s", got, tt.want)
			}
		})
	}
}
