package conversation_test

import (
	"encoding/json"
	"slices"
	"testing"
)

// TestTag: what is no part of a tag is removed, and the tags are added to the conversation's.
//
// Contract: conversations.md 5: tag | hashtags
// Contract: conversations.md 5: Tags: what is put on a letter
// Contract: conversations.md 5: Case counts
func TestTag(t *testing.T) {
	h := open(t)
	for _, tt := range []struct{ text, want string }{
		{"#hashTag, hash !! tag#tag; #hash", "hashTag hash tagtag"},
		{"  #a\t#b\n", "a b"},
		{"#new_car #new-car 2024", "new_car new-car 2024"},
		{"#Größe #машина #車", "Größe машина 車"},
		{"#हिन्दी", "हिन्दी"},
		{"a A", "a A"},
		{"#lead!", "lead"},
	} {
		id := h.contact()
		body, err := json.Marshal(map[string]string{"type": "tag", "text": tt.text, "role": "agent"})
		if err != nil {
			t.Fatal(err)
		}
		m := h.post(bob, id, string(body))
		if m.Text != tt.want || m.Role != "" {
			t.Errorf("%q is stored as %q with role %q, want %q without", tt.text, m.Text, m.Role, tt.want)
		}
	}
	id := h.contact()
	h.post(bob, id, `{"text":"/set @tags old, two words"}`)
	h.events()
	h.post(bob, id, `{"type":"tag","text":"#new #old"}`)
	if got := h.get(id).Tags; !slices.Equal(got, []string{"old", "two words", "new"}) {
		t.Errorf("tags = %q", got)
	}
	h.wantEvents("message.create.contact.tag", "conversation.update")
	h.post(bob, id, `{"type":"tag","text":"#new"}`)
	h.wantEvents("message.create.contact.tag")
}
