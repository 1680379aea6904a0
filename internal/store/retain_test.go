//go:build !race

package store_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"bellhop"
	"bellhop/internal/store"
)

// What has finished goes with its age, what is pending stays; each with its event.
//
// Contract: extensions.md 6: Events, deliveries and attempts are kept
func TestRetainByAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		db := open(t, store.Config{Dir: dir, Unsafe: true, Retain: 48 * time.Hour})
		stop := running(t, db, quiet)
		nobody, _ := happened(t, db, 10)
		retried, ds := happened(t, db, 10, service)
		attempted(t, db, ds[0].Seq, 1, bellhop.Pending)
		attempted(t, db, ds[0].Seq, 2, bellhop.Delivered)
		mixed, ms := happened(t, db, 10, service, service, service)
		attempted(t, db, ms[0].Seq, 1, bellhop.Delivered)
		attempted(t, db, ms[1].Seq, 1, bellhop.Pending)
		attempted(t, db, ms[1].Seq, 2, bellhop.Pending)
		attempted(t, db, ms[2].Seq, 1, bellhop.Dead)
		last, ls := happened(t, db, 10, service)
		attempted(t, db, ls[0].Seq, 1, bellhop.Delivered)

		time.Sleep(48*time.Hour - time.Second)
		young, ys := happened(t, db, 10, service)
		attempted(t, db, ys[0].Seq, 1, bellhop.Delivered)
		wantLeft(t, db, []int64{nobody.Seq, retried.Seq, mixed.Seq, last.Seq, young.Seq}, []int64{ds[0].Seq, ms[0].Seq, ms[1].Seq, ms[2].Seq, ls[0].Seq, ys[0].Seq})

		time.Sleep(4 * time.Second)
		wantLeft(t, db, []int64{mixed.Seq, young.Seq}, []int64{ms[1].Seq, ys[0].Seq})
		err := db.ViewDeliveries(t.Context(), func(tx *store.Tx) error {
			for _, gone := range []*bellhop.Event{nobody, retried, last} {
				if found, err := tx.Event(t.Context(), gone.ID); !errors.Is(err, store.ErrNoEvent) {
					t.Errorf("Event = %v, %v, want %v", found, err, store.ErrNoEvent)
				}
			}
			if d, _, err := tx.Delivery(t.Context(), ds[0].ID); !errors.Is(err, store.ErrNoDelivery) {
				t.Errorf("Delivery = %v, %v, want %v", d, err, store.ErrNoDelivery)
			}
			gone, err := tx.Attempts(t.Context(), ds[0].Seq)
			kept, err2 := tx.Attempts(t.Context(), ms[1].Seq)
			if len(gone) != 0 || len(kept) != 2 {
				t.Errorf("attempts: %d of what is gone, %d of what is pending, want 0 and 2", len(gone), len(kept))
			}
			d, e, err3 := tx.Delivery(t.Context(), ms[1].ID)
			if err3 == nil && (d.Status != bellhop.Pending || string(e.Payload) != string(mixed.Payload)) {
				t.Errorf("pending: %+v of %+v", d, e)
			}
			return errors.Join(err, err2, err3)
		})
		if err != nil {
			t.Error(err)
		}

		attempted(t, db, ms[1].Seq, 3, bellhop.Dead)
		time.Sleep(25 * time.Minute)
		wantLeft(t, db, []int64{young.Seq}, []int64{ys[0].Seq})
		time.Sleep(48 * time.Hour)
		wantLeft(t, db, nil, nil)

		// What is gone gives its number to nobody.
		stop()
		db = reopened(t, db, store.Config{Dir: dir, Unsafe: true})
		if next, ns := happened(t, db, 10, service); next.Seq <= young.Seq || ns[0].Seq <= ys[0].Seq {
			t.Errorf("event %d with delivery %d after %d and %d", next.Seq, ns[0].Seq, young.Seq, ys[0].Seq)
		}
	})
}

// docs/contract/extensions.md section 1: an id is known as long as its event is kept, and may
// be chosen again then.
func TestRetainChosenIDs(t *testing.T) {
	inBubbles(t, func(t *testing.T, config store.Config) {
		config.Retain = time.Hour
		db := open(t, config)
		running(t, db, quiet)
		id := bellhop.UUID{1, 2, 3}
		published := func() *bellhop.Event {
			event := &bellhop.Event{ID: id, Digest: []byte("digest"), Name: "order.created", Organization: organization, OrgPath: string(organization),
				CreatedAt: bellhop.TimeOf(time.Now()), Payload: []byte("{}")}
			update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.Append(ctx, event, nil) })
			return event
		}
		known := func() error {
			return db.View(t.Context(), func(tx *store.Tx) error {
				_, err := tx.ChosenEvent(t.Context(), organization, id)
				return err
			})
		}
		published()
		time.Sleep(time.Hour - time.Second)
		if err := known(); err != nil {
			t.Error(err)
		}
		time.Sleep(4 * time.Second)
		if err := known(); !errors.Is(err, store.ErrNoEvent) {
			t.Errorf("ChosenEvent = %v, want %v", err, store.ErrNoEvent)
		}
		again := published()
		if err := known(); err != nil {
			t.Error(err)
		}
		wantLeft(t, db, []int64{again.Seq}, nil)
	})
}

// Without limits nothing goes.
//
// Contract: extensions.md 6: 0 is no limit
func TestRetainForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := open(t, store.Config{Dir: t.TempDir(), Unsafe: true})
		running(t, db, quiet)
		event, ds := happened(t, db, 10, service)
		attempted(t, db, ds[0].Seq, 1, bellhop.Delivered)
		time.Sleep(1000 * time.Hour)
		wantLeft(t, db, []int64{event.Seq}, []int64{ds[0].Seq})
	})
}

// The oldest of what has finished goes first, pending ones in between are in nobody's way.
func TestRetainBySize(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const size = 5 << 19 // the empty store takes a fifth of it
		var warned strings.Builder
		db := open(t, store.Config{Dir: t.TempDir(), Unsafe: true, RetainSize: size})
		running(t, db, slog.New(slog.NewTextHandler(&warned, nil)))
		var pending, events []int64
		var newest int64
		for i := range 1000 {
			event, ds := happened(t, db, 4000, service)
			newest = event.Seq
			if i%10 == 0 {
				pending = append(pending, ds[0].Seq)
				events = append(events, event.Seq)
			} else {
				attempted(t, db, ds[0].Seq, 1, bellhop.Delivered)
			}
		}
		time.Sleep(time.Minute)
		gotEvents, got := left(t, db)
		if len(got) < 200 || len(got) > 600 {
			t.Errorf("%d deliveries are left in %d bytes", len(got), size)
		}
		first := slices.IndexFunc(gotEvents, func(seq int64) bool { return !slices.Contains(events, seq) })
		if got := gotEvents[first:]; int64(len(got)) != newest-gotEvents[first]+1 {
			t.Errorf("left are events %v: older ones went later", gotEvents)
		}
		for _, seq := range pending {
			if !slices.Contains(got, seq) {
				t.Errorf("delivery %d is gone, it was pending", seq)
			}
		}
		if warned.Len() > 0 {
			t.Errorf("logged: %s", &warned)
		}

		// Pending ones alone are too much: all of them stay, somebody is told, once in a while.
		for range 1000 {
			event, ds := happened(t, db, 4000, service)
			pending, events = append(pending, ds[0].Seq), append(events, event.Seq)
		}
		time.Sleep(90 * time.Minute)
		wantLeft(t, db, events, pending)
		if n := strings.Count(warned.String(), "level=WARN"); n != 2 || strings.Contains(warned.String(), "level=ERROR") {
			t.Errorf("logged %d warnings in 90 minutes, want 2:\n%s", n, &warned)
		}
		for _, seq := range pending {
			attempted(t, db, seq, 1, bellhop.Delivered)
		}
		time.Sleep(30 * time.Minute)
		if events, got := left(t, db); len(got) < 200 || len(got) > 600 || len(events) < len(got) { // events go after their deliveries, maybe in the next round
			t.Errorf("%d deliveries of %d events are left at the end", len(got), len(events))
		}
	})
}

// A replay that came later keeps its event.
func TestRetainReplayed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		config := store.Config{Dir: dir, Unsafe: true, Retain: 48 * time.Hour}
		db := open(t, config)
		stop := running(t, db, quiet)
		event, ds := happened(t, db, 10, service)
		attempted(t, db, ds[0].Seq, 1, bellhop.Delivered)
		_, other := happened(t, db, 10, service)
		attempted(t, db, other[0].Seq, 1, bellhop.Delivered)
		time.Sleep(24 * time.Hour)
		replay, rs := happened(t, db, 10, service)
		attempted(t, db, rs[0].Seq, 1, bellhop.Delivered)
		stop()
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		inFile(t, dir, "UPDATE deliveries SET event = $1, replay_of = $2, origin = 'replay' WHERE seq = $3", event.Seq, ds[0].ID[:], rs[0].Seq)
		db = open(t, config)
		running(t, db, quiet)
		time.Sleep(25 * time.Hour)
		wantLeft(t, db, []int64{event.Seq, replay.Seq}, []int64{rs[0].Seq})
		time.Sleep(25 * time.Hour)
		wantLeft(t, db, nil, nil)
	})
}

// A program that dies in the middle of removing leaves a store in which everything is either
// there or gone, and the next one goes on.
func TestRetainAfterCrash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		db := open(t, store.Config{Dir: dir, Unsafe: true, Retain: time.Hour})
		var pending, kept []int64
		for i := range 600 {
			event, ds := happened(t, db, 10, service)
			if i%50 == 0 {
				pending, kept = append(pending, ds[0].Seq), append(kept, event.Seq)
				continue
			}
			attempted(t, db, ds[0].Seq, 1, bellhop.Delivered)
		}
		time.Sleep(2 * time.Hour)
		running(t, db, quiet)
		time.Sleep(50 * time.Millisecond) // some steps of 20 ms
		if events, deliveries := left(t, db); len(deliveries) == 600 || len(events) <= len(kept) {
			t.Fatalf("%d deliveries, %d events are left: that is not the middle", len(deliveries), len(events))
		}
		copied := t.TempDir()
		for _, name := range []string{"bellhop.db", "bellhop.db-wal", "key"} {
			content, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(copied, name), content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		db = open(t, store.Config{Dir: copied, Unsafe: true, Retain: time.Hour})
		running(t, db, quiet)
		time.Sleep(time.Minute)
		wantLeft(t, db, kept, pending)
	})
}
