package dispatch

import (
	"time"

	"bellhop/internal/store"
)

const (
	// readyRoom, waitingRoom and laneBytes are how much a lane keeps in memory: deliveries
	// that may start, those that wait behind others of their keys, and bytes of both. The
	// last bends for one delivery.
	readyRoom   = 8192
	waitingRoom = 8192
	laneBytes   = 16 << 20

	// lineShare is the part of the room that is left which one key may take. So many long
	// conversations make each other's lines shorter, and there is always room for one more.
	lineShare = 4

	// crowdedKeys is how many keys at most have their rest in the store while others are
	// let in past them.
	crowdedKeys = 1000

	// jobBytes is what a delivery takes in memory besides its payload.
	jobBytes = 1 << 10
)

// queue is what a lane has in memory: the deliveries that may start now, and for each key
// with something under way those that wait behind it.
type queue struct {
	ready   []*job
	lines   map[string]*line
	known   map[int64]bool // deliveries that are queued, under way, or not recorded yet
	waiting int            // in lines
	crowded int            // lines whose rest is in the store
	bytes   int64          // of all that is queued, or under way and not long
	inLines int64          // of those that wait
	limits  *limits
	budget  *budget
}

// line is the queue of one key, while something of it is ready, under way, or waits.
type line struct {
	key     string
	busy    bool // something is ready, or under way and not yet released
	waiting []*job
	crowded bool         // the store has deliveries that belong behind last
	missed  bool         // and has got more since it was last read
	reading bool         // it is being read
	last    store.Cursor // the last one that joined the line in the order of events; zero if it is not known
}

// job is a delivery in memory.
type job struct {
	store.Pending
	line     *line     // nil if it neither waits for others of its key nor makes them wait
	started  time.Time // and from then on out, if it is begun
	begun    bool      // it is known where it goes
	state    jobState
	released bool // the next job of its key may start

	prev, next *job // in the lane's list of young attempts
}

// jobState says what an attempt counts as.
type jobState int

const (
	queued   jobState = iota
	young             // counts against the concurrency
	aged              // still does, since there are too many long ones
	long              // does not any more
	queuesUp          // waits for its turn in a tunnel, and has not been sent
	ended
)

func (j *job) size() int64 {
	return jobBytes + int64(len(j.Event.Payload)) + int64(len(j.Delivery.Instance))
}

func newQueue(l *limits, b *budget) queue {
	return queue{lines: map[string]*line{}, known: map[int64]bool{}, limits: l, budget: b}
}

// room is how many deliveries of different keys would come in.
func (q *queue) room() int {
	if q.isFull() {
		return 0
	}
	return q.limits.ready - len(q.ready)
}

// isFull reports whether nothing more may come in.
func (q *queue) isFull() bool {
	return len(q.ready) >= q.limits.ready || q.crowded >= q.limits.crowded || q.bytes > 0 && q.bytes >= q.allowance()
}

func (q *queue) allowance() int64 { return q.budget.allowance(q.limits.bytes) }

// hasRoom reports whether it is worth to fetch more.
func (q *queue) hasRoom() bool {
	return len(q.ready) <= q.limits.ready/2 && q.crowded <= (q.limits.crowded-1)/2 && q.bytes <= q.allowance()/2
}

// admission is what became of a delivery that asked to come in.
type admission int

const (
	admitted admission = iota
	lineFull           // its key takes no more: its rest is read when there is room
	queueFull
)

// add takes a delivery in, if there is room for it. One that was attempted before has no
// place in the order any more: it joins the line of its key only to be no burden to it.
func (q *queue) add(p store.Pending, unordered bool) admission {
	if q.isFull() {
		return queueFull
	}
	j := &job{Pending: p}
	if unordered {
		q.makeReady(j)
		return admitted
	}
	switch ln := q.lines[p.Event.Key]; {
	case ln == nil:
		q.join(q.newLine(p.Event.Key), j)
	case !q.isCrowded(ln):
		q.join(ln, j)
	case p.Delivery.Attempts > 0:
		q.makeReady(j) // passes by
	default:
		q.crowd(ln)
		ln.missed = true
		return lineFull
	}
	return admitted
}

func (q *queue) newLine(key string) *line {
	ln := &line{key: key}
	q.lines[key] = ln
	return ln
}

// single takes in j, to be attempted at once, while nothing is ready. It reports false if
// that is known already, or has to wait for another one of its key.
func (q *queue) single(j *job, unordered bool) bool {
	if q.known[j.Delivery.Seq] {
		return false
	}
	if !unordered && j.Delivery.Attempts == 0 {
		if q.lines[j.Event.Key] != nil {
			return false
		}
		j.line = q.newLine(j.Event.Key)
		j.line.busy, j.line.last = true, store.CursorAt(&j.Delivery)
	}
	j.released = j.line == nil
	q.count(j)
	return true
}

// miss notes that the store has got a delivery of key that no commit will bring again.
func (q *queue) miss(key string) {
	if ln := q.lines[key]; ln != nil {
		ln.missed = true
	}
}

// missAll notes that the store may have got more of any key.
func (q *queue) missAll() {
	for _, ln := range q.lines {
		ln.missed = true
	}
}

// isCrowded reports whether ln takes nothing more from commits.
func (q *queue) isCrowded(ln *line) bool {
	return ln.crowded || len(ln.waiting) >= q.lineRoom() || q.inLines > q.allowance()/lineShare
}

// lineRoom returns how many may wait in one line now.
func (q *queue) lineRoom() int { return max(q.limits.waiting-q.waiting, 0) / lineShare }

// lineRead returns how many to read at once of a crowded line.
func (q *queue) lineRead() int {
	if q.inLines > q.allowance()/lineShare {
		return 1
	}
	return max(q.lineRoom()/2, 1)
}

func (q *queue) crowd(ln *line) {
	if !ln.crowded {
		ln.crowded = true
		q.crowded++
	}
}

func (q *queue) uncrowd(ln *line) {
	if ln.crowded {
		ln.crowded = false
		q.crowded--
	}
}

func (q *queue) makeReady(j *job) {
	j.released = j.line == nil
	q.count(j)
	q.ready = append(q.ready, j)
}

// join puts j at the end of a line.
func (q *queue) join(ln *line, j *job) {
	j.line = ln
	if j.Delivery.Attempts == 0 {
		ln.last = store.CursorAt(&j.Delivery)
	}
	if !ln.busy {
		ln.busy = true
		q.makeReady(j)
		return
	}
	q.count(j)
	ln.waiting = append(ln.waiting, j)
	q.waiting++
	q.inLines += j.size()
}

// count begins to count the memory of j.
func (q *queue) count(j *job) {
	q.known[j.Delivery.Seq] = true
	q.hold(j.size())
}

// free gives back the memory of j.
func (q *queue) free(j *job) { q.hold(-j.size()) }

func (q *queue) hold(bytes int64) {
	q.budget.add(q.bytes, bytes)
	q.bytes += bytes
}

// take removes the job whose turn it is. There must be one.
func (q *queue) take() *job {
	j := q.ready[0]
	q.ready[0] = nil
	if q.ready = q.ready[1:]; len(q.ready) == 0 {
		q.ready = nil
	}
	return j
}

// release lets the next job of j's key start, and returns the line if it wants more from
// the store.
func (q *queue) release(j *job) *line {
	if j.released {
		return nil
	}
	j.released = true
	ln := j.line
	ln.busy = false
	if len(ln.waiting) > 0 {
		next := ln.waiting[0]
		ln.waiting[0] = nil
		ln.waiting = ln.waiting[1:]
		q.waiting--
		q.inLines -= next.size()
		ln.busy = true
		q.ready = append(q.ready, next)
	}
	switch {
	case ln.crowded && len(ln.waiting) == 0 && !ln.reading:
		return ln
	case !ln.busy && !ln.crowded:
		delete(q.lines, ln.key)
	}
	return nil
}

// drain takes out everything that is queued and returns it. What is under way stays, and
// so do the lines that wait for it.
func (q *queue) drain() (out []*job) {
	for _, j := range q.ready {
		out = append(out, j)
		if j.line != nil {
			j.line.busy = false
		}
	}
	q.ready = nil
	for key, ln := range q.lines {
		out = append(out, ln.waiting...)
		ln.waiting, ln.last = nil, store.Cursor{}
		q.uncrowd(ln)
		if !ln.busy {
			delete(q.lines, key)
		}
	}
	q.waiting, q.inLines = 0, 0
	for _, j := range out {
		q.free(j)
	}
	return out
}

// crowdedLines returns the keys that are passed over while the store is read for others.
func (q *queue) crowdedLines() (keys []string) {
	if q.crowded == 0 {
		return nil
	}
	for key, ln := range q.lines {
		if ln.crowded {
			keys = append(keys, key)
		}
	}
	return keys
}
