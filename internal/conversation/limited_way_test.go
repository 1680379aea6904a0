package conversation_test

import (
	"bytes"
	"testing"
)

// TestLimitedNotification: who hears that a conversation was put into a channel does not read
// the message for some users only that did it.
//
// Contract: conversations.md 3: A channel.notify that it caused
// Contract: events.md 2: channel.notify
func TestLimitedNotification(t *testing.T) {
	in := openInboxes(t)
	in.channel("acme", "Sales")
	id := in.contactAt("acme")
	in.told = nil
	m := in.post(bob, id, `{"type":"mention","text":"Psst","meta":{"targetOrganization":"`+string(acme)+`"},"participants":["`+adaS+`"]}`)
	told := in.told
	if got := in.notified(); got != "Sales" {
		t.Fatalf("notified %q", got)
	}
	for _, told := range told {
		if told.Readers != nil {
			continue // for those who see it
		}
		if told.Links.Message == m.ID {
			t.Errorf("%s has a link to it", told.Event)
		}
		for _, member := range told.Data {
			if bytes.Contains(member.Value, []byte(m.ID)) {
				t.Errorf("%s shows %s", told.Event, member.Value)
			}
		}
	}
}
