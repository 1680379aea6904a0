package storetest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"bellhop"
	"bellhop/internal/store"
)

func testHandOver(t *testing.T, open Opener) {
	with(t, "every commit once, in order, before its callers are answered", open, func(t *testing.T, db *store.DB) {
		var mu sync.Mutex
		var told []int64
		known := map[int64]bool{}
		db.DeliverTo(&receiver{handOver: func(ps []store.Pending) {
			mu.Lock()
			defer mu.Unlock()
			for _, p := range ps {
				if p.Event == nil || p.Delivery.ID.Seq() != p.Delivery.Seq || p.Delivery.Service != service {
					t.Errorf("handed over: %+v", p)
				}
				told = append(told, p.Delivery.Seq)
				known[p.Delivery.Seq] = true
			}
		}})
		var wg sync.WaitGroup
		for i := range 200 {
			wg.Go(func() {
				var ds []bellhop.Delivery
				err := db.Update(t.Context(), func(tx *store.Tx) (err error) {
					ds, err = deliver(t.Context(), tx, newEvent(noon, "k"), service)
					if err == nil && i%10 == 0 {
						err = errGuilty
					}
					return err
				})
				mu.Lock()
				defer mu.Unlock()
				if seq := ds[0].Seq; (err == nil) != known[seq] {
					t.Errorf("delivery %d: error %v, but handed over: %t", seq, err, known[seq])
				}
			})
		}
		wg.Wait()
		if len(told) != 180 || !slices.IsSorted(told) || len(known) != 180 {
			t.Errorf("%d handed over, %d different, want 180 in ascending order", len(told), len(known))
		}
		if got := seqs(due(t, db, service, noon, 1000)); !slices.Equal(got, told) {
			t.Errorf("stored %d, told of %d", len(got), len(told))
		}
	})
	with(t, "not of commits without deliveries", open, func(t *testing.T, db *store.DB) {
		db.DeliverTo(&receiver{handOver: func(ps []store.Pending) { t.Errorf("handed over: %v", ps) }})
		update(t, db, adds(db, "1"))
		update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.Append(ctx, newEvent(noon, "k"), nil) })
	})
}

func testAfterCommit(t *testing.T, open Opener) {
	with(t, "all who asked, of the commit alone", open, func(t *testing.T, db *store.DB) {
		for _, failed := range []error{nil, errGuilty} {
			called := 0
			err := db.Update(t.Context(), func(tx *store.Tx) error {
				tx.AfterCommit(func() { called++ })
				tx.AfterCommit(func() { called++ })
				return errors.Join(tx.Insert(t.Context(), bellhop.Contacts, newContact(db, noon)), failed)
			})
			if !errors.Is(err, failed) || (called == 2) != (failed == nil) {
				t.Errorf("error %v, %d of 2 called, want them for %v", err, called, failed)
			}
		}
	})
}
