package store_test

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"bellhop"
	"bellhop/internal/store"
	"bellhop/internal/store/storetest"
)

// BenchmarkWritePath measures an event with one delivery and its result, as the
// server writes them: publishers that wait for the fsync, results in batches.
func BenchmarkWritePath(b *testing.B) {
	for _, engine := range []struct {
		name   string
		config func(b *testing.B) store.Config
	}{
		{"sqlite", func(b *testing.B) store.Config { return store.Config{Dir: b.TempDir()} }},
		{"postgres", func(b *testing.B) store.Config {
			config := storetest.Postgres(b)
			config.Unsafe = false
			return config
		}},
	} {
		b.Run(engine.name+"/one", func(b *testing.B) { benchmarkWritePath(b, engine.config(b), 1) })
		b.Run(engine.name+"/array of 100", func(b *testing.B) { benchmarkWritePath(b, engine.config(b), 100) })
	}
}

// benchmarkWritePath counts events, of which each publisher sends some at once. On PostgreSQL the time of the processor is
// that of this process alone.
func benchmarkWritePath(b *testing.B, config store.Config, atOnce int) {
	var batches, updates atomic.Int64
	config.Observe = func(batch store.Batch) {
		batches.Add(1)
		updates.Add(int64(batch.Updates))
	}
	db, err := store.Open(b.Context(), config)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	ctx, cancel := context.WithCancel(b.Context())
	var wg sync.WaitGroup
	wg.Go(func() { db.Run(ctx, slog.Default()) })
	payload := []byte(strings.Repeat("x", 1024))
	results := make(chan store.Result, 64*1024)
	db.DeliverTo(&receiver{room: 1 << 20, handOver: func(appended []store.Pending) {
		for _, p := range appended {
			results <- store.Result{
				Delivery: p.Delivery.Seq, Status: bellhop.Delivered, At: 1,
				Attempt: &bellhop.Attempt{Number: 1, Status: 200, URL: "https://example.com/hook",
					RequestHeaders:  bellhop.Headers{{Name: "Content-Type", Value: "application/json"}, {Name: "X-Hub-Signature", Value: strings.Repeat("a", 45)}},
					ResponseHeaders: bellhop.Headers{{Name: "Content-Type", Value: "application/json"}}, ResponseBody: []byte(`{"status":"ok"}`)},
			}
		}
	}})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for r := range results {
			batch := []store.Result{r}
			for len(results) > 0 && len(batch) < 512 {
				batch = append(batch, <-results)
			}
			err := db.UpdateSoon(b.Context(), func(tx *store.Tx) error {
				_, err := tx.RecordAll(b.Context(), batch)
				return err
			})
			if err != nil {
				b.Error(err)
			}
		}
	}()
	b.SetParallelism(max(32/atOnce, 2))
	b.ReportAllocs()
	b.ResetTimer()
	before := cpuTime(b)
	b.RunParallel(func(pb *testing.PB) {
		for more := true; more; {
			n := 0
			for more = true; n < atOnce && more; {
				if more = pb.Next(); more {
					n++
				}
			}
			at := bellhop.TimeOf(time.Now())
			ids, err := db.NewEventIDs(b.Context(), at, n)
			if err != nil {
				b.Error(err)
				return
			}
			err = db.Update(b.Context(), func(tx *store.Tx) error {
				for _, id := range ids {
					event := &bellhop.Event{ID: id, Name: "order.created", Organization: "64b0f1a2c3d4e5f60718293a", OrgPath: "64b0f1a2c3d4e5f60718293a",
						Key: "64b0f1a2c3d4e5f60718293a", CreatedAt: at, Payload: payload}
					if err := tx.Append(b.Context(), event, []bellhop.Delivery{{Service: "64b0f1a2c3d4e5f607182950"}}); err != nil {
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
	close(results)
	<-done
	b.StopTimer()
	b.ReportMetric(float64((cpuTime(b)-before).Nanoseconds())/float64(b.N)/1e3, "cpu-µs/op")
	b.ReportMetric(float64(updates.Load())/float64(batches.Load()), "updates/batch")
	cancel()
	wg.Wait()
}

// cpuTime returns what this process has used.
func cpuTime(b *testing.B) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
