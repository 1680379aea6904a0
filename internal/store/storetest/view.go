package storetest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"bellhop"
	"bellhop/internal/store"
)

func testView(t *testing.T, open Opener) {
	with(t, "one state of the store", open, func(t *testing.T, db *store.DB) {
		update(t, db, adds(db, "1"))
		view(t, db, func(ctx context.Context, tx *store.Tx) error {
			before, err := tx.All(ctx, bellhop.Contacts)
			if err != nil {
				return err
			}
			update(t, db, adds(db, "2"))
			after, err := tx.All(ctx, bellhop.Contacts)
			if len(before) != 1 || len(after) != 1 {
				t.Errorf("%d contacts, then %d, want 1 and 1", len(before), len(after))
			}
			return err
		})
		wantNames(t, db, "1", "2")
	})
	with(t, "what was answered is seen", open, func(t *testing.T, db *store.DB) {
		for i := range 20 {
			appendAt(t, db, noon, service)
			if got := len(due(t, db, service, noon, 100)); got != i+1 {
				t.Fatalf("%d deliveries, want %d", got, i+1)
			}
		}
	})
	with(t, "an error is passed on", open, func(t *testing.T, db *store.DB) {
		for range 20 { // more often than there are readers
			if err := db.View(t.Context(), func(*store.Tx) error { return errGuilty }); !errors.Is(err, errGuilty) {
				t.Errorf("View = %v, want %v", err, errGuilty)
			}
		}
	})
	with(t, "nothing can be written", open, func(t *testing.T, db *store.DB) {
		err := db.View(t.Context(), func(tx *store.Tx) error { return adds(db, "1")(t.Context(), tx) })
		if err == nil {
			t.Error("it was")
		}
		wantNames(t, db)
	})
	with(t, "those who stop reading leave nothing behind", open, func(t *testing.T, db *store.DB) {
		for range 50 {
			appendAt(t, db, noon, service)
		}
		times := 60
		if db.Shared() {
			times = 15 // each makes a connection of its own, to say that it has left
		}
		var wg sync.WaitGroup
		for i := range 16 {
			wg.Go(func() {
				for n := range times {
					ctx, cancel := context.WithCancel(t.Context())
					stop := time.AfterFunc(time.Duration((i*60+n)%300)*time.Microsecond, cancel)
					err := db.ViewDeliveries(ctx, func(tx *store.Tx) error {
						_, err := tx.Due(ctx, store.ServiceLane(service), noon, store.Cursor{}, nil, 50)
						return err
					})
					stop.Stop()
					cancel()
					if err != nil && ctx.Err() == nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		for range 40 {
			if got := len(due(t, db, service, noon, 100)); got != 50 {
				t.Fatalf("%d deliveries, want 50", got)
			}
		}
	})
}
