package bellhop_test

import (
	"encoding/json"
	"slices"
	"testing"

	. "bellhop"
)

// TestStoredOrder: the structs render their fields in the order of the registry, in which
// package resource renders them. Otherwise a PATCH that changes nothing would look like a
// change.
func TestStoredOrder(t *testing.T) {
	for kind, v := range map[*Kind]any{
		Conversations: &Conversation{Contact: "x", Category: "x", Touchpoint: "x", Context: "x", CreatedBy: "x"},
		Messages:      &Message{Role: "x", User: "x", Contact: "x", Touchpoint: "x", Context: "x", Delivery: UUID{1}, CreatedBy: "x"},
		Contacts:      &Contact{Conversation: "x", CreatedBy: "x"},
	} {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		var declared []string
		for _, f := range kind.Fields {
			if f.Name != "messages" && f.Name != "channels" && f.Name != "delay" { // computed, not shown, not served
				declared = append(declared, f.Name)
			}
		}
		if got := keys(t, text); !slices.Equal(got, declared) {
			t.Errorf("%s renders %q\nregistry    %q", kind.Name, got, declared)
		}
	}
}

// keys returns the names of an object's members in order.
func keys(t *testing.T, text []byte) []string {
	t.Helper()
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		t.Fatal(err)
	}
	type place struct {
		name string
		at   int
	}
	var places []place
	rest, at := text, 0
	for len(members) > 0 {
		// Each value is skipped whole, so that names in it do not count.
		rest, at = text[at+1:], at+1
		var name string
		end := 1
		for rest[end] != '"' {
			end++
		}
		if err := json.Unmarshal(rest[:end+1], &name); err != nil {
			t.Fatal(err)
		}
		places = append(places, place{name, at})
		at += end + 2 + len(members[name])
		delete(members, name)
	}
	var names []string
	for _, p := range places {
		names = append(names, p.name)
	}
	return names
}

// TestSetStatus holds docs/contract/conversations.md section 8.
func TestSetStatus(t *testing.T) {
	for _, status := range []ConversationStatus{ConversationQueued, ConversationActive, ConversationClosed} {
		c := Conversation{Participants: []Participant{{User: "a", Active: true, Accepted: true, Inbox: true, Follow: true}}}
		c.SetStatus(status)
		p := c.Participant("a")
		stays := status != ConversationClosed
		if c.Status != status || p.Active != stays || p.Accepted != stays || p.Inbox != stays || !p.Follow {
			t.Errorf("SetStatus(%s): %+v", status, c)
		}
		if c.AnyActive() != stays || c.AnyAccepted() != stays || c.Participant("b") != nil {
			t.Errorf("SetStatus(%s): %+v", status, c)
		}
	}
}
