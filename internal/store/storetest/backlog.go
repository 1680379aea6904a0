package storetest

import (
	"context"
	"testing"

	"bellhop"
	"bellhop/internal/store"
)

func testBacklog(t *testing.T, open Opener) {
	with(t, "Counts", open, func(t *testing.T, db *store.DB) {
		first := appendAt(t, db, noon, service)
		second := appendAt(t, db, noon+5, service)
		appendAt(t, db, noon+9, otherService)
		want := func(ofService, whole store.Backlog) {
			t.Helper()
			view(t, db, func(ctx context.Context, tx *store.Tx) error {
				if got, err := tx.Backlog(ctx, service); got != ofService || err != nil {
					t.Errorf("Backlog = %v, %v, want %v", got, err, ofService)
				}
				got, err := tx.WholeBacklog(ctx)
				if got != whole {
					t.Errorf("WholeBacklog = %v, want %v", got, whole)
				}
				return err
			})
		}
		want(store.Backlog{Pending: 2, Oldest: noon}, store.Backlog{Pending: 3, Oldest: noon})
		for _, d := range []bellhop.Delivery{first, second} {
			update(t, db, func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.Record(ctx, store.Result{Delivery: d.Seq, Status: bellhop.Delivered, At: noon + 10,
					Attempt: &bellhop.Attempt{Number: 1, At: noon + 10, Status: 200}})
				return err
			})
		}
		want(store.Backlog{}, store.Backlog{Pending: 1, Oldest: noon + 9})
	})
}
