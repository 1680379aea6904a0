package conversation_test

import (
	"slices"
	"testing"

	"bellhop"
)

// TestDeletedMessage: the conversation in message.delete is that of afterwards, with the newest 50
// of the messages that are left.
//
// Contract: events.md 1: data.conversation is the full conversation after
// Contract: events.md 1: message.delete
func TestDeletedMessage(t *testing.T) {
	h := open(t)
	id := h.contact()
	var want []bellhop.ID
	for range 52 {
		want = append(want, h.post(bob, id, note).ID)
	}
	for _, at := range []int{51, 20, 0} { // at last one that no payload shows
		gone := want[at]
		h.told = nil
		if err := h.res.Delete(t.Context(), bob, bellhop.Messages, gone); err != nil {
			t.Fatal(err)
		}
		want = slices.Delete(want, at, at+1)
		if len(h.told) != 1 || h.told[0].Event != "message.delete" || h.told[0].ID != gone {
			t.Fatalf("told %+v", h.told)
		}
		shown := decode[shownConversation](t, h.told[0].Data[0].Value).Messages
		if left := want[max(0, len(want)-50):]; !slices.Equal(shown, left) {
			t.Errorf("after message %d was deleted the conversation has %v, want %v", at, shown, left)
		}
		if got := h.get(id).Messages; !slices.Equal(got, want) {
			t.Errorf("afterwards it has %v, want %v", got, want)
		}
	}
}
