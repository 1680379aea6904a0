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

func testVersions(t *testing.T, open Opener) {
	read := func(db *store.DB) int64 { return db.Version(bellhop.Contacts, bellhop.Services) }
	with(t, "another one after each change", open, func(t *testing.T, db *store.DB) {
		doc := newContact(db, noon)
		message := newContact(db, noon)
		message.Parent = doc.ID
		seen := []int64{read(db)}
		for name, change := range map[string]func(context.Context, *store.Tx) error{
			"insert":  func(ctx context.Context, tx *store.Tx) error { return tx.Insert(ctx, bellhop.Contacts, doc) },
			"replace": func(ctx context.Context, tx *store.Tx) error { return tx.Replace(ctx, bellhop.Contacts, doc) },
			"delete":  func(ctx context.Context, tx *store.Tx) error { return tx.Delete(ctx, bellhop.Contacts, doc.ID) },
			"delete children": func(ctx context.Context, tx *store.Tx) error {
				return tx.DeleteChildren(ctx, bellhop.Contacts, doc.ID)
			},
		} {
			var inside int64
			err := db.Update(t.Context(), func(tx *store.Tx) error {
				err := change(t.Context(), tx)
				inside = tx.Version(bellhop.Contacts, bellhop.Services)
				return err
			})
			// One who reads before the commit, under the number of inside, must not be believed after it.
			after := read(db)
			if slices.Contains(seen, inside) || slices.Contains(seen, after) || inside == after {
				t.Errorf("%s (%v): versions %v, then %d inside and %d after", name, err, seen, inside, after)
			}
			seen = append(seen, inside, after)
		}
	})
	with(t, "another one after what was rolled back", open, func(t *testing.T, db *store.DB) {
		var inside int64
		err := db.Update(t.Context(), func(tx *store.Tx) error {
			err := adds(db, "1")(t.Context(), tx)
			inside = tx.Version(bellhop.Contacts)
			return errors.Join(err, errGuilty)
		})
		if !errors.Is(err, errGuilty) || db.Version(bellhop.Contacts) == inside {
			t.Errorf("error %v, version still %d", err, inside)
		}
	})
	with(t, "the same while other kinds change", open, func(t *testing.T, db *store.DB) {
		before := db.Version(bellhop.Services)
		update(t, db, adds(db, "1"))
		if got := db.Version(bellhop.Services); got != before {
			t.Errorf("Version = %d, want %d", got, before)
		}
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
