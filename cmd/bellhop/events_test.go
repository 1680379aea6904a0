package main

import (
	"slices"
	"testing"
)

func TestUncovered(t *testing.T) {
	covered := []string{"message.create.contact.*", "message.**", "**", "*.update", "order.created", "shop.*", "conversation.update"}
	if got := uncovered(covered); got != nil {
		t.Errorf("uncovered(%q) = %q, want none", covered, got)
	}
	none := []string{"message.create.contact.chat.contact", "mesages.**", "conversation.updated"}
	if got, want := uncovered(none), []string{none[0], none[2]}; !slices.Equal(got, want) {
		t.Errorf("uncovered(%q) = %q, want %q", none, got, want)
	}
}
