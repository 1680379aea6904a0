package conversation_test

import (
	"bytes"
	"testing"

	"bellhop"
	"bellhop/internal/account"
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

// TestLimitedDelayed: nor do strangers learn that such a message waits.
//
// Contract: conversations.md 3: For all others it does not exist
// Contract: conversations.md 6: PATCH and PUT of it are 409.
func TestLimitedDelayed(t *testing.T) {
	h := open(t)
	id := h.contact()
	m := h.post(bob, id, `{"text":"Psst","delay":60000,"participants":["`+adaS+`"]}`)
	for _, tt := range []struct {
		caller *account.Caller
		want   bellhop.Code
	}{{echo, bellhop.NotFound}, {bob, bellhop.Conflict}, {ada, bellhop.Conflict}} {
		for what, err := range map[string]error{
			"patch": second(h.res.Patch(t.Context(), tt.caller, bellhop.Messages, m.ID, []byte(`{"text":"x"}`))),
			"put":   second(h.c.Replace(t.Context(), tt.caller, m.ID, []byte(`{"text":"x"}`))),
		} {
			if !bellhop.HasCode(err, tt.want) {
				t.Errorf("%s by %s: %v, want %v", what, tt.caller.Name, err, tt.want)
			}
		}
	}
}
