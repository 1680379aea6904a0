package dispatch

import (
	"context"
	"sync"
	"sync/atomic"

	"bellhop/internal/store"
)

// share is a partition that this dispatcher delivers, or all of them if no other node does.
type share struct {
	partition int
	node      store.NodeID   // as whom this node delivers it; "" if there are no nodes
	begun     atomic.Bool    // its lanes have been found in the store: they may start
	from      int64          // its lanes read all up to this number; set before begun
	lost      atomic.Bool    // another node may deliver it: nothing may be written any more
	hands     sync.WaitGroup // goroutines of its lanes, and results that are not recorded yet

	// Guarded by Dispatcher.mu:
	ending  bool            // nothing more starts
	running context.Context // of its attempts; nil before it has begun
	abandon context.CancelFunc
}

// mayWrite reports whether results of the share may be written in tx. A node that was taken for
// dead goes on under another id, and others may be delivering what it had.
func (s *share) mayWrite(tx *store.Tx) bool { return !s.lost.Load() && tx.Node() == s.node }

// begin returns the context for one more goroutine of the lane, or false if none may start. The
// goroutine calls end at its end.
func (l *lane) begin() (context.Context, bool) {
	d := l.d
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.running == nil || l.share.running == nil || l.share.ending {
		return nil, false
	}
	d.attempts.Add(1)
	l.share.hands.Add(1)
	return l.share.running, true
}

func (l *lane) end() {
	l.share.hands.Done()
	l.d.attempts.Done()
}

// start lets shares begin.
func (d *Dispatcher) start(attempts context.Context) {
	d.mu.Lock()
	d.running = attempts
	d.mu.Unlock()
	d.started.Store(true)
}

// takeAll begins to deliver everything, of which there is one share.
func (d *Dispatcher) takeAll(ctx, attempts context.Context) error {
	var waiting []store.LaneID
	var pauses []store.Pause
	err := d.config.DB.ViewWaiting(ctx, "", func(tx *store.Tx) (err error) {
		if waiting, err = tx.Waiting(ctx); err != nil {
			return err
		}
		pauses, err = tx.Pauses(ctx)
		return err
	})
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return err
	}
	// Before anything may start: a commit that comes just now must not send what waits.
	for _, p := range pauses {
		d.lane(p.LaneID).restorePause(p)
	}
	d.holdBack(waiting)
	everything := d.shares[0]
	d.mu.Lock()
	d.running, everything.running = attempts, attempts
	d.mu.Unlock()
	everything.begun.Store(true)
	d.started.Store(true)
	// Also those that were handed something since the store was read.
	for _, l := range d.all() {
		l.wake()
	}
	return nil
}

// holdBack makes lanes that have something in the store begin with that, whatever they are given between the begin of their
// share and their first look. It is called before the begin.
func (d *Dispatcher) holdBack(waiting []store.LaneID) {
	for _, id := range waiting {
		if l := d.lane(id); l != nil {
			l.mu.Lock()
			l.fallBehind(store.Cursor{})
			l.mu.Unlock()
		}
	}
}
