package store_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"bellhop"
	"bellhop/internal/query"
	"bellhop/internal/store"
)

// running keeps db in shape until the function that it returns is called, or the test ends.
func running(t testing.TB, db *store.DB, log *slog.Logger) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- db.Run(ctx, log) }()
	stop = func() {
		if cancel(); done != nil {
			if err := <-done; err != nil {
				t.Error(err)
			}
			done = nil
		}
	}
	t.Cleanup(stop)
	return stop
}

var quiet = slog.New(slog.DiscardHandler)

// happened stores an event of now with a delivery to each of services.
func happened(t testing.TB, db *store.DB, payload int, services ...bellhop.ID) (*bellhop.Event, []bellhop.Delivery) {
	t.Helper()
	event := &bellhop.Event{Name: "order.created", Organization: organization, OrgPath: string(organization), Key: "k",
		CreatedAt: bellhop.TimeOf(time.Now()), Payload: []byte(strings.Repeat("x", payload))}
	deliveries := make([]bellhop.Delivery, len(services))
	for i, service := range services {
		deliveries[i].Service = service
	}
	update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.Append(ctx, event, deliveries) })
	return event, deliveries
}

// attempted records an attempt of a delivery that is pending.
func attempted(t testing.TB, db *store.DB, seq int64, number int, status bellhop.DeliveryStatus) {
	t.Helper()
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		now := bellhop.TimeOf(time.Now())
		pending, err := tx.Record(ctx, store.Result{Delivery: seq, Status: status, Due: now, At: now, Attempt: &bellhop.Attempt{Number: number, At: now}})
		if err == nil && !pending {
			t.Errorf("delivery %d was not pending", seq)
		}
		return err
	})
}

// left returns the numbers of the events and deliveries that are there, as lists show them.
func left(t testing.TB, db *store.DB) (events, deliveries []int64) {
	t.Helper()
	err := db.ViewDeliveries(t.Context(), func(tx *store.Tx) error {
		for page := 0; page%1000 == 0; {
			text := fmt.Sprintf("sort=id&limit=1000&offset=%d", page)
			q, err := query.Parse(bellhop.Events, text)
			if err != nil {
				return err
			}
			found, _, err := tx.Events(t.Context(), q, store.Visible{All: true})
			if err != nil {
				return err
			}
			for _, e := range found {
				events = append(events, e.Seq)
			}
			if page += len(found); len(found) == 0 {
				break
			}
		}
		for page := 0; page%1000 == 0; {
			q, err := query.Parse(bellhop.Deliveries, fmt.Sprintf("sort=id&limit=1000&offset=%d", page))
			if err != nil {
				return err
			}
			found, _, err := tx.Deliveries(t.Context(), q, store.Visible{All: true})
			if err != nil {
				return err
			}
			for _, d := range found {
				deliveries = append(deliveries, d.Seq)
			}
			if page += len(found); len(found) == 0 {
				break
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return events, deliveries
}

func wantLeft(t testing.TB, db *store.DB, events, deliveries []int64) {
	t.Helper()
	gotEvents, gotDeliveries := left(t, db)
	if !slices.Equal(gotEvents, events) || !slices.Equal(gotDeliveries, deliveries) {
		t.Errorf("left are events %v, deliveries %v, want %v and %v", gotEvents, gotDeliveries, events, deliveries)
	}
}
