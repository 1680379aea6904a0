package store_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"bellhop"
	"bellhop/internal/store"
)

// appended stores an event of that time with a delivery.
func appended(t testing.TB, db *store.DB, at bellhop.Time) (*bellhop.Event, bellhop.Delivery) {
	t.Helper()
	event := &bellhop.Event{Name: "order.created", Organization: organization, OrgPath: string(organization), Key: "k",
		CreatedAt: at, Payload: []byte("{}")}
	deliveries := []bellhop.Delivery{{Service: service}}
	update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.Append(ctx, event, deliveries) })
	return event, deliveries[0]
}

func dueNow(t testing.TB, db *store.DB, now bellhop.Time) (seqs []int64) {
	t.Helper()
	err := db.ViewDeliveries(t.Context(), func(tx *store.Tx) error {
		due, err := tx.Due(t.Context(), store.ServiceLane(service), now, store.Cursor{}, nil, 100)
		for _, p := range due {
			seqs = append(seqs, p.Delivery.Seq)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return seqs
}

func TestRestartKeepsNumbers(t *testing.T) { onBoth(t, restartKeepsNumbers) }

func restartKeepsNumbers(t *testing.T, config store.Config) {
	db := open(t, config)
	var lastEvent, lastDelivery int64
	for range 5 {
		event, d := appended(t, db, noon)
		if event.Seq <= lastEvent || d.Seq <= lastDelivery {
			t.Errorf("event %d after %d, delivery %d after %d", event.Seq, lastEvent, d.Seq, lastDelivery)
		}
		lastEvent, lastDelivery = event.Seq, d.Seq
		db = reopened(t, db, config)
	}
}

// What was dropped does not give its number to others: an event says which its deliveries are.
func TestRestartKeepsNumbersOfDropped(t *testing.T) {
	inBubbles(t, func(t *testing.T, config store.Config) {
		db := open(t, config)
		_, dropped := appended(t, db, noon)
		update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.DropDeliveries(ctx, service) })
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := db.Run(ctx, slog.New(slog.DiscardHandler)); err != nil {
			t.Fatal(err)
		}
		if got := dueNow(t, db, noon); len(got) != 0 {
			t.Fatalf("due: %v", got)
		}
		db = reopened(t, db, config)
		if _, d := appended(t, db, noon); d.Seq <= dropped.Seq {
			t.Errorf("delivery %d after %d", d.Seq, dropped.Seq)
		}
	})
}

// The clock goes back, the program is started again, and everything is due in the order in which it
// happened.
func TestRestartKeepsOrder(t *testing.T) { onBoth(t, restartKeepsOrder) }

func restartKeepsOrder(t *testing.T, config store.Config) {
	db := open(t, config)
	var want []int64
	for _, at := range []bellhop.Time{noon, noon + 5000, noon + 100, noon + 200} {
		_, d := appended(t, db, at)
		want = append(want, d.Seq)
		db = reopened(t, db, config)
	}
	// A retry that is due in an hour does not hold back what comes now.
	_, d := appended(t, db, noon+5000)
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Record(ctx, store.Result{Delivery: d.Seq, Due: noon.Add(time.Hour), Attempt: &bellhop.Attempt{Number: 1}})
		return err
	})
	db = reopened(t, db, config)
	_, d = appended(t, db, noon+5001)
	want = append(want, d.Seq)
	for _, now := range []bellhop.Time{noon + 300, noon + 5001, noon + 9000} {
		if got := dueNow(t, db, now); !slices.Equal(got, want) {
			t.Errorf("due at %d: %v, want %v", now-noon, got, want)
		}
	}
}

func TestRestartKeepsWhatWasAnswered(t *testing.T) { onBoth(t, restartKeepsWhatWasAnswered) }

func restartKeepsWhatWasAnswered(t *testing.T, config store.Config) {
	db := open(t, config)
	event, d := appended(t, db, noon)
	db = reopened(t, db, config)
	err := db.ViewDeliveries(t.Context(), func(tx *store.Tx) error {
		found, err := tx.Event(t.Context(), event.ID)
		stored, of, err2 := tx.Delivery(t.Context(), d.ID)
		if len(found) != 1 || found[0].FirstDelivery != d.Seq || stored.ID != d.ID || of.ID != event.ID {
			t.Errorf("found %+v and %+v of %+v", found, stored, of)
		}
		return errors.Join(err, err2)
	})
	if err != nil {
		t.Error(err)
	}
}
