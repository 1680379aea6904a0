package dispatch

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"bellhop"
	"bellhop/internal/store"
)

const (
	// longAfter is when an attempt stops holding back the next one of its key, and stops
	// counting against the concurrency of its lane.
	longAfter = time.Second

	// maxLong is how many attempts of one lane may be older than that at once.
	maxLong = 1000

	// troubleWait is how long a lane waits when the store fails it.
	troubleWait = time.Second
)

// lane is the queue of one service, or of a replay to another URL.
type lane struct {
	d     *Dispatcher
	share *share
	id    store.LaneID

	mu       sync.Mutex
	settings settings
	queue    queue
	pace     pace
	rate     rate
	breaker  breaker
	pause    pause
	changed  <-chan struct{} // closed when the last change is written; nil if there was none
	reader   reader
	speed    speed
	way      chan struct{} // holds an element while a publisher waits
	coming   atomic.Int64  // deliveries that publishers are about to commit

	first, last *job // the young attempts, the oldest first
	young       int  // attempts under way that count against the concurrency
	long        int  // those that do not any more
	queuing     int  // those that wait for their turn in a tunnel; they count, too
	inLine      bool // it waits for a slot

	away    away
	parked  bool // the service is not active: everything waits in the store
	stopped bool
	gone    bool // deleted, and not in the dispatcher any more

	aging alarm // the oldest young attempt becomes long
	due   alarm // a delivery in the store becomes due
	turn  alarm // the rate allows the next attempt
}

// settings is what a lane takes over from its target.
type settings struct {
	organization bellhop.ID
	concurrency  int
	rate         float64
	unordered    bool
}

// firstConcurrency holds until the first attempt has seen what the service says, which
// may be no more.
const firstConcurrency = 1

func newLane(d *Dispatcher, s *share, id store.LaneID) *lane {
	return &lane{d: d, share: s, id: id, queue: newQueue(d.config.limits, &d.budget), pace: pace{limit: firstConcurrency, ceiling: firstConcurrency}, way: make(chan struct{}, 1)}
}

// room returns how many deliveries push would most likely take.
func (l *lane) room() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.isLive() {
		return 0
	}
	return l.queue.room()
}

// isLive reports whether the lane is fed by commits.
func (l *lane) isLive() bool {
	return !l.waits() && !l.reader.behind && !l.reader.unread && l.share.begun.Load()
}

// waits reports whether nothing may start, but for a probe.
func (l *lane) waits() bool { return l.parked || l.away.on || l.pause.on || l.stopped || l.gone }

// push takes deliveries that were just committed, in their order, as far as they fit. It
// reports false if the lane is gone.
func (l *lane) push(committed []store.Pending) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.gone {
		return false
	}
	l.reader.meet(&committed[len(committed)-1].Delivery)
	for _, p := range committed {
		switch {
		case l.queue.known[p.Delivery.Seq], l.d.config.Shared && l.d.feed.isOver(p.Delivery.Seq):
			// A read has met it between its commit and now.
		case l.share.begun.Load() && p.Delivery.Seq <= l.share.from:
			// It is read, unless who had the partition before has delivered it.
		case !l.isLive(), l.queue.add(p, l.settings.unordered) == queueFull:
			l.queue.miss(p.Event.Key)
			l.fallBehind(store.CursorAt(&p.Delivery))
		}
	}
	l.start()
	if l.pause.on {
		l.probeSoon()
	}
	return true
}

// start begins as many attempts as may be under way, and fetches more if that leaves room.
func (l *lane) start() {
	for l.mayStart() && l.startOne(false) {
	}
	l.refill()
}

// startOne begins an attempt and reports whether it did. turn says that there is a slot.
func (l *lane) startOne(turn bool) bool {
	ctx, ok := l.begin()
	if !ok {
		return false
	}
	j := l.next(turn)
	if j == nil {
		l.end()
		return false
	}
	go l.work(ctx, j)
	return true
}

func (l *lane) mayStart() bool {
	return len(l.queue.ready) > 0 && l.young+l.queuing < l.pace.limit && !l.waits()
}

// next begins the attempt of the job whose turn it is, or returns nil if none may begin.
func (l *lane) next(turn bool) *job {
	if !l.mayStart() {
		return nil
	}
	now := time.Now()
	// What has ended is not attempted any more, and takes no other's turn.
	ended := l.d.now() > l.queue.ready[0].Delivery.Ends
	if wait := l.rate.wait(now); wait > 0 && !ended {
		l.turn.set(now.Add(wait), l.itsTurn)
		return nil
	}
	if !l.d.slots.take(l, turn) {
		return nil
	}
	if !ended {
		l.rate.start(now)
	}
	j := l.queue.take()
	j.started, j.begun = now, false
	l.enlist(j)
	return j
}

// enlist adds j to the young attempts.
func (l *lane) enlist(j *job) {
	j.state = young
	l.young++
	if j.prev = l.last; j.prev != nil {
		j.prev.next = j
	} else {
		l.first = j
		l.aging.set(j.started.Add(longAfter), l.age)
	}
	l.last = j
}

// delist takes j out of the young attempts.
func (l *lane) delist(j *job) {
	if j.prev != nil {
		j.prev.next = j.next
	} else {
		l.first = j.next
	}
	if j.next != nil {
		j.next.prev = j.prev
	} else {
		l.last = j.prev
	}
	j.prev, j.next = nil, nil
}

// begins is called when j is about to be sent. From now on it is out.
func (l *lane) begins(j *job) {
	l.mu.Lock()
	defer l.mu.Unlock()
	j.begun = true
	l.renew(j)
}

// renew makes j the youngest attempt, which it is one of.
func (l *lane) renew(j *job) {
	l.delist(j)
	l.young--
	j.started = time.Now()
	l.enlist(j)
}

// queueUp takes j, which is about to wait for its turn in a tunnel, out of the young attempts: as
// long as it has not been sent it does not grow old, and the next one of its key has to wait. The
// others of this machine need not.
func (l *lane) queueUp(j *job) {
	l.mu.Lock()
	queues := j.state == young
	if queues {
		l.delist(j)
		j.state = queuesUp
		l.young--
		l.queuing++
	}
	l.mu.Unlock()
	if queues {
		l.d.slots.give(1)
	}
}

// hasTurn is called when j is sent through its tunnel. It needs no other slot: the tunnel has few.
func (l *lane) hasTurn(j *job) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if j.state != queuesUp {
		return
	}
	l.queuing--
	l.d.slots.force()
	j.started = time.Now()
	l.enlist(j)
}

// age makes attempts long that have been out for longAfter.
func (l *lane) age() {
	l.mu.Lock()
	if !l.aging.rang() {
		l.mu.Unlock()
		return
	}
	freed := 0
	now := time.Now()
	for j := l.first; j != nil; j = l.first {
		if now.Sub(j.started) < longAfter {
			l.aging.set(j.started.Add(longAfter), l.age)
			break
		}
		if !j.begun {
			// Nobody could say yet where it goes: the database is away, say. The next of its key must not
			// be sent before it.
			l.renew(j)
			continue
		}
		l.delist(j)
		l.release(j)
		if l.long >= l.queue.limits.long {
			j.state = aged
			continue
		}
		j.state = long
		l.queue.free(j) // a handler that waits must not keep out what it waits for
		l.young--
		l.long++
		freed++
	}
	l.start()
	l.mu.Unlock()
	l.d.slots.give(freed)
}

// release lets the next job of j's key start.
func (l *lane) release(j *job) {
	if wanting := l.queue.release(j); wanting != nil {
		l.fetch(wanting)
	}
}

// answered is called when j's attempt has its answer, or failed, and what comes of it will
// take a while.
func (l *lane) answered(j *job) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.release(j)
	l.start()
}

// done gives back the place of j, whose outcome is recorded or about to be, and returns
// what its goroutine may do next.
func (l *lane) done(j *job) *job {
	l.mu.Lock()
	freed := 1
	switch j.state {
	case long:
		l.long--
		freed = 0
	case queuesUp:
		l.queuing--
		freed = 0
		l.queue.free(j)
	case young:
		l.delist(j)
		fallthrough
	default:
		l.young--
		l.queue.free(j)
	}
	j.state = ended
	l.speed.count()
	l.release(j)
	l.goOn()
	next := l.next(false)
	l.start()
	l.mu.Unlock()
	l.d.slots.give(freed)
	return next
}

// resume is called when the lane, which waits for a slot, may have one. For more it waits
// again, behind others.
func (l *lane) resume() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.inLine = false
	if l.mayStart() {
		l.startOne(true)
	}
	l.start()
}

func (l *lane) itsTurn() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.turn.rang() {
		l.start()
	}
}

// recorded is called when the outcome of a delivery is in the store. due is when it is
// attempted again, or zero.
func (l *lane) recorded(seq int64, due bellhop.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.forget(seq)
	if due > 0 {
		l.reader.pullBack(before(due, seq))
		l.wakeAt(due)
	}
	l.refill()
}

func (l *lane) forget(seq int64) {
	delete(l.queue.known, seq)
	l.reader.forget(seq)
	if l.d.config.Shared {
		l.d.feed.forget(seq)
	}
}

// wake makes the lane look at its service and at the store again.
func (l *lane) wake() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.unpark()
	l.away.look = l.away.on
	l.goOn()
	if l.pause.on {
		l.probeAgain()
	}
	if l.turn.isSet() {
		l.look()
	}
}

// look adopts what the service says now, for a lane that is not about to hear it from an
// attempt.
func (l *lane) look() {
	ctx, ok := l.begin()
	if !ok {
		return
	}
	go func() {
		defer l.end()
		if target, err := l.d.config.Target(ctx, l.id); err == nil {
			l.adopt(target)
		}
	}()
}

func (l *lane) unpark() {
	l.parked = false
	l.fallBehind(store.Cursor{})
	l.refill()
	l.probeSoon()
}

// park puts everything that is queued back to the store, where it waits until wake.
func (l *lane) park() {
	l.parked = true
	l.putAllBack()
	l.due.off()
}

// putAllBack leaves everything that is queued to the store.
func (l *lane) putAllBack() {
	for _, j := range l.queue.drain() {
		l.forget(j.Delivery.Seq)
	}
	l.fallBehind(store.Cursor{})
	l.reader.epoch++
}

// stop ends the lane: nothing starts any more.
func (l *lane) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stopLocked()
}

func (l *lane) stopLocked() {
	l.stopped = true
	for _, a := range []*alarm{&l.due, &l.turn, &l.pause.alarm} {
		a.off()
	}
}

// adopt takes over what the service says.
func (l *lane) adopt(t *Target) {
	now := settings{organization: t.Organization, concurrency: t.Concurrency, rate: t.Rate, unordered: t.Unordered}
	l.mu.Lock()
	defer l.mu.Unlock()
	if now == l.settings {
		return
	}
	was := l.settings
	l.settings = now
	l.pace.allow(now.concurrency)
	l.rate.set(now.rate)
	if was.unordered != now.unordered {
		l.putAllBack() // what is queued was queued by the other rule
	}
	l.start()
}

// work makes attempts, one after the other, as long as there are any for it.
func (l *lane) work(ctx context.Context, j *job) {
	defer l.end()
	for j != nil {
		l.deliver(ctx, j)
		j = l.done(j)
	}
}
