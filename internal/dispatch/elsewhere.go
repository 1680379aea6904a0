package dispatch

import (
	"context"
	"time"

	"bellhop/internal/store"
)

// Told is called when another node has committed deliveries in lanes, the last of them at upTo. It
// returns the lanes that are not here.
func (d *Dispatcher) Told(lanes []store.LaneID, upTo store.Cursor) (elsewhere []store.LaneID) {
	d.feed.told(upTo.Seq)
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, id := range lanes {
		if s := d.shares[store.PartitionOf(id.Service)]; s == nil || s.ending {
			elsewhere = append(elsewhere, id)
		}
	}
	return elsewhere
}

// LookAgain makes all lanes look for what they may not have been told.
func (d *Dispatcher) LookAgain() {
	d.feed.mu.Lock()
	d.feed.look = true
	d.feed.wake()
	d.feed.mu.Unlock()
	d.lookBehind()
}

// lookBehind makes all lanes look at the store from its begin.
func (d *Dispatcher) lookBehind() {
	for _, l := range d.all() {
		l.lookBehind()
		l.lookWhetherToGoOn()
	}
}

// lookBehind reads what a lane may have overlooked.
func (l *lane) lookBehind() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fallBehind(store.Cursor{})
	l.queue.missAll()
	l.refill()
	l.probeSoon()
}

// pollEvery is how often the store is asked which lanes wait, in case that this node was not told.
const pollEvery = 1500 * time.Millisecond

// poll looks for lanes that wait and do not know it, until ctx ends.
func (d *Dispatcher) poll(ctx context.Context) {
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		var waiting []store.WaitingLane
		var last int64
		before := d.feed.done.Load()
		err := d.config.DB.ViewWaiting(ctx, "", func(tx *store.Tx) (err error) {
			if last, err = tx.LastDelivery(ctx); err != nil {
				return err
			}
			waiting, err = tx.WaitingIn(ctx, d.held())
			return err
		})
		if err != nil {
			continue // those who read their lanes tell of it
		}
		d.troubles.read.Passed("")
		if !d.feed.found(last, before) {
			d.lookBehind()
		}
		for _, w := range waiting {
			if l := d.lane(w.LaneID); l != nil && l.mayHaveOverlooked(w) {
				l.lookBehind()
				l.lookWhetherToGoOn()
			}
		}
	}
}

// held returns the partitions that are delivered here.
func (d *Dispatcher) held() (partitions []int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for p, s := range d.shares {
		if s != nil && !s.ending && s.running != nil {
			partitions = append(partitions, p)
		}
	}
	return partitions
}

// mayHaveOverlooked reports whether the lane, whose first delivery in the store is that one, has
// reason to read it, or to see whether it may go on.
func (l *lane) mayHaveOverlooked(w store.WaitingLane) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.stopped || l.gone:
		return false
	case l.parked || l.away.on:
		return true
	case l.pause.on:
		return !l.pause.probing && !l.pause.alarm.isSet() // it has found nothing to probe with
	case l.reader.behind, l.queue.known[w.Seq], w.Seq > l.d.feed.done.Load():
		return false // it reads or will, has it, or will be given it
	}
	return !l.due.isSet() || w.Due <= l.d.now()
}

// lookWhetherToGoOn wakes a lane that leaves all to the store, if there is no reason for that any
// more which somebody may have failed to tell.
func (l *lane) lookWhetherToGoOn() {
	l.mu.Lock()
	waits := l.parked || l.away.on
	l.mu.Unlock()
	if !waits {
		return
	}
	ctx, ok := l.begin()
	if !ok {
		return
	}
	go func() {
		defer l.end()
		if target, err := l.d.config.Target(ctx, l.id); err == nil && target.Active && !target.Away {
			l.wake()
		}
	}()
}
