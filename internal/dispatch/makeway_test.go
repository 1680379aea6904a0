package dispatch

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"bellhop"
	"bellhop/internal/store"
)

// TestMakeWay asks how long a publisher waits, by what a lane has queued and how fast it is.
//
// Contract: extensions.md 1: Publishing never waits
// Contract: extensions.md 1: Where a webhook takes
func TestMakeWay(t *testing.T) {
	const service = bellhop.ID("64b0f1a2c3d4e5f607182950")
	for name, c := range map[string]struct {
		queued    int
		perSecond float64
		change    func(l *lane)
		want      time.Duration
	}{
		"fast and little queued":            {wayAbove, 5000, nil, 0},
		"fast and much queued":              {wayAbove + 1, 5000, nil, speedStale},
		"as slow as its endpoint":           {wayAbove + 1, fastLane - 1, nil, 0},
		"it gets less":                      {wayAbove + 1, 5000, func(l *lane) { time.AfterFunc(100*time.Millisecond, func() { l.coming.Add(-1) }) }, 100 * time.Millisecond},
		"its endpoint hangs from now on":    {wayAbove + 1, 5000, func(l *lane) { l.speed.at = l.speed.at.Add(-speedStale) }, 0},
		"it is paused":                      {wayAbove + 1, 5000, func(l *lane) { l.pause.on = true }, 0},
		"it has just fallen behind":         {0, 5000, func(l *lane) { l.reader.fallBehind() }, speedStale},
		"it has been behind for some while": {0, 5000, func(l *lane) { l.reader.behind, l.reader.since = true, time.Now().Add(-wayBehind) }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := New(Config{})
				d.started.Store(true)
				l := d.lane(store.ServiceLane(service))
				l.coming.Store(int64(c.queued))
				l.speed = speed{at: time.Now(), perSecond: c.perSecond}
				if c.change != nil {
					c.change(l)
				}
				began := time.Now()
				passed := d.MakeWay(t.Context(), service, 7)
				if got := time.Since(began); got < c.want || got > c.want+wayPoll {
					t.Errorf("waited for %v, want %v", got, c.want)
				}
				before := l.coming.Load()
				if passed(); l.coming.Load() != before-7 {
					t.Errorf("%d deliveries are still coming, want %d", l.coming.Load(), before-7)
				}
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		d := New(Config{})
		d.started.Store(true)
		d.MakeWay(t.Context(), service, 1)() // of a service that nothing was sent to
		l := d.lane(store.ServiceLane(service))
		l.coming.Store(wayAbove + 1)
		l.speed = speed{at: time.Now(), perSecond: 5000}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		began := time.Now()
		go d.MakeWay(t.Context(), service, 1)
		d.MakeWay(ctx, service, 1)
		if got := time.Since(began); got > 50*time.Millisecond+wayPoll {
			t.Errorf("waited for %v beyond the end of the context", got)
		}
	})
}

func TestSpeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s speed
		for range 3 * speedSample {
			time.Sleep(time.Millisecond / 2)
			s.count()
		}
		if s.perSecond < 1900 || s.perSecond > 2100 || !s.isFast() {
			t.Errorf("%v per second, fast = %t, want 2000", s.perSecond, s.isFast())
		}
		time.Sleep(speedStale)
		if s.isFast() {
			t.Error("what has stopped counts as fast")
		}
	})
}
