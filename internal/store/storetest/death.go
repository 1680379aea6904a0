package storetest

import (
	"context"
	"errors"
	"log/slog"
	"reflect"
	"slices"
	"testing"
	"testing/synctest"

	"bellhop"
	"bellhop/internal/store"
)

func testDeaths(t *testing.T, open Opener) {
	with(t, "counted until they are told", open, func(t *testing.T, db *store.DB) {
		untold := func() (all []store.Deaths) {
			view(t, db, func(ctx context.Context, tx *store.Tx) (err error) {
				all, err = tx.UntoldDeaths(ctx)
				return err
			})
			return all
		}
		add := func(service bellhop.ID, message string) (got store.Deaths) {
			update(t, db, func(ctx context.Context, tx *store.Tx) (err error) {
				got, err = tx.AddDeath(ctx, service, message)
				return err
			})
			return got
		}
		want := func(got any, want any) {
			t.Helper()
			if !reflect.DeepEqual(got, want) {
				t.Errorf("deaths = %+v, want %+v", got, want)
			}
		}
		want(len(untold()), 0)
		want(add(service, "a"), store.Deaths{Service: service, Untold: 1, Message: "a"})
		want(add(service, "b"), store.Deaths{Service: service, Untold: 2, Message: "b"})
		want(add(otherService, "c"), store.Deaths{Service: otherService, Untold: 1, Message: "c"})
		want(untold(), []store.Deaths{{Service: service, Untold: 2, Message: "b"}, {Service: otherService, Untold: 1, Message: "c"}})
		update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.DeathsTold(ctx, service, noon) })
		want(untold(), []store.Deaths{{Service: otherService, Untold: 1, Message: "c"}})
		want(add(service, "d"), store.Deaths{Service: service, Untold: 1, Message: "d", ToldAt: noon})
	})
}

func testDropping(t *testing.T, open Opener) {
	inBubble(t, "pending deliveries go, bit by bit", open, func(t *testing.T, db *store.DB) {
		var dropped, kept []bellhop.Delivery
		var all [450][]bellhop.Delivery
		update(t, db, func(ctx context.Context, tx *store.Tx) (err error) {
			for i := range all {
				if all[i], err = deliver(ctx, tx, newEvent(noon, "k"), service, otherService); err != nil {
					return err
				}
			}
			return nil
		})
		for _, ds := range all {
			dropped, kept = append(dropped, ds[0]), append(kept, ds[1])
		}
		record(t, db, success(dropped[0].Seq, 1)) // delivered: it is history
		for n := 1; n <= 3; n++ {
			record(t, db, failure(dropped[1].Seq, n, noon))
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- db.Run(ctx, slog.New(slog.DiscardHandler)) }()
		update(t, db, func(ctx context.Context, tx *store.Tx) error {
			return errors.Join(tx.DropDeliveries(ctx, service), tx.DropDeliveries(ctx, service), tx.DropDeliveries(ctx, db.NewID(noon)))
		})
		for {
			left := len(due(t, db, service, noon, 500))
			if left == 0 {
				break
			}
			update(t, db, func(context.Context, *store.Tx) error { return nil }) // takes a step along
			synctest.Wait()
			if now := len(due(t, db, service, noon, 500)); left-now > 300 {
				t.Errorf("%d were removed at once", left-now)
			}
		}
		if got := due(t, db, otherService, noon, 500); len(got) != len(kept) {
			t.Errorf("%d deliveries of another service are left, want %d", len(got), len(kept))
		}
		if got := attempts(t, db, dropped[1].Seq); len(got) != 0 {
			t.Errorf("attempts of a dropped delivery: %+v", got)
		}
		if got := storedDelivery(t, db, dropped[0].ID); got.Status != bellhop.Delivered {
			t.Errorf("what was delivered is %s now", got.Status)
		}
		if recorded(t, db, success(dropped[2].Seq, 1)) {
			t.Error("a dropped delivery was recorded")
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		// Those who come later are another matter.
		d := appendAt(t, db, noon, service)
		if got := seqs(due(t, db, service, noon, 9)); !slices.Equal(got, []int64{d.Seq}) {
			t.Errorf("due: %v, want %d", got, d.Seq)
		}
	})
	inBubble(t, "what was left is removed by the next Run", open, func(t *testing.T, db *store.DB) {
		appendAt(t, db, noon, service)
		update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.DropDeliveries(ctx, service) })
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- db.Run(ctx, slog.New(slog.DiscardHandler)) }()
		for len(due(t, db, service, noon, 9)) > 0 {
			update(t, db, func(context.Context, *store.Tx) error { return nil })
			synctest.Wait()
		}
		cancel()
		<-done
	})
}
