package dispatch

import (
	"context"
	"time"

	"bellhop"
	"bellhop/internal/store"
)

const (
	// wayAbove is how much has to be queued in a lane before publishers make way for it.
	wayAbove = 2048

	// fastLane is how many deliveries a second say that not the endpoint limits a lane but
	// this machine. A slower endpoint never makes a publisher wait.
	fastLane = 1000

	wayPoll = 2 * time.Millisecond

	// wayBehind is for how long publishers make way for a lane that has fallen behind. One
	// with a long backlog catches up beside them.
	wayBehind = 3 * time.Second

	speedSample = 256 // deliveries
	speedStale  = 500 * time.Millisecond
)

// speed measures how fast a lane gets rid of its deliveries.
type speed struct {
	ended     int       // since at
	at        time.Time // the end of the last sample
	perSecond float64
}

// count counts an attempt that is over.
func (s *speed) count() {
	if s.ended++; s.ended < speedSample {
		return
	}
	now := time.Now()
	s.perSecond = speedSample / max(now.Sub(s.at).Seconds(), 1e-6)
	s.at, s.ended = now, 0
}

// isFast reports whether the lane was fast just now.
func (s *speed) isFast() bool {
	return s.perSecond >= fastLane && time.Since(s.at) < speedStale
}

// MakeWay is called before n deliveries are committed for a service; passed is called when
// they are. If its endpoint takes deliveries faster than this machine makes them,
// publishing more would only take processor time from delivering, and move what waits from
// memory to the store and back: then it waits, until ctx ends at most, for less to be
// queued. It never waits for an endpoint.
func (d *Dispatcher) MakeWay(ctx context.Context, service bellhop.ID, n int) (passed func()) {
	l := d.known(store.ServiceLane(service))
	if l == nil {
		return func() {}
	}
	passed = func() { l.coming.Add(-int64(n)) }
	if !l.wantsWay() {
		l.coming.Add(int64(n))
		return passed
	}
	select {
	case l.way <- struct{}{}: // one after the other
		for l.wantsWay() && wait(ctx, wayPoll) {
		}
		l.coming.Add(int64(n))
		<-l.way
	case <-ctx.Done():
		l.coming.Add(int64(n))
	}
	return passed
}

func (l *lane) wantsWay() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.waits() || !l.speed.isFast() {
		return false
	}
	if l.reader.behind {
		return time.Since(l.reader.since) < wayBehind
	}
	return len(l.queue.ready)+l.queue.waiting+int(l.coming.Load()) > wayAbove
}
