package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"bellhop"
	"bellhop/internal/store"
	"bellhop/internal/store/storetest"
)

// hungry takes all deliveries into memory, so that their rows are deferred.
type hungry struct{}

func (hungry) Room(bellhop.ID) int      { return 1 << 20 }
func (hungry) HandOver([]store.Pending) {}

// Whatever happens, retention removes nothing that is pending and nothing by age that is
// younger; what is older and has finished is gone in the end. Also rows that are written late,
// and programs that end in between, change nothing.
func TestRetainInvariants(t *testing.T) {
	for seed := range uint64(retainSeeds) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				retainRandomly(t, store.Config{Dir: t.TempDir(), Unsafe: true}, rand.New(rand.NewPCG(seed, 1)), 300)
			})
		})
	}
	t.Run("PostgreSQL", func(t *testing.T) {
		config := storetest.Postgres(t)
		synctest.Test(t, func(t *testing.T) { retainRandomly(t, config, rand.New(rand.NewPCG(0, 2)), 80) })
	})
}

func retainRandomly(t *testing.T, config store.Config, random *rand.Rand, steps int) {
	type row struct {
		event, seq int64
		at         time.Time
		attempts   int
		finished   bool
	}
	const age = time.Hour
	config.Retain = age
	begin := func() (*store.DB, func()) {
		db := open(t, config)
		db.DeliverTo(hungry{})
		return db, running(t, db, quiet)
	}
	db, stop := begin()
	var rows []*row
	alone := map[int64]time.Time{} // events without deliveries
	for range steps {
		switch n := random.IntN(20); {
		case n < 8:
			event, ds := happened(t, db, random.IntN(3000), slices.Repeat([]bellhop.ID{service}, random.IntN(4))...)
			for _, d := range ds {
				rows = append(rows, &row{event: event.Seq, seq: d.Seq, at: time.Now()})
			}
			if len(ds) == 0 {
				alone[event.Seq] = time.Now()
			}
		case n < 18:
			if len(rows) == 0 {
				continue
			}
			r := rows[max(random.IntN(len(rows)), random.IntN(len(rows)))]
			if r.finished {
				continue
			}
			status := bellhop.DeliveryStatus(random.IntN(3))
			r.attempts++
			attempted(t, db, r.seq, r.attempts, status)
			r.finished = status != bellhop.Pending
		case n == 18:
			time.Sleep(time.Duration(random.Int64N(int64(20 * time.Minute))))
		case random.IntN(4) == 0:
			stop()
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			db, stop = begin()
		}
	}
	check := func(olderGo bool) {
		t.Helper()
		events, deliveries := left(t, db)
		for _, r := range rows {
			there := slices.Contains(deliveries, r.seq)
			switch old := time.Since(r.at) > age; {
			case !there && !r.finished:
				t.Errorf("delivery %d is gone, it was pending", r.seq)
			case !there && !old:
				t.Errorf("delivery %d is gone after %s", r.seq, time.Since(r.at))
			case there && old && r.finished && olderGo:
				t.Errorf("delivery %d is there after %s", r.seq, time.Since(r.at))
			}
			if there && !slices.Contains(events, r.event) {
				t.Errorf("event %d is gone, delivery %d is there", r.event, r.seq)
			}
		}
		for seq, at := range alone {
			if there := slices.Contains(events, seq); there == (time.Since(at) > age) && (there != olderGo || !there) {
				t.Errorf("event %d after %s: there is %v", seq, time.Since(at), there)
			}
		}
		for _, seq := range events {
			needed := slices.ContainsFunc(rows, func(r *row) bool {
				return r.event == seq && (!r.finished || time.Since(r.at) <= age)
			})
			if _, single := alone[seq]; olderGo && !needed && !single {
				t.Errorf("event %d is there, nothing needs it", seq)
			}
		}
	}
	check(false)
	time.Sleep(25 * time.Minute)
	check(true)
	time.Sleep(2 * age)
	check(true)
}
