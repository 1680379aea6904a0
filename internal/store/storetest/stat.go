package storetest

import (
	"context"
	"maps"
	"testing"
	"time"

	"bellhop"
	"bellhop/internal/store"
)

func testStats(t *testing.T, open Opener) {
	const hour, minute = bellhop.Time(3_600_000), bellhop.Time(60_000)
	stat := func(at bellhop.Time, delivered, failed int64, took ...time.Duration) *bellhop.Stat {
		s := &bellhop.Stat{Service: service, At: at, Delivered: delivered, Failed: failed}
		for _, d := range took {
			s.Durations.Count(d)
		}
		return s
	}
	add := func(t *testing.T, db *store.DB, stats ...*bellhop.Stat) {
		t.Helper()
		update(t, db, func(ctx context.Context, tx *store.Tx) error {
			for _, s := range stats {
				if err := tx.AddStat(ctx, s); err != nil {
					return err
				}
			}
			return nil
		})
	}
	read := func(t *testing.T, db *store.DB, from, to bellhop.Time) map[bellhop.Time]bellhop.Stat {
		t.Helper()
		found := map[bellhop.Time]bellhop.Stat{}
		view(t, db, func(ctx context.Context, tx *store.Tx) error {
			return tx.Stats(ctx, service, from, to, func(s *bellhop.Stat) { found[s.At] = *s })
		})
		return found
	}

	with(t, "AddsUp", open, func(t *testing.T, db *store.DB) {
		add(t, db, stat(noon, 2, 1, time.Millisecond), stat(noon+minute, 1, 0))
		add(t, db, stat(noon, 3, 4, time.Second, time.Second))
		found := read(t, db, noon, noon+minute)
		s := found[noon]
		median, _ := s.Durations.Percentile(50)
		if len(found) != 1 || s.Service != service || s.Delivered != 5 || s.Failed != 5 || median < 900*time.Millisecond {
			t.Errorf("%d spans, the first %d and %d, median %v, want one: 5 and 5, about 1 s", len(found), s.Delivered, s.Failed, median)
		}
	})

	with(t, "Sums", open, func(t *testing.T, db *store.DB) {
		other := stat(noon+6*minute, 7, 0)
		other.Service = "64b0f1a2c3d4e5f607182951"
		stranger := stat(noon, 100, 100)
		stranger.Service = "64b0f1a2c3d4e5f607182952"
		add(t, db, stat(noon-minute, 50, 0), stat(noon, 1, 2), stat(noon+4*minute, 3, 0), stat(noon+5*minute, 4, 0), stat(noon+10*minute, 50, 0), other, stranger)
		type place struct {
			service bellhop.ID
			span    int
		}
		found := map[place][2]int64{}
		view(t, db, func(ctx context.Context, tx *store.Tx) error {
			return tx.StatSums(ctx, []bellhop.ID{service, other.Service}, noon, noon+10*minute, 5*time.Minute, func(span int, sum *bellhop.Stat) {
				found[place{sum.Service, span}] = [2]int64{sum.Delivered, sum.Failed}
				if sum.At != noon+bellhop.Time(span)*5*minute {
					t.Errorf("span %d begins at %v", span, sum.At)
				}
			})
		})
		want := map[place][2]int64{{service, 0}: {4, 2}, {service, 1}: {4, 0}, {other.Service, 1}: {7, 0}}
		if !maps.Equal(found, want) {
			t.Errorf("sums %v, want %v", found, want)
		}
	})

	with(t, "JoinAndDrop", open, func(t *testing.T, db *store.DB) {
		add(t, db, stat(noon-minute, 1, 0, time.Second), stat(noon, 2, 0, time.Second), stat(noon+minute, 4, 1, time.Second), stat(noon+hour, 8, 0))
		join := func(n, want int) {
			t.Helper()
			update(t, db, func(ctx context.Context, tx *store.Tx) error {
				got, err := tx.JoinStats(ctx, noon+hour, n)
				if got != want {
					t.Errorf("%d minutes are joined, want %d", got, want)
				}
				return err
			})
		}
		join(2, 2)
		join(2, 1)
		join(2, 0)
		found := read(t, db, 0, noon+2*hour)
		if len(found) != 3 || found[noon-hour].Delivered != 1 || found[noon].Delivered != 6 || found[noon].Failed != 1 || found[noon+hour].Delivered != 8 {
			t.Errorf("joined to %d spans: %d, %d, %d", len(found), found[noon-hour].Delivered, found[noon].Delivered, found[noon+hour].Delivered)
		}
		update(t, db, func(ctx context.Context, tx *store.Tx) error {
			if n, err := tx.DropStats(ctx, noon+2*hour, 2); n != 2 || err != nil {
				t.Errorf("DropStats = %d, %v, want 2", n, err)
			}
			n, err := tx.DropStats(ctx, noon+hour, 2)
			if n != 1 {
				t.Errorf("DropStats = %d, want 1: the last one that is older", n)
			}
			return err
		})
		if found := read(t, db, 0, noon+2*hour); len(found) != 0 {
			t.Errorf("%d spans are left", len(found))
		}
	})
}
