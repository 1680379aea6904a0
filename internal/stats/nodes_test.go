package stats

import (
	"sync"
	"testing"
	"time"

	"bellhop"
	"bellhop/internal/store"
	"bellhop/internal/store/storetest"
)

// TestStatsOfTwoNodes: what several nodes count of a service and a minute is added up, and joined
// to hours once.
func TestStatsOfTwoNodes(t *testing.T) {
	t.Parallel()
	nodes := storetest.Nodes(t, 2)
	service, at := nodes[0].NewID(r0), r0
	later := func() time.Time { return at.Time().Add(48 * time.Hour) }
	var stats []*Stats
	for _, db := range nodes {
		stats = append(stats, New(Config{DB: db, Now: later}))
	}
	both := func(f func(s *Stats) error) {
		t.Helper()
		var all sync.WaitGroup
		for _, s := range stats {
			all.Go(func() {
				if err := f(s); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
	}
	both(func(s *Stats) error {
		for i := range 10 {
			s.Count(service, at+minute*bellhop.Time(i%2), true, time.Millisecond)
			if err := s.flush(t.Context(), ""); err != nil {
				return err
			}
		}
		return nil
	})
	both(func(s *Stats) error { return s.join(t.Context()) })
	var spans int
	var sum bellhop.Stat
	err := nodes[0].View(t.Context(), func(tx *store.Tx) error {
		return tx.Stats(t.Context(), service, at, at+60*minute, func(s *bellhop.Stat) {
			spans++
			sum.Add(s)
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	if spans != 1 || sum.Delivered != 20 {
		t.Errorf("%d spans with %d attempts, want one with 20", spans, sum.Delivered)
	}
}
