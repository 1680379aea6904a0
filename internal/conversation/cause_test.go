package conversation_test

import (
	"testing"

	"bellhop"
)

// What a message makes happen can be told by it, and only that.
//
// Contract: extensions.md 2: message is there if the event tells of a message
func TestCause(t *testing.T) { inBubble(t, testCause) }

func testCause(t *testing.T, h *awake) {
	id := h.contact()
	h.happenings()
	said := []bellhop.Message{h.post(ada, id, `{"text":"Hello","role":"contact"}`), h.post(ada, id, `{"text":"/set mood good"}`)}
	caused := map[string]string{}
	for _, event := range h.happenings() {
		caused[string(event.Message)] += " " + event.Event
	}
	for i, want := range []string{" message.create.contact.chat conversation.update", " message.create.contact.command conversation.update"} {
		if got := caused[string(said[i].ID)]; got != want {
			t.Errorf("message %d has caused%s, want%s", i, got, want)
		}
	}
	if len(caused) != 2 {
		t.Errorf("events by the message that caused them: %v", caused)
	}
}
