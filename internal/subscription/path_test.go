package subscription

import (
	"context"
	"testing"

	"bellhop"
	"bellhop/internal/store"
)

// What is remembered of an organization does not outlive it.
func TestPathIsForgotten(t *testing.T) {
	h := newHouse(t)
	child := h.organization(h.top)
	for range 2 {
		if path, err := h.pathOf(t.Context(), child.id); err != nil || path != child.path {
			t.Errorf("pathOf = %q, %v, want %q", path, err, child.path)
		}
	}
	h.update(func(ctx context.Context, tx *store.Tx) error { return tx.Delete(ctx, bellhop.Organizations, child.id) })
	if _, err := h.pathOf(t.Context(), child.id); !bellhop.HasCode(err, bellhop.NotFound) {
		t.Errorf("pathOf an organization that is deleted: %v", err)
	}
	if _, err := h.Publish(t.Context(), h.admin, []byte(`{"event":"order.created","organization":"`+string(child.id)+`"}`), ""); !bellhop.HasCode(err, bellhop.NotFound) {
		t.Errorf("Publish for it: %v", err)
	}
}
