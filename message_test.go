package bellhop_test

import (
	"slices"
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

// TestReaders: a message with participants is for these and for who has written it, and never
// reaches the contact.
//
// Contract: conversations.md 3: It is seen by these users
// Contract: conversations.md 3: It never reaches the contact
func TestReaders(t *testing.T) {
	const ada, bob, cleo, dan = ID("64b0f1a2c3d4e5f607182940"), ID("64b0f1a2c3d4e5f607182941"), ID("64b0f1a2c3d4e5f607182942"), ID("64b0f1a2c3d4e5f607182943")
	m := Message{Text: "x", Role: ToContact, User: bob, CreatedBy: cleo}
	if m.IsLimited() || m.Readers() != nil || !m.SeenBy(dan) || !m.ReachesContact() {
		t.Errorf("%+v is limited to %v", m, m.Readers())
	}
	m.Participants = []ID{ada, bob}
	if err := m.Complete(); err != nil {
		t.Fatal(err)
	}
	if got := m.Readers(); !slices.Equal(got, []ID{ada, bob, cleo}) || len(m.Participants) != 2 {
		t.Errorf("readers = %v", got)
	}
	if !m.SeenBy(cleo) || m.SeenBy(dan) || m.ReachesContact() {
		t.Errorf("%+v is seen by %v", m, m.Readers())
	}
	m.Role = FromContact
	if err := m.Complete(); !HasCode(err, Invalid) {
		t.Errorf("a limited message of the contact: %v", err)
	}
}
