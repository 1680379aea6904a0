package dispatch

import (
	"context"
	"sync"
	"time"

	"bellhop"
	"bellhop/internal/store"
)

const (
	// laneRoom is how many deliveries a lane keeps in memory.
	laneRoom = 512

	// longAfter is when an attempt stops holding back the next one of its key, and stops
	// counting against the concurrency of its lane.
	longAfter = time.Second

	// maxLong is how many attempts of one service may be older than that at once.
	maxLong = 1000

	// firstConcurrency holds until the first attempt has seen what the service says, which
	// may be no more.
	firstConcurrency = 1

	// troubleWait is how long a lane waits when the store fails it.
	troubleWait = time.Second
)

// lane is the queue of one service.
type lane struct {
	d       *Dispatcher
	service bellhop.ID

	mu      sync.Mutex
	ready   []*job            // may start, in this order
	keys    map[string][]*job // of each key that has something ready or under way, what waits behind it
	waiting int               // jobs in keys
	known   map[int64]bool    // deliveries that are queued, under way, or not recorded yet
	settled map[int64]bool    // those that left known during a read, which may still have seen them
	stale   bool              // the queue was put back during a read, whose rows would overtake it
	young   int               // attempts under way that count against concurrency
	long    int               // those that do not any more

	behind  bool // the store may hold what is due and not known
	missed  bool // and has got more since the read began
	reading bool
	parked  bool // the service is not active: everything waits in the store
	stopped bool

	concurrency int
	unordered   bool
	timer       *time.Timer // wakes the lane when the next delivery is due
	timerAt     bellhop.Time
}

// job is a delivery in memory.
type job struct {
	store.Pending
	key      string
	long     bool // it does not count against the concurrency
	ended    bool // its attempt is over: it cannot grow long any more
	released bool // the next job of its key may start
}

func newLane(d *Dispatcher, service bellhop.ID) *lane {
	return &lane{
		d: d, service: service, concurrency: firstConcurrency,
		keys: map[string][]*job{}, known: map[int64]bool{}, settled: map[int64]bool{},
	}
}

// push takes a delivery that was just committed.
func (l *lane) push(p store.Pending) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.known[p.Delivery.Seq] {
		return // a read has met it between its commit and now
	}
	if l.parked || l.behind || !l.d.Running() || len(l.ready)+l.waiting >= laneRoom {
		l.behind, l.missed = true, true
		l.refill()
		return
	}
	l.enqueue(p)
	l.start()
}

func (l *lane) enqueue(p store.Pending) {
	j := &job{Pending: p, key: p.Event.Key}
	l.known[p.Delivery.Seq] = true
	if l.unordered {
		j.released = true
		l.ready = append(l.ready, j)
		return
	}
	if behind, busy := l.keys[j.key]; busy {
		l.keys[j.key] = append(behind, j)
		l.waiting++
		return
	}
	l.keys[j.key] = nil
	l.ready = append(l.ready, j)
}

// start begins as many attempts as may be under way, and fetches more if that leaves
// room.
func (l *lane) start() {
	for len(l.ready) > 0 && l.young < l.concurrency && !l.parked && !l.stopped {
		ctx, ok := l.d.begin()
		if !ok {
			return
		}
		j := l.ready[0]
		l.ready[0] = nil
		l.ready = l.ready[1:]
		l.young++
		go func() {
			defer l.d.attempts.Done()
			l.deliver(ctx, j)
		}()
	}
	l.refill()
}

// release lets the next job of j's key start.
func (l *lane) release(j *job) {
	if j.released {
		return
	}
	j.released = true
	next := l.keys[j.key]
	if len(next) == 0 {
		delete(l.keys, j.key)
		return
	}
	l.ready = append(l.ready, next[0])
	l.keys[j.key] = next[1:]
	l.waiting--
}

// grownLong is called when an attempt has been out for longAfter.
func (l *lane) grownLong(j *job) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if j.ended {
		return
	}
	l.release(j)
	if l.long < maxLong {
		j.long = true
		l.young--
		l.long++
	}
	l.start()
}

// answered is called when j's attempt has its answer, or failed.
func (l *lane) answered(j *job) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.release(j)
	l.start()
}

// done gives back the place of j, whose outcome is recorded or about to be.
func (l *lane) done(j *job) {
	l.mu.Lock()
	defer l.mu.Unlock()
	j.ended = true
	l.release(j)
	if j.long {
		l.long--
	} else {
		l.young--
	}
	l.start()
}

// recorded is called when the outcome of a delivery is in the store. due is when it is
// attempted again, or zero.
func (l *lane) recorded(seq int64, due bellhop.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.forget(seq)
	if due > 0 {
		l.wakeAt(due)
	}
	l.refill()
}

func (l *lane) forget(seq int64) {
	delete(l.known, seq)
	if l.reading {
		l.settled[seq] = true
	}
}

// wake makes the lane look at its service and at the store again.
func (l *lane) wake() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.parked = false
	l.behind, l.missed = true, true
	l.refill()
}

// wakeAt makes the lane look at the store at the time due, or earlier.
func (l *lane) wakeAt(due bellhop.Time) {
	if l.stopped || l.timer != nil && l.timerAt <= due {
		return
	}
	if l.timer != nil {
		l.timer.Stop()
	}
	l.timerAt = due
	l.timer = time.AfterFunc(max(due.Sub(l.d.now()), 0), func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.timer = nil
		l.behind, l.missed = true, true
		l.refill()
	})
}

// park puts everything that is queued back to the store, where it waits until wake.
func (l *lane) park() {
	l.parked = true
	l.putAllBack()
	if l.timer != nil {
		l.timer.Stop()
		l.timer = nil
	}
}

// putAllBack leaves everything that is queued to the store.
func (l *lane) putAllBack() {
	l.behind, l.stale = true, l.reading
	for key, jobs := range l.keys {
		for _, j := range jobs {
			l.forget(j.Delivery.Seq)
		}
		l.keys[key] = nil
	}
	l.waiting = 0
	for _, j := range l.ready {
		l.forget(j.Delivery.Seq)
		delete(l.keys, j.key)
	}
	l.ready = nil
}

// stop ends the lane: nothing starts any more.
func (l *lane) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stopped = true
	if l.timer != nil {
		l.timer.Stop()
		l.timer = nil
	}
}

// setTarget takes over what the service says.
func (l *lane) setTarget(t *Target) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.concurrency = t.Concurrency
	if l.unordered != t.Unordered {
		// What is queued was queued by the other rule.
		l.unordered = t.Unordered
		l.putAllBack()
		l.missed = true
	}
	l.start()
}

// refill begins a read if the lane is behind and has room.
func (l *lane) refill() {
	if !l.behind || l.reading || l.parked || l.stopped || !l.hasRoom() {
		return
	}
	ctx, ok := l.d.begin()
	if !ok {
		return
	}
	l.reading = true
	go func() {
		defer l.d.attempts.Done()
		l.read(ctx)
	}()
}

// hasRoom reports whether a read would be of use: what is in memory does not keep the
// lane busy. A read meets all of that again, so that one for each retry of a long queue
// would be dear.
func (l *lane) hasRoom() bool {
	return len(l.ready) < l.concurrency && len(l.ready)+l.waiting <= laneRoom/2
}

// read fetches what is due from the store until the lane is full or nothing older is
// left.
func (l *lane) read(ctx context.Context) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for !l.parked && !l.stopped {
		l.missed, l.stale = false, false
		clear(l.settled)
		n := len(l.known) + laneRoom - len(l.ready) - l.waiting
		l.mu.Unlock()
		due, next, err := l.due(ctx, n)
		l.mu.Lock()
		if err != nil {
			if ctx.Err() == nil {
				l.d.config.Log.ErrorContext(ctx, "read due deliveries", "service", l.service, "err", err)
			}
			l.wakeAt(l.d.now().Add(troubleWait))
			break
		}
		if l.stale {
			continue
		}
		all := l.enqueueAll(due)
		l.start()
		if all && len(due) < n && !l.missed {
			l.behind = false
			if next > 0 {
				l.wakeAt(next)
			}
			break
		}
		if !l.hasRoom() {
			break
		}
	}
	l.reading = false
	clear(l.settled)
}

// enqueueAll takes what was read and reports whether it had room for all of it.
func (l *lane) enqueueAll(due []store.Pending) bool {
	for _, p := range due {
		if l.known[p.Delivery.Seq] || l.settled[p.Delivery.Seq] {
			continue
		}
		if len(l.ready)+l.waiting >= laneRoom {
			return false
		}
		l.enqueue(p)
	}
	return true
}

// due reads up to n deliveries that are due, and when the next one will be.
func (l *lane) due(ctx context.Context, n int) (due []store.Pending, next bellhop.Time, err error) {
	now := l.d.now()
	err = l.d.config.DB.View(ctx, func(tx *store.Tx) (err error) {
		if due, err = tx.Due(ctx, l.service, now, n); err != nil || len(due) == n {
			return err
		}
		next, err = tx.NextDue(ctx, l.service, now)
		return err
	})
	return due, next, err
}
