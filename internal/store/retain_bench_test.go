//go:build !race

package store_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"bellhop"
	"bellhop/internal/store"
)

// BenchmarkRetain compares the write path of an empty store that keeps everything with
// that of a store where retention removes as fast as events come, by age or by size.
func BenchmarkRetain(b *testing.B) {
	b.Run("empty", func(b *testing.B) { benchmarkRetain(b, store.Config{}) })
	b.Run("age", func(b *testing.B) { benchmarkRetain(b, store.Config{Retain: 2 * time.Second}) })
	b.Run("size", func(b *testing.B) { benchmarkRetain(b, store.Config{RetainSize: 64 << 20}) })
}

// benchmarkRetain appends events with a delivery each in arrays of 100, from four
// publishers, and records the results. With limits it measures when the store is full.
func benchmarkRetain(b *testing.B, config store.Config) {
	config.Dir = b.TempDir()
	db := open(b, config)
	running(b, db, quiet)
	results := make(chan []store.Pending, 4096)
	db.DeliverTo(feed(results))
	var recording sync.WaitGroup
	recording.Go(func() {
		for batch := range results {
			if err := db.UpdateSoon(b.Context(), func(tx *store.Tx) error { return recordAll(b.Context(), tx, batch) }); err != nil {
				b.Error(err)
			}
		}
	})
	const array = 100
	publish := func(arrays int) {
		var publishers sync.WaitGroup
		for range 4 {
			publishers.Go(func() {
				for range arrays / 4 {
					err := db.Update(b.Context(), func(tx *store.Tx) error {
						for range array {
							event := &bellhop.Event{Name: "order.created", Organization: organization, OrgPath: string(organization), Key: "k",
								CreatedAt: bellhop.TimeOf(time.Now()), Payload: []byte(strings.Repeat("x", 1024))}
							if err := tx.Append(b.Context(), event, []bellhop.Delivery{{Service: service}}); err != nil {
								return err
							}
						}
						return nil
					})
					if err != nil {
						b.Error(err)
					}
				}
			})
		}
		publishers.Wait()
	}
	if config.Retain > 0 || config.RetainSize > 0 {
		for began := time.Now(); time.Since(began) < 2*config.Retain || sizeOf(b, config.Dir, "bellhop.db") < config.RetainSize; {
			publish(40)
		}
	}
	b.ResetTimer()
	before := cpuTime(b)
	for range b.N {
		publish(4)
	}
	b.StopTimer()
	b.ReportMetric(float64((cpuTime(b)-before).Microseconds())/float64(b.N*4*array), "cpu-µs/event")
	b.ReportMetric(float64(b.N)*4*array/b.Elapsed().Seconds(), "events/s")
	b.ReportMetric(float64(sizeOf(b, config.Dir, "bellhop.db")>>20), "MiB")
	close(results)
	recording.Wait()
}

// feed takes all deliveries into memory and hands them to whoever records.
type feed chan []store.Pending

func (feed) Room(bellhop.ID) int                  { return 1 << 20 }
func (f feed) HandOver(committed []store.Pending) { f <- committed }

func recordAll(ctx context.Context, tx *store.Tx, batch []store.Pending) error {
	for _, p := range batch {
		_, err := tx.Record(ctx, store.Result{Delivery: p.Delivery.Seq, Status: bellhop.Delivered, At: bellhop.TimeOf(time.Now()),
			Attempt: &bellhop.Attempt{Number: 1, Status: 200, URL: "https://example.com/hook",
				RequestHeaders:  bellhop.Headers{{Name: "Content-Type", Value: "application/json"}, {Name: "X-Hub-Signature", Value: strings.Repeat("a", 45)}},
				ResponseHeaders: bellhop.Headers{{Name: "Content-Type", Value: "application/json"}}, ResponseBody: []byte(`{"status":"ok"}`)}})
		if err != nil {
			return err
		}
	}
	return nil
}
