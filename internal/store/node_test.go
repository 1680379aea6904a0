package store_test

import (
	"testing"

	"bellhop/internal/store"
	"bellhop/internal/store/storetest"
)

// Who was to have a partition may be gone by the time that it is given: then it is not left to nobody.
func TestGiveToANodeThatIsGone(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), storetest.Nodes(t, 1)[0]
	conn, err := db.ConnectNode(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	const here, gone = store.NodeID("64b0f1a2c3d4e5f60718293a"), store.NodeID("74b0f1a2c3d4e5f60718293a")
	assign := func(view store.NodesView) map[int]store.NodeID {
		moves := map[int]store.NodeID{}
		for p, owner := range view.Owners {
			if owner == "" {
				moves[p] = here
			}
		}
		return moves
	}
	for _, id := range []store.NodeID{here, gone} {
		if err := conn.Join(ctx, store.NodeRow{ID: id, Name: "n"}, assign); err != nil {
			t.Fatal(err)
		}
	}
	if err := conn.Forget(ctx, gone, assign); err != nil {
		t.Fatal(err)
	}
	if err := conn.Give(ctx, here, map[int]store.NodeID{7: gone, 8: ""}, assign); err != nil {
		t.Fatal(err)
	}
	view, err := conn.Beat(ctx, here)
	if err != nil {
		t.Fatal(err)
	}
	for p, owner := range view.Owners {
		if owner != here {
			t.Errorf("partition %d is with %q, want %q", p, owner, here)
		}
	}
}
