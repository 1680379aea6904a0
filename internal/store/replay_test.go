package store

import (
	"math"
	"runtime"
	"strings"
	"testing"

	"bellhop"
)

// TestReplayReadsLittle: a replay of a long range reads step by step, by indexes.
func TestReplayReadsLittle(t *testing.T) {
	events := 100_000
	if raceEnabled {
		events = 10_000 // SQLite takes twenty times as long
	}
	const (
		service = bellhop.ID("64b0f1a2c3d4e5f607182950")
		noon    = bellhop.Time(1_716_724_800_000)
	)
	db, err := Open(t.Context(), Config{Dir: t.TempDir(), Unsafe: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	for _, text := range []string{
		`WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $1)
			INSERT INTO events (seq, salt, name, organization, org_path, key, created_at, payload, instance_at, first_delivery, deliveries)
			SELECT i + 1, 0, 'order.created', 'o', 'o', 'k', $2 + i, zeroblob(1000), 0, i + 1, 1 FROM n`,
		`INSERT INTO deliveries (seq, salt, event, service, partition, status, due, ends, attempts, last_status, last_error, created_at, delivered_at)
			SELECT seq, 0, seq, $3, $4, 1, created_at, created_at, 1, 200, '', created_at, created_at FROM events`,
	} {
		if _, err := db.writer.conn.ExecContext(t.Context(), text, events, noon, service, PartitionOf(service)); err != nil {
			t.Fatal(err)
		}
	}
	for _, status := range []bellhop.ReplayStatus{bellhop.ReplayDead, bellhop.ReplayAny, bellhop.ReplayMissing} {
		r := &bellhop.Replay{Service: service, From: noon + 100, To: noon + bellhop.Time(events) - 100, Status: status}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		steps, found := 0, 0
		for whole := false; !whole; steps++ {
			err := db.ViewDeliveries(t.Context(), func(tx *Tx) (err error) {
				if steps == 0 {
					if r.Range, err = tx.ReplayRange(t.Context(), r.From, r.To); err != nil {
						return err
					}
					r.At = bellhop.ReplayPoint{Event: r.Range.FirstEvent - 1, Delivery: r.Range.FirstDelivery - 1}
				}
				f, err := tx.NextReplayed(t.Context(), r, math.MaxInt, func(*bellhop.Event) bool { return true })
				r.At, whole, found = f.At, f.Whole, found+len(f.Events)
				if len(f.Events) > replayStep {
					t.Errorf("%s: one step has found %d events", status, len(f.Events))
				}
				checkPlans(t, tx)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		runtime.ReadMemStats(&after)
		if perStep := (after.TotalAlloc - before.TotalAlloc) / uint64(steps); perStep > 8<<20 {
			t.Errorf("%s: a step takes %d bytes of memory", status, perStep)
		}
		want := 0
		if status == bellhop.ReplayAny {
			want = events - 200
		}
		if found != want || steps < events/replayStep {
			t.Errorf("%s: %d events in %d steps, want %d", status, found, steps, want)
		}
	}
}

// checkPlans fails if a statement of this session that looks for events or deliveries reads a whole
// table.
func checkPlans(t *testing.T, tx *Tx) {
	t.Helper()
	for text := range tx.session.prepared {
		if !strings.HasPrefix(text, "SELECT") {
			continue
		}
		args := make([]any, strings.Count(text, "$"))
		for i := len(args); i > 0 && !strings.Contains(text, "$"+string(rune('0'+i))); i-- {
			args = args[:i-1]
		}
		rows, err := tx.query(t.Context(), "EXPLAIN QUERY PLAN "+text, args...)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		for rows.Next() {
			var id, parent, unused int
			var detail string
			if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
				t.Fatal(err)
			}
			whole := strings.Contains(detail, "SCAN") && !strings.Contains(detail, "SCAN (subquery") && !strings.Contains(detail, "CONSTANT ROW")
			if whole && !strings.Contains(text, "min(seq)") && !strings.Contains(text, "LIMIT") || strings.Contains(detail, "TEMP B-TREE") {
				t.Errorf("%s\nreads all: %s", text, detail)
			}
		}
		rows.Close()
	}
}
