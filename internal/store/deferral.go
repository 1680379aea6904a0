package store

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"bellhop"
)

// Most deliveries end with their first attempt, moments after their event. The row of such
// a delivery is deferred: the event's own row lists what makes it up, and it is written
// once, complete, with the result of the attempt. Deferred are deliveries that the receiver
// takes into memory. Their rows are written earlier when somebody is about to read
// them, when they get old, and when the store is closed; after a crash Open writes those
// that are missing.
//
// Where to look for these is kept in the table deferral: the events below its first_event
// have all their rows. An event with a lower number, one that was numbered long before it
// was appended, defers nothing.

// receiver delivers what was committed.
type receiver interface {
	// Room returns how many deliveries of that lane would be taken into memory now. It is
	// asked within a transaction, must not block, and not use the store. A wrong answer
	// costs time and nothing else.
	Room(lane bellhop.ID) int

	// HandOver is given the deliveries of each commit, in the order of commits, before the
	// callers of Update are answered. It must not block and not use the store.
	HandOver(committed []Pending)
}

const (
	deferFor   = 5 * time.Second // then a row is written by the next commit
	deferBytes = 16 << 20        // of payload that deferred rows may hold in memory
	oldStep    = 256             // old rows that one commit writes

	// markEvery is how often first_event is moved, markSlack how far it stays behind the
	// newest number: what was numbered and not appended yet shall still be deferred.
	markEvery = time.Second
	markSlack = 10_000
)

// deferred is a delivery that was committed, or is about to be, without its row.
type deferred struct {
	Pending
	since   time.Time
	by      *Tx  // the transaction that has written the row; counts once that is committed
	written bool // and it is
}

// deferral is what a store knows of deferred rows. Only the leader changes it, under mu, and
// reads it without.
type deferral struct {
	mu    sync.Mutex
	rows  map[int64]*deferred
	lanes map[bellhop.ID]int // how many of rows are of that lane
	queue []*deferred        // in the order of commits; some are written meanwhile
	bytes int                // of payload

	first    int64     // as first_event is stored
	marked   time.Time // when that was looked at last
	unmarked bool      // something was deferred since
	used     bool      // something was deferred since Open
}

// count returns how many rows of lane are deferred, of all lanes if it is empty.
func (f *deferral) count(lane bellhop.ID) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	if lane == "" {
		return len(f.rows)
	}
	return f.lanes[lane]
}

// backlog is how many rows of lane are deferred, of all lanes if it is empty.
func (f *deferral) backlog(lane bellhop.ID) (b Backlog) {
	f.mu.Lock()
	defer f.mu.Unlock()
	b.Pending = len(f.rows)
	if lane != "" {
		b.Pending = f.lanes[lane]
	}
	if b.Pending == 0 {
		return b
	}
	for _, d := range f.queue {
		if !d.written && (lane == "" || d.Delivery.Lane == lane) {
			b.Oldest = d.Delivery.CreatedAt
			break
		}
	}
	return b
}

// committed takes over what a transaction has deferred and written.
func (f *deferral) committed(tx *Tx) {
	if len(tx.deferred) == 0 && len(tx.written) == 0 && tx.first == 0 {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if tx.first > 0 {
		f.first, f.unmarked = tx.first, false
	}
	for _, d := range tx.deferred {
		if d.by == tx {
			continue
		}
		f.rows[d.Delivery.Seq] = d
		f.lanes[d.Delivery.Lane]++
		f.queue = append(f.queue, d)
		f.bytes += len(d.Event.Payload)
		f.unmarked, f.used = true, true
	}
	for _, d := range tx.written {
		if f.rows[d.Delivery.Seq] != d {
			continue // deferred and written in the same transaction
		}
		delete(f.rows, d.Delivery.Seq)
		if f.lanes[d.Delivery.Lane]--; f.lanes[d.Delivery.Lane] == 0 {
			delete(f.lanes, d.Delivery.Lane)
		}
		f.bytes -= len(d.Event.Payload)
		d.written, d.Event, d.by = true, nil, nil // it may stay in the queue for a while
	}
	for len(f.queue) > 0 && f.queue[0].written {
		f.queue[0] = nil
		f.queue = f.queue[1:]
	}
}

// mayDefer reports whether the row of a delivery of event can wait. It is asked once.
func (tx *Tx) mayDefer(event *bellhop.Event, d *bellhop.Delivery) bool {
	f := &tx.db.deferral
	if !tx.db.engine.defers() || tx.db.receiver == nil || d.Instance != nil || !d.ReplayOf.IsZero() || d.Lane != d.Service || !d.Service.Valid() ||
		event.Seq < max(f.first, tx.first) || f.bytes+tx.deferredBytes+len(event.Payload) > deferBytes {
		return false
	}
	room, asked := tx.room[d.Lane]
	if !asked {
		room = tx.db.receiver.Room(d.Lane)
		if tx.room == nil {
			tx.room = map[bellhop.ID]int{}
		}
	}
	tx.room[d.Lane] = room - 1
	return room > 0
}

// deferRow notes that the row of d, which the row of event lists, is still to be written.
func (tx *Tx) deferRow(event *bellhop.Event, d *bellhop.Delivery) {
	tx.deferred = append(tx.deferred, &deferred{Pending: Pending{Delivery: *d, Event: event}, since: tx.now})
	tx.deferredBytes += len(event.Payload)
}

// unwritten returns the delivery of that number if its row is still to be written.
func (tx *Tx) unwritten(seq int64) *deferred {
	d := tx.db.deferral.rows[seq]
	if d == nil && len(tx.deferred) > 0 && seq >= tx.deferred[0].Delivery.Seq {
		if i, found := slices.BinarySearchFunc(tx.deferred, seq, func(d *deferred, seq int64) int { return int(d.Delivery.Seq - seq) }); found {
			d = tx.deferred[i]
		}
	}
	if d == nil || d.by == tx {
		return nil
	}
	return d
}

// hasWritten notes that the row of d is written.
func (tx *Tx) hasWritten(d *deferred) {
	d.by = tx
	tx.written = append(tx.written, d)
}

// writeRow writes the row of d as that of a delivery that waits.
func (tx *Tx) writeRow(ctx context.Context, d *deferred) error {
	if err := tx.insertPending(ctx, d.Event.Seq, d.Event.Key, &d.Delivery); err != nil {
		return err
	}
	tx.hasWritten(d)
	return nil
}

// writeRows writes the rows of lane that are deferred, or of all lanes if it is empty.
func (tx *Tx) writeRows(ctx context.Context, lane bellhop.ID) error {
	f := &tx.db.deferral
	queues := [][]*deferred{f.queue, tx.deferred}
	if lane != "" && f.lanes[lane] == 0 {
		queues = queues[1:]
	}
	for _, queue := range queues {
		for _, d := range queue {
			if d.written || d.by == tx || lane != "" && d.Delivery.Lane != lane {
				continue
			}
			if err := tx.writeRow(ctx, d); err != nil {
				return err
			}
		}
	}
	return nil
}

// tend writes what has been deferred for too long, and moves first_event.
func (tx *Tx) tend(ctx context.Context) error {
	f := &tx.db.deferral
	for _, d := range f.queue[:min(len(f.queue), oldStep)] {
		if tx.now.Sub(d.since) < deferFor {
			break
		}
		if d.written {
			continue
		}
		if err := tx.writeRow(ctx, d); err != nil {
			return err
		}
	}
	if !f.unmarked || tx.now.Sub(f.marked) < markEvery {
		return nil
	}
	f.marked = tx.now // also if nothing comes of it
	first := tx.db.lastEvent.Load() - markSlack
	for _, d := range f.rows {
		first = min(first, d.Event.Seq)
	}
	if first <= f.first {
		return nil
	}
	return tx.mark(ctx, first)
}

// errUnseen is a mistake of our own: see DB.ViewDeliveries.
var errUnseen = errors.New("deliveries are read in a View that may miss some: use ViewDeliveries, ViewLane or ViewWaiting")

// see makes sure that tx reads all deliveries of lane, of all lanes if it is empty. Whoever
// reads or changes rows of deliveries calls it, or seeOne, first.
func (tx *Tx) see(ctx context.Context, lane bellhop.ID) error {
	switch {
	case tx.write:
		if err := tx.seeKept(ctx); err != nil {
			return err
		}
		return tx.writeRows(ctx, lane)
	case tx.seesAll || lane != "" && tx.sees == lane:
		return nil
	}
	return errUnseen
}

// seeOne makes sure that tx reads the delivery of that number if there is one.
func (tx *Tx) seeOne(ctx context.Context, seq int64) error {
	if !tx.write {
		return tx.see(ctx, "")
	}
	if err := tx.seeKept(ctx); err != nil {
		return err
	}
	if d := tx.unwritten(seq); d != nil {
		return tx.writeRow(ctx, d)
	}
	return nil
}
