package conversation

import (
	"testing"

	"bellhop"
)

// TestFillInboxes walks through all types of messages.
//
// Contract: conversations.md 4: A new message sets inbox of every participant
func TestFillInboxes(t *testing.T) {
	silent := map[bellhop.MessageType]bool{"command": true, "tag": true, "form": true, "field": true, "status": true}
	for _, name := range bellhop.MessageTypes {
		typ := bellhop.MessageType(name)
		c := &bellhop.Conversation{Type: bellhop.AgentConversation, Participants: []bellhop.Participant{
			{User: "sender"}, {User: "active", Active: true}, {User: "away"}, {User: "follower", Follow: true},
		}}
		fillInboxes(c, &bellhop.Message{Type: typ, User: "sender"})
		for i, want := range []bool{false, false, !silent[typ], !silent[typ]} {
			if p := c.Participants[i]; p.Inbox != want {
				t.Errorf("%s: inbox of the %s = %v, want %v", typ, p.User, p.Inbox, want)
			}
		}
	}
}
