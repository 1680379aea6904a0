package dispatch

import (
	"context"
	"slices"

	"bellhop/internal/store"
)

// Take begins to deliver partitions that now belong to this node, under that id. It does not
// block: what waits in them is read in a moment, as after a restart.
func (d *Dispatcher) Take(node store.NodeID, partitions []int) {
	d.mu.Lock()
	for _, p := range partitions {
		if d.shares[p] == nil {
			d.shares[p] = &share{partition: p, node: node}
		}
	}
	d.mu.Unlock()
	d.feed.took()
	d.wantTaken()
}

func (d *Dispatcher) wantTaken() {
	select {
	case d.taken <- struct{}{}:
	default:
	}
}

// takeMore begins with what was taken, until ctx ends.
func (d *Dispatcher) takeMore(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.taken:
		}
		shares := d.notBegun()
		if len(shares) == 0 {
			continue
		}
		if err := d.beginShares(ctx, shares); err != nil {
			d.troubles.take.Failed(ctx, "", err, "count", len(shares))
			if wait(ctx, troubleWait) {
				d.wantTaken()
			}
			continue
		}
		d.troubles.take.Passed("")
	}
}

// notBegun returns the shares that were taken and have not begun.
func (d *Dispatcher) notBegun() (shares []*share) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range d.shares {
		if s != nil && !s.ending && s.running == nil {
			shares = append(shares, s)
		}
	}
	return shares
}

// beginShares finds the lanes of shares in the store, and lets them start. What is handed over
// meanwhile makes lanes, too, which are behind.
func (d *Dispatcher) beginShares(ctx context.Context, shares []*share) error {
	var partitions []int
	for _, s := range shares {
		partitions = append(partitions, s.partition)
	}
	var waiting []store.WaitingLane
	var pauses []store.Pause
	var last int64
	err := d.config.DB.ViewWaiting(ctx, "", func(tx *store.Tx) (err error) {
		if last, err = tx.LastDelivery(ctx); err != nil {
			return err
		}
		if waiting, err = tx.WaitingIn(ctx, partitions); err != nil {
			return err
		}
		pauses, err = tx.Pauses(ctx)
		return err
	})
	if err != nil {
		return err
	}
	if len(d.held()) == 0 {
		d.feed.begin(last)
	}
	d.restorePauses(partitions, pauses)
	ids := make([]store.LaneID, len(waiting))
	for i, w := range waiting {
		ids[i] = w.LaneID
	}
	d.holdBack(ids)
	d.mu.Lock()
	for _, s := range shares {
		if d.running == nil || s.ending {
			continue // it was given or dropped meanwhile
		}
		s.running, s.abandon = context.WithCancel(d.running)
		s.from = last
		s.begun.Store(true)
	}
	d.mu.Unlock()
	for _, l := range d.all() {
		if slices.Contains(shares, l.share) {
			l.wake()
		}
	}
	return nil
}

// restorePauses takes over the pauses of lanes in partitions, before any of these may start.
func (d *Dispatcher) restorePauses(partitions []int, pauses []store.Pause) {
	if d.config.limits.taking != nil {
		d.config.limits.taking()
	}
	for _, p := range pauses {
		if slices.Contains(partitions, store.PartitionOf(p.Service)) {
			if l := d.lane(p.LaneID); l != nil {
				l.restorePause(p)
			}
		}
	}
}

// Give ends the delivering of a partition, which another node will take: it starts no attempt of
// it any more, lets those under way end, and returns when what came of them is recorded. If ctx
// ends before, it returns its error, and has not given.
func (d *Dispatcher) Give(ctx context.Context, partition int) error {
	d.mu.Lock()
	s := d.shares[partition]
	if s != nil {
		s.ending = true
	}
	d.mu.Unlock()
	if s == nil {
		return nil
	}
	lanes := d.lanesOf(s)
	for _, l := range lanes {
		l.stop()
	}
	done := make(chan struct{})
	go func() {
		s.hands.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
		return ctx.Err()
	}
	d.release(s)
	return nil
}

// Drop ends the delivering of all partitions at once: others may be delivering them already.
// Attempts are cut off, and nothing of them is recorded.
func (d *Dispatcher) Drop() {
	d.mu.Lock()
	var shares []*share
	for _, s := range d.shares {
		if s != nil {
			s.ending = true
			s.lost.Store(true)
			shares = append(shares, s)
		}
	}
	d.mu.Unlock()
	for _, s := range shares {
		d.release(s)
	}
	d.recorder.drop()
}

// release forgets a share and its lanes.
func (d *Dispatcher) release(s *share) {
	for _, l := range d.lanesOf(s) {
		l.leave()
		d.forget(l)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if s.abandon != nil {
		s.abandon()
	}
	if d.shares[s.partition] == s {
		d.shares[s.partition] = nil
	}
}

func (d *Dispatcher) lanesOf(s *share) (lanes []*lane) {
	for _, l := range d.all() {
		if l.share == s {
			lanes = append(lanes, l)
		}
	}
	return lanes
}

// leave ends the lane for good, and gives back its memory.
func (l *lane) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stopLocked()
	l.gone = true
	l.putAllBack() // what is read just now is too late, too
}
