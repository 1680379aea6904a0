package dispatch

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"bellhop"
	"bellhop/internal/store"
)

// feed is what the nodes commit, in the order of commits: what this node has committed as it is
// handed over, and what others have as it is read from the store, for all lanes at once. Lanes are
// given it as if there were but one node. The zero feed has not begun.
type feed struct {
	more chan struct{} // has an element when there is something to read

	mu      sync.Mutex
	begun   bool
	look    bool  // somebody may have failed to tell of commits
	known   int64 // what is numbered up to here is committed
	runs    []run // that lanes were not given yet, by the numbers that they begin behind
	bytes   int64 // of those that were handed over
	takes   int64 // counts when partitions were taken
	resets  int64 // counts when the store was found to have less than before
	handing bool  // somebody gives runs to lanes
	size    int   // bytes of a delivery, about

	// Beside mu, since lanes ask under their own locks.
	done    atomic.Int64 // lanes were given all up to here; written under over
	over    sync.Mutex
	ended   map[int64]bool // what lanes have let go behind done, since they have met it in the store
	most    int            // of ended
	full    bool           // there were more: nothing can be given to lanes before they have looked for it themselves
	highest int64          // the last one that they have let go
	skipped atomic.Bool    // lanes that come are given less than all that is for them
}

// run is what is numbered behind after, up to upTo, as far as it is for lanes that are here.
type run struct {
	after, upTo int64
	of          []store.Pending
	bytes       int64
	takes       int64 // what feed.takes was before it was read; -1 if it was handed over
}

const (
	// feedBytes is how much is read at once, and how much that was committed here is kept while
	// what was committed before it is read, but for the commit that goes beyond it. More is read again. A
	// read asks for as many as should be that much: if the last ones were small, and those that come have the
	// most that an event has, 256 of them are 25 MB, once.
	feedBytes = 4 << 20

	// mostEnded is how many deliveries lanes may have let go behind what they were given. There are many
	// only if the feed stands still, and lanes meet all in the store. They are some megabytes; beyond that
	// lanes do not wait for the feed any more (see skipFeed).
	mostEnded = 100_000

	// mostGaps is how many gaps are read at once.
	mostGaps = 32
)

// handOver takes what was committed here.
func (f *feed) handOver(committed []store.Pending) {
	first, last := committed[0].Delivery.Seq, committed[len(committed)-1].Delivery.Seq
	r := run{after: first - 1, upTo: last, of: committed, takes: -1}
	for i := range committed {
		r.bytes += int64(jobBytes + len(committed[i].Event.Payload) + len(committed[i].Delivery.Instance))
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.known = max(f.known, last)
	// What is not kept here is read. Before the begin no lane is, and each begins with reading.
	if f.begun && (r.after <= f.done.Load() || f.bytes < feedBytes) {
		f.add(r)
	}
}

func (f *feed) add(r run) {
	i, _ := slices.BinarySearchFunc(f.runs, r.after, func(other run, after int64) int {
		if other.after <= after {
			return -1
		}
		return 1
	})
	f.runs = slices.Insert(f.runs, i, r)
	f.bytes += r.bytes
}

// next takes out the run that comes next, without what lanes were given already.
func (f *feed) next() (r run, ok bool) {
	done := f.done.Load()
	for len(f.runs) > 0 && f.runs[0].after <= done {
		r := f.runs[0]
		f.runs[0] = run{}
		if f.runs = f.runs[1:]; len(f.runs) == 0 {
			f.runs = nil
		}
		f.bytes -= r.bytes
		// If something was taken since a run was read for, it may be missing in it what is for that.
		if r.upTo <= done || r.takes >= 0 && r.takes != f.takes {
			continue
		}
		for len(r.of) > 0 && r.of[0].Delivery.Seq <= done {
			r.of = r.of[1:]
		}
		return r, true
	}
	return run{}, false
}

// gaps returns what has to be read. Before the begin that is nothing: it would be all that was ever committed.
func (f *feed) gaps() (gaps []store.Gap) {
	if !f.begun {
		return nil
	}
	at := f.done.Load()
	for _, r := range f.runs {
		if len(gaps) == mostGaps {
			return gaps
		}
		if r.after > at {
			gaps = append(gaps, store.Gap{After: at, UpTo: r.after})
		}
		at = max(at, r.upTo)
	}
	if f.known > at {
		gaps = append(gaps, store.Gap{After: at, UpTo: f.known})
	}
	return gaps
}

// gave notes that lanes were given all up to a number.
func (f *feed) gave(upTo int64) {
	f.over.Lock()
	defer f.over.Unlock()
	f.done.Store(upTo)
	for seq := range f.ended {
		if seq <= upTo {
			delete(f.ended, seq)
		}
	}
}

// forget is called, under the lock of its lane, when a delivery is let go. What is too much to be remembered makes
// the feed full.
func (f *feed) forget(seq int64) {
	if seq <= f.done.Load() {
		return
	}
	f.over.Lock()
	defer f.over.Unlock()
	if seq <= f.done.Load() {
		return
	}
	f.highest = max(f.highest, seq)
	if len(f.ended) >= f.most {
		f.full = true
		f.signal()
		return
	}
	if f.ended == nil {
		f.ended = map[int64]bool{}
	}
	f.ended[seq] = true
}

// isOver reports, under the lock of its lane, whether a delivery was let go before the lane was given it. Of a full feed
// nobody knows, and lanes look for all of it in the store.
func (f *feed) isOver(seq int64) bool {
	f.over.Lock()
	defer f.over.Unlock()
	return f.full || f.ended[seq]
}

func (f *feed) isFull() bool {
	f.over.Lock()
	defer f.over.Unlock()
	return f.full
}

// beginSkip returns, of a full feed, up to where lanes have to look for themselves: all up to there is committed, since
// numbers ascend in the order of commits. Until endSkip nothing is given to lanes, and what they let go is
// remembered anew. resets is for skip.
func (f *feed) beginSkip() (upTo, resets int64, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.over.Lock()
	defer f.over.Unlock()
	if !f.full || f.handing {
		return 0, 0, false // who gives something out wakes who follows at his end
	}
	f.handing, f.full = true, false
	f.skipped.Store(true)
	clear(f.ended)
	return max(f.known, f.highest), f.resets, true
}

// skip is called when lanes read all from the begin, to count what is numbered up to upTo as given.
func (f *feed) skip(upTo, resets int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if resets != f.resets {
		return // the store has less now
	}
	f.known = max(f.known, upTo)
	if upTo > f.done.Load() {
		f.gave(upTo)
	}
}

func (f *feed) endSkip() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.handing = false
}

// told notes that what is numbered up to a number is committed.
func (f *feed) told(upTo int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.known = max(f.known, upTo)
	f.wake()
}

func (f *feed) wake() {
	if f.look || f.isFull() || len(f.gaps()) > 0 {
		f.signal()
	}
}

func (f *feed) signal() {
	select {
	case f.more <- struct{}{}:
	default:
	}
}

// begin is called with the last number that is committed before any lane begins: also those of a node that has joined anew,
// which may have missed much.
func (f *feed) begin(last int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.begun || last > f.done.Load() {
		f.begun = true
		f.gave(last)
		f.wake()
	}
}

// found is called with the last number that is committed, which was read after done was before. It reports
// false if the store has less than that: a replica that lags has taken over.
func (f *feed) found(last, before int64) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.begun && last < before {
		f.resets++
		f.known, f.runs, f.bytes = last, nil, 0
		f.gave(last)
		f.over.Lock()
		defer f.over.Unlock()
		clear(f.ended) // others will have these numbers
		f.highest, f.full = 0, false
		return false
	}
	f.known = max(f.known, last)
	f.wake()
	return true
}

// took notes that partitions were taken.
func (f *feed) took() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.takes++
}

// giveOut gives lanes what is next, as long as there is something. One goroutine does it at a time.
func (d *Dispatcher) giveOut() {
	f := &d.feed
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.handing {
		return
	}
	f.handing = true
	for {
		r, ok := f.next()
		if !ok {
			break
		}
		resets := f.resets
		f.mu.Unlock()
		d.push(r.of)
		f.mu.Lock()
		if resets == f.resets && r.upTo > f.done.Load() { // it may have begun anew
			f.gave(r.upTo)
		}
	}
	f.handing = false
	f.wake()
}

// follow reads what others have committed, until ctx ends.
func (d *Dispatcher) follow(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.feed.more:
		}
		for ctx.Err() == nil {
			some, err := d.readFeed(ctx)
			if err != nil {
				d.troubles.follow.Failed(ctx, "", err)
				wait(ctx, troubleWait)
			} else {
				d.troubles.follow.Passed("")
			}
			if !some {
				break
			}
		}
	}
}

// readFeed reads once, and reports whether there may be more.
func (d *Dispatcher) readFeed(ctx context.Context) (some bool, err error) {
	d.skipFeed()
	f := &d.feed
	f.mu.Lock()
	look := f.look
	f.look = false
	gaps, takes, n := f.gaps(), f.takes, d.config.limits.read
	n = min(max(feedBytes/max(f.size, 1), leastRead), n)
	f.mu.Unlock()
	if look {
		return true, d.lookForMore(ctx)
	}
	if len(gaps) == 0 {
		return false, nil
	}
	found, err := d.config.DB.Appended(ctx, gaps, d.delivering(), n)
	if err != nil {
		return true, err
	}
	if d.config.limits.linger != nil {
		d.config.limits.linger()
	}
	f.mu.Lock()
	end := gaps[len(gaps)-1].UpTo
	if len(found) == n {
		end = found[n-1].Delivery.Seq
	}
	for _, g := range gaps {
		r := run{after: g.After, upTo: min(g.UpTo, end), takes: takes}
		of := 0
		for of < len(found) && found[of].Delivery.Seq <= r.upTo {
			f.size += (len(found[of].Event.Payload) + jobBytes - f.size) / 8
			of++
		}
		r.of, found = found[:of:of], found[of:]
		if r.after < r.upTo {
			f.add(r)
		}
	}
	f.mu.Unlock()
	d.giveOut()
	return true, nil
}

// skipFeed has lanes look in the store for what they were not given, if they have let go of so much of it that it cannot be
// remembered: given it later they would take it for new. They look before they are given what comes behind it, and so does a
// lane that comes later (reader.unread).
func (d *Dispatcher) skipFeed() {
	f := &d.feed
	upTo, resets, ok := f.beginSkip()
	if !ok {
		return
	}
	d.lookBehind()
	f.skip(upTo, resets)
	d.lookBehind() // reads that had begun may have left what was not given (lane.mayTake)
	f.endSkip()
	d.giveOut()
}

// delivering returns the partitions that are delivered here, or about to be.
func (d *Dispatcher) delivering() (partitions []int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for p, s := range d.shares {
		if s != nil && !s.ending {
			partitions = append(partitions, p)
		}
	}
	return partitions
}

// lookForMore asks the store for the last number.
func (d *Dispatcher) lookForMore(ctx context.Context) error {
	var last int64
	before := d.feed.done.Load()
	err := d.config.DB.ViewWaiting(ctx, "", func(tx *store.Tx) (err error) {
		last, err = tx.LastDelivery(ctx)
		return err
	})
	if err == nil && !d.feed.found(last, before) {
		d.lookBehind()
	}
	return err
}

// push gives lanes deliveries that are committed, in their order.
func (d *Dispatcher) push(committed []store.Pending) {
	for rest := committed; len(rest) > 0; {
		id := laneOf(&rest[0].Delivery)
		n := 1
		for n < len(rest) && laneOf(&rest[n].Delivery) == id {
			n++
		}
		for l := d.lane(id); l != nil && !l.push(rest[:n]); {
			l = d.lane(id)
		}
		rest = rest[n:]
	}
}

// elsewhere returns the lanes of deliveries that other nodes deliver.
func (d *Dispatcher) elsewhere(committed []store.Pending) (lanes []store.LaneID) {
	var last bellhop.ID
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range committed {
		id := laneOf(&committed[i].Delivery)
		if id.Lane == last {
			continue
		}
		last = id.Lane
		if s := d.shares[store.PartitionOf(id.Service)]; s == nil || s.ending {
			lanes = append(lanes, id)
		}
	}
	return lanes
}
