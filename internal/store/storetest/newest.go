package storetest

import (
	"context"
	"slices"
	"testing"

	"bellhop"
	"bellhop/internal/store"
)

func testNewest(t *testing.T, open Opener) {
	with(t, "oldest first", open, func(t *testing.T, db *store.DB) {
		var want []bellhop.ID
		post := func(limited bool) {
			doc := newContact(db, noon+bellhop.Time(len(want)))
			doc.Parent, doc.Keys = conversation, nil
			if limited {
				store.Limit(doc)
			}
			update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.Insert(ctx, bellhop.Messages, doc) })
			want = append(want, doc.ID)
		}
		check := func(newest, since int, limited bool) {
			t.Helper()
			view(t, db, func(ctx context.Context, tx *store.Tx) error {
				got, err := tx.NewestMessages(ctx, conversation, newest, noon+1, noon+4)
				if some := want[max(0, len(want)-newest):]; !slices.Equal(got.IDs, some) || got.Since != since || got.Limited != limited {
					t.Errorf("the newest %d are %+v, want %v, %d of them in time, limited %v", newest, got, some, since, limited)
				}
				return err
			})
		}
		check(3, 0, false)
		for range 5 {
			post(false)
		}
		check(3, 2, false)
		check(9, 3, false)
		post(true)
		post(false)
		check(1, 0, true) // this one is for everybody
		check(4, 1, true)
	})
}
