package store

import (
	"testing"

	"bellhop"
)

// Contract: extensions.md 1: When the store cannot keep up
func TestTooManyWait(t *testing.T) {
	g := &group{most: 1, leading: 1} // a commit is under way
	for range maxWaiting {
		g.waiting = append(g.waiting, newUpdate(t.Context(), nil))
	}
	refused := newUpdate(t.Context(), func(*Tx) error {
		t.Error("it has run nevertheless")
		return nil
	})
	err := g.join(t.Context(), nil, refused)
	if e, ok := err.(*bellhop.Error); !ok || e.Code != bellhop.TooMany || e.RetryAfter <= 0 || len(g.waiting) != maxWaiting {
		t.Errorf("join = %v with %d waiting, want TooMany", err, len(g.waiting))
	}
}
