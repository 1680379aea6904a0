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
)

// TestStatus holds docs/contract/conversations.md section 4, the table of consumer
// conversations.
//
// Contract: conversations.md 5.1: /accept
func TestStatus(t *testing.T) {
	h := open(t)
	for _, tt := range []struct {
		name  string
		steps []step
		want  bellhop.ConversationStatus
	}{
		{"nobody has written", nil, "closed"},
		{"new, contact message", []step{{ada, hello}}, "queued"},
		{"new, agent message", []step{{ada, answer}}, "active"},
		{"new, message for the users", []step{{ada, note}}, "closed"},
		{"queued, accept", []step{{ada, hello}, {bob, acc}}, "active"},
		{"queued, agent message", []step{{ada, hello}, {bob, answer}}, "active"},
		{"queued, backchannel", []step{{ada, hello}, {bob, whisper}}, "queued"},
		{"queued, message for the users", []step{{ada, hello}, {bob, note}}, "queued"},
		{"queued, join", []step{{ada, hello}, {bob, joined}}, "queued"},
		{"queued, contact message", []step{{ada, hello}, {ada, hello}}, "queued"},
		{"queued, leave", []step{{ada, hello}, {bob, joined}, {bob, left}}, "queued"},
		{"active, contact message", []step{{bob, acc}, {ada, hello}}, "active"},
		{"active, leave", []step{{bob, answer}, {bob, left}}, "closed"},
		{"active, leave, contact waits", []step{{bob, answer}, {ada, hello}, {bob, left}}, "queued"},
		{"active, leave, contact waits behind what he does not see", []step{{bob, acc}, {ada, hello}, {bob, note}, {bob, whisper}, {bob, left}}, "queued"},
		{"active, leave, nothing was said", []step{{bob, acc}, {bob, left}}, "closed"},
		{"active, leave, another has accepted", []step{{bob, acc}, {echo, acc}, {bob, left}}, "active"},
		{"active, leave of a stranger", []step{{bob, acc}, {ada, left}}, "active"},
		{"closed, contact message", []step{{bob, answer}, {bob, left}, {ada, hello}}, "queued"},
		{"closed, accept", []step{{bob, answer}, {bob, left}, {bob, acc}}, "active"},
		{"closed, agent message", []step{{bob, answer}, {bob, left}, {bob, answer}}, "active"},
		{"closed, join", []step{{bob, answer}, {bob, left}, {bob, joined}}, "closed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h.T = t
			id := h.contact()
			for _, s := range tt.steps {
				h.post(s.caller, id, s.body)
			}
			if got := h.get(id).Status; got != tt.want {
				t.Errorf("status = %s, want %s", got, tt.want)
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
