package dispatch

import (
	"context"
	"math"
	"time"

	"bellhop"
	"bellhop/internal/store"
)

// reader is how far a lane has read the store. What is due and stands up to cursor is in
// memory, was attempted since, or belongs to a crowded line.
type reader struct {
	behind  bool         // the store may hold what is due behind cursor
	since   time.Time    // when it fell behind
	unread  bool         // the lane is new, and the store may hold what it was never given; ends when it falls behind
	next    bellhop.Time // what was not due at the last read may be from then on
	cursor  store.Cursor
	newest  store.Cursor // of what was committed, as far as it was pushed or read; what is committed later stands behind it
	reading bool

	// Of the read that is under way: it sees the store as it was at its beginning.
	missed bool         // the store has got more since
	low    store.Cursor // and the first of that stands behind here

	// settled are the deliveries that were let go while any read is under way, each with
	// the number of the last read that had begun by then: the rows that this one, and those
	// before, bring of them are old.
	reads   int
	begun   int64 // reads
	settled map[int64]int64

	epoch int // counts how often the queue was put back, whose rows a read would overtake
	size  int // bytes of a delivery, about
}

// farthest is behind all deliveries.
var farthest = store.Cursor{Due: math.MaxInt64}

const (
	mostRead  = 256 // deliveries at once
	leastRead = 8
)

// room is how many deliveries to read at once, most or less: few if they are large.
func (r *reader) room(most int) int {
	return min(max(laneBytes/2/max(r.size, 1), leastRead), most)
}

func (r *reader) fallBehind() {
	if !r.behind {
		r.since = time.Now()
	}
	r.behind, r.missed, r.unread = true, true, false
}

// pullBack makes reads begin at to, or before.
func (r *reader) pullBack(to store.Cursor) {
	if to.Before(r.cursor) {
		r.cursor = to
	}
	if to.Before(r.low) {
		r.low = to
	}
}

// advance moves the cursor to the last one that a read is done with.
func (r *reader) advance(to store.Cursor) {
	r.cursor = to
	if r.low.Before(to) {
		r.cursor = r.low
	}
}

func (r *reader) forget(seq int64) {
	if r.reads > 0 {
		r.settled[seq] = r.begun
	}
}

// begin returns the number of the read that begins.
func (r *reader) begin() int64 {
	if r.reads++; r.settled == nil {
		r.settled = map[int64]int64{}
	}
	r.begun++
	return r.begun
}

// isOld reports whether the row that a read brings of a delivery is old.
func (r *reader) isOld(seq, read int64) bool { return r.settled[seq] >= read }

func (r *reader) end() {
	if r.reads--; r.reads == 0 {
		clear(r.settled)
	}
}

// before is the place right before a delivery.
func before(due bellhop.Time, seq int64) store.Cursor { return store.Cursor{Due: due, Seq: seq - 1} }

// fallBehind makes the lane read the store from at on, that place included.
func (l *lane) fallBehind(at store.Cursor) {
	l.reader.fallBehind()
	l.reader.pullBack(before(at.Due, at.Seq))
}

// wakeAt makes the lane look at the store at the time due, or earlier.
func (l *lane) wakeAt(due bellhop.Time) {
	if l.waits() {
		return
	}
	if !l.due.isSet() || due < l.reader.next {
		l.reader.next = due
	}
	now := time.Now()
	l.due.set(now.Add(due.Sub(l.d.now())), l.isDue)
}

func (l *lane) isDue() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.due.rang() {
		l.reader.fallBehind()
		// What was never attempted is due by the clock of who committed it. If that is ahead, the cursor
		// has passed what was not due here.
		l.reader.pullBack(before(l.reader.next, 0))
		l.refill()
	}
}

// refill begins a read if the lane is behind and has room.
func (l *lane) refill() {
	if !l.reader.behind || l.reader.reading || l.waits() || !l.queue.hasRoom() {
		return
	}
	ctx, ok := l.begin()
	if !ok {
		return
	}
	l.reader.reading = true
	go func() {
		defer l.end()
		l.mu.Lock()
		defer l.mu.Unlock()
		l.read(ctx)
		l.reader.reading = false
	}()
}

// read fetches what is due from the store until the lane has enough or nothing older is
// left: then it is live.
func (l *lane) read(ctx context.Context) {
	r := &l.reader
	for !l.waits() && l.queue.hasRoom() {
		r.missed, r.low = false, farthest
		now := l.d.now()
		after, skip, n, epoch := r.cursor, l.queue.crowdedLines(), r.room(l.queue.limits.read), r.epoch
		upTo := l.mayTake()
		nth := r.begin()
		l.mu.Unlock()
		due, next, err := l.readDue(ctx, now, after, skip, n)
		l.mu.Lock()
		taken := 0
		if err == nil && epoch == r.epoch {
			taken = l.admit(nth, upTo, due)
		}
		r.end()
		switch {
		case err != nil:
			l.failed(ctx, l.d.troubles.read, err)
			l.wakeAt(l.d.now().Add(troubleWait))
			return
		case epoch != r.epoch:
			continue
		}
		if taken > 0 {
			r.advance(store.CursorAt(&due[taken-1].Delivery))
		}
		if taken == len(due) && taken < n && !r.missed {
			r.behind = false
			if next > 0 {
				l.wakeAt(next)
			}
		}
		l.start()
		if taken < len(due) || !r.behind {
			return
		}
	}
}

// meet notes a delivery that was committed. Dues and numbers ascend in the order of commits.
func (r *reader) meet(d *bellhop.Delivery) {
	if at := store.CursorAt(d); r.newest.Before(at) {
		r.newest = at
	}
}

// mayTake returns up to where a read that begins now may take what was never attempted. With a retry the cursor may be where
// nothing was committed yet, since that is due by the clock of this node. What another node commits then is due before, and so
// not found, but maybe the next of its key is: such a read leaves to the feed, which has both in their order, what the lane
// was not given.
func (l *lane) mayTake() int64 {
	if r := &l.reader; l.d.config.Shared && r.newest.Before(r.cursor) {
		return max(r.newest.Seq, l.share.from, l.d.feed.done.Load())
	}
	return math.MaxInt64
}

// admit takes in what the nth read has brought, of what was never attempted that up to upTo, and returns how many it is done
// with.
func (l *lane) admit(nth, upTo int64, due []store.Pending) int {
	for i, p := range due {
		l.reader.size += (len(p.Event.Payload) + jobBytes - l.reader.size) / 8
		seq, isNew := p.Delivery.Seq, p.Delivery.Attempts == 0
		if isNew && seq > upTo {
			continue
		}
		if isNew {
			l.reader.meet(&p.Delivery)
		}
		if l.queue.known[seq] || l.reader.isOld(seq, nth) {
			continue
		}
		if l.queue.add(p, l.settings.unordered) == queueFull {
			return i
		}
	}
	return len(due)
}

// readDue reads up to n deliveries that are due, and when the next one will be.
func (l *lane) readDue(ctx context.Context, now bellhop.Time, after store.Cursor, skip []string, n int) (due []store.Pending, next bellhop.Time, err error) {
	err = l.view(ctx, func(tx *store.Tx) (err error) {
		if due, err = tx.Due(ctx, l.id, now, after, skip, n); err != nil || len(due) == n {
			return err
		}
		next, err = tx.NextDue(ctx, l.id, now)
		return err
	})
	return due, next, err
}

// view reads the lane in the store. What comes of it is old when it returns.
func (l *lane) view(ctx context.Context, f func(*store.Tx) error) error {
	err := l.d.config.DB.ViewWaiting(ctx, l.id.Lane, f)
	if err == nil {
		l.passed(l.d.troubles.read)
	}
	if l.queue.limits.linger != nil {
		l.queue.limits.linger()
	}
	return err
}

// fetch begins to read the rest of a crowded line.
func (l *lane) fetch(ln *line) {
	if l.waits() {
		return
	}
	ctx, ok := l.begin()
	if !ok {
		return
	}
	ln.reading = true
	go func() {
		defer l.end()
		l.mu.Lock()
		defer l.mu.Unlock()
		l.readLine(ctx, ln)
		ln.reading = false
		// It may have become crowded anew while an old read was under way.
		if ln.crowded && !ln.busy && !l.waits() {
			l.fetch(ln)
		}
	}()
}

// readLine fetches what stands behind the last one of a crowded line.
func (l *lane) readLine(ctx context.Context, ln *line) {
	r := &l.reader
	for epoch := r.epoch; ln.crowded && epoch == r.epoch; {
		n := r.room(min(l.queue.lineRead(), l.queue.limits.read))
		ln.missed = false
		now, after := l.d.now(), ln.last
		nth := r.begin()
		l.mu.Unlock()
		var due []store.Pending
		err := l.view(ctx, func(tx *store.Tx) (err error) {
			due, err = tx.DueOfKey(ctx, l.id, ln.key, now, after, n)
			return err
		})
		l.mu.Lock()
		if err != nil || epoch != r.epoch {
			r.end()
			if err != nil && ctx.Err() == nil {
				l.failed(ctx, l.d.troubles.read, err)
				l.parkForAMoment()
			}
			return
		}
		l.admitToLine(nth, ln, due)
		r.end()
		if len(due) < n && !ln.missed {
			l.queue.uncrowd(ln)
			if !ln.busy {
				delete(l.queue.lines, ln.key)
			}
		}
		l.start()
		if ln.busy {
			return
		}
		// All that was read is under way or over already: the line must not stand still.
	}
}

func (l *lane) admitToLine(nth int64, ln *line, due []store.Pending) {
	for _, p := range due {
		seq := p.Delivery.Seq
		if l.queue.known[seq] || l.reader.isOld(seq, nth) {
			ln.last = store.CursorAt(&p.Delivery)
			continue
		}
		l.queue.join(ln, &job{Pending: p})
	}
}
