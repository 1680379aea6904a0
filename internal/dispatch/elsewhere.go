package dispatch

import (
	"context"
	"time"

	"bellhop/internal/store"
)

// Where nodes share a store, others commit deliveries of the lanes that are here. A lane must not
// take what this node commits before it has read what another one has committed before. Numbers
// of deliveries ascend in the order of commits on all nodes: so where numbers are missing between
// two commits of this node, there was another one between.

// progress is what is known of the commits of all nodes.
type progress struct {
	handed    int64        // the last delivery that was handed over here
	gaps      int64        // how often numbers were missing before what was handed over
	committed store.Cursor // whoever begins to read now sees everything up to here
}

// progressTo notes what was committed here.
func (d *Dispatcher) progressTo(committed []store.Pending) {
	if !d.config.Shared || len(committed) == 0 {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	p := &d.progress
	for i := range committed {
		seq := committed[i].Delivery.Seq
		if seq != p.handed+1 {
			p.gaps++
		}
		p.handed = max(p.handed, seq)
	}
	p.note(store.CursorAt(&committed[len(committed)-1].Delivery))
}

func (p *progress) note(upTo store.Cursor) {
	if p.committed.Before(upTo) {
		p.committed = upTo
	}
}

// known returns what is known of the commits of all nodes.
func (d *Dispatcher) knownProgress() progress {
	if !d.config.Shared {
		return progress{}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.progress
}

// Told is called when another node has committed deliveries in lanes, the last of them at upTo. It
// returns the lanes that are not here.
func (d *Dispatcher) Told(lanes []store.LaneID, upTo store.Cursor) (elsewhere []store.LaneID) {
	d.mu.Lock()
	d.progress.note(upTo)
	d.mu.Unlock()
	for _, id := range lanes {
		if l := d.lane(id); l != nil {
			l.lookBehind()
		} else {
			elsewhere = append(elsewhere, id)
		}
	}
	return elsewhere
}

// LookAgain makes all lanes look for what they may not have been told.
func (d *Dispatcher) LookAgain() {
	for _, l := range d.all() {
		l.lookBehind()
		l.lookWhetherToGoOn()
	}
}

// lookBehind reads what others may have committed.
func (l *lane) lookBehind() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.overlooked()
	l.refill()
	l.probeSoon()
}

// overlooked notes that the store may have got more since the lane has read it.
func (l *lane) overlooked() {
	l.reader.fallBehind()
	l.reader.pullBack(l.reader.floor)
	l.queue.missAll()
}

// isUpToDate reports whether nobody else has committed anything since the lane has read the store.
func (l *lane) isUpToDate() bool {
	return !l.d.config.Shared || l.reader.gaps == l.d.knownProgress().gaps
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
		err := d.config.DB.ViewDeliveries(ctx, func(tx *store.Tx) (err error) {
			waiting, err = tx.WaitingIn(ctx, d.held())
			return err
		})
		if err != nil {
			continue // those who read their lanes tell of it
		}
		d.troubles.read.Passed("")
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

// mayHaveOverlooked reports whether the lane, whose first delivery in the store is due then, has
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
	case l.reader.behind:
		return false // it reads, or will
	}
	return len(l.queue.known) > 0 || !l.due.isSet() || w.Due <= l.d.now()
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
