package bellhop_test

import (
	"testing"

	. "bellhop"
)

// TestReachesContact holds docs/contract/conversations.md section 3, "Roles".
//
// Contract: conversations.md 3: Roles: contact = from the consumer
// Contract: conversations.md 3: A bot that talks to consumers
// Contract: conversations.md 3: isBackchannel | boolean
func TestReachesContact(t *testing.T) {
	for _, tt := range []struct {
		m    Message
		want bool
	}{
		{Message{Type: ChatMessage, Role: FromContact}, true},
		{Message{Type: CardMessage, Role: ToContact}, true},
		{Message{Type: ChatMessage, Role: ToContact, IsBackchannel: true}, false},
		{Message{Type: ChatMessage, Role: ToUsers}, false},
		{Message{Type: MentionMessage, Role: ToContact}, false},
		{Message{Type: CommandMessage}, false},
	} {
		if got := tt.m.ReachesContact(); got != tt.want {
			t.Errorf("%+v reaches the contact: %v, want %v", tt.m, got, tt.want)
		}
	}
}

// TestMessageTypes: the constants and the registry name the same twelve types, and four of
// them have a role (docs/contract/conversations.md section 3).
func TestMessageTypes(t *testing.T) {
	all := []MessageType{
		ChatMessage, CardMessage, MentionMessage, PostbackMessage, TagMessage, SearchMessage,
		CommandMessage, FormMessage, FieldMessage, ResultsMessage, ReportMessage, StatusMessage,
	}
	roles := 0
	for i, typ := range all {
		if string(typ) != MessageTypes[i] || !typ.Valid() {
			t.Errorf("type %d is %s, want %s", i, typ, MessageTypes[i])
		}
		if typ.HasRole() {
			roles++
		}
	}
	if len(all) != len(MessageTypes) || roles != 4 || MessageType("poem").Valid() {
		t.Errorf("%d types, %d with a role", len(all), roles)
	}
}
