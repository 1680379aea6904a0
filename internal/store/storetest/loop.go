package storetest

import (
	"context"
	"testing"

	"bellhop"
	"bellhop/internal/store"
)

func testLoops(t *testing.T, open Opener) {
	with(t, "told last", open, func(t *testing.T, db *store.DB) {
		want := func(want bellhop.Time) {
			t.Helper()
			view(t, db, func(ctx context.Context, tx *store.Tx) error {
				got, err := tx.LoopTold(ctx, conversation)
				if got != want {
					t.Errorf("LoopTold = %d, want %d", got, want)
				}
				return err
			})
		}
		want(0)
		for _, at := range []bellhop.Time{noon, noon + 5} {
			update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.SetLoopTold(ctx, conversation, at) })
			want(at)
		}
		update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.ForgetLoop(ctx, conversation) })
		want(0)
	})
}
