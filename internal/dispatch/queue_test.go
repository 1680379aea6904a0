package dispatch

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"bellhop"
	"bellhop/internal/store"
)

// TestQueue lets chance decide what comes in, begins, is released, and is put back, with a model
// of a store beside it: nothing is ever in neither, nor twice, and keys keep their order.
func TestQueue(t *testing.T) {
	for seed := range uint64(3000) {
		(&queueTest{t: t, seed: seed, chance: rand.New(rand.NewPCG(seed, 0))}).run()
		if t.Failed() {
			return
		}
	}
}

type queueTest struct {
	t        *testing.T
	seed     uint64
	chance   *rand.Rand
	limits   limits
	budget   budget
	q        queue
	keys     int
	next     int64
	rest     []store.Pending // in the store alone, in order: crowded keys and what did not fit
	underWay []*job
	begun    map[string]int64
	began    int
}

func (x *queueTest) oneOf(of ...int) int { return of[x.chance.IntN(len(of))] }

func (x *queueTest) run() {
	x.limits = limits{ready: x.oneOf(1, 3, 100), waiting: x.oneOf(1, 8, 100), bytes: int64(x.oneOf(1, 5000, 1<<20)), crowded: x.oneOf(1, 2, 100)}
	x.budget.most = int64(x.oneOf(1, 5000, 1<<20))
	x.q = newQueue(&x.limits, &x.budget)
	x.keys = x.oneOf(1, 3, 12)
	x.begun = map[string]int64{}
	for range 100 {
		switch x.chance.IntN(6) {
		case 0, 1:
			x.come()
		case 2:
			x.begin()
		case 3:
			x.end()
		case 4:
			x.readRest()
		case 5:
			if x.chance.IntN(3) == 0 {
				x.putBack()
			}
		}
		x.check()
	}
	for x.began < int(x.next) && !x.t.Failed() {
		before := x.began
		for len(x.underWay) > 0 {
			x.end()
		}
		x.readRest()
		for len(x.q.ready) > 0 {
			x.begin()
		}
		for _, key := range x.q.crowdedLines() {
			x.readLine(x.q.lines[key])
		}
		if x.check(); x.began == before && len(x.q.ready) == 0 {
			x.failf("it stands still after %d of %d", x.began, x.next)
		}
	}
	for len(x.underWay) > 0 {
		x.end()
	}
	if x.q.bytes != 0 || x.q.inLines != 0 || x.q.waiting != 0 || x.q.crowded != 0 || len(x.q.lines) != 0 || x.budget.used.Load() != 0 || x.budget.holders.Load() != 0 {
		x.failf("left over: %+v, %d lines, budget %d of %d", x.q.bytes, len(x.q.lines), x.budget.used.Load(), x.budget.holders.Load())
	}
}

func (x *queueTest) failf(format string, args ...any) {
	x.t.Helper()
	x.t.Errorf("seed %d: "+format, append([]any{x.seed}, args...)...)
}

// come adds a delivery as a commit does: while something is left in the store that is not of a
// crowded key, it waits there.
func (x *queueTest) come() {
	x.next++
	e := &bellhop.Event{Key: fmt.Sprint(x.chance.IntN(x.keys)), Payload: make([]byte, x.oneOf(0, 0, 3000))}
	p := store.Pending{Delivery: bellhop.Delivery{Seq: x.next, Due: bellhop.Time(x.next / 2)}, Event: e}
	if x.isBehind() || x.q.add(p, false) != admitted {
		x.rest = append(x.rest, p)
		x.q.miss(e.Key)
	}
}

func (x *queueTest) isBehind() bool {
	return slices.ContainsFunc(x.rest, func(p store.Pending) bool {
		ln := x.q.lines[p.Event.Key]
		return ln == nil || !ln.crowded
	})
}

// readRest takes in from the store what is of no crowded key, as far as it fits.
func (x *queueTest) readRest() {
	for i := 0; i < len(x.rest); {
		p := x.rest[i]
		if ln := x.q.lines[p.Event.Key]; ln != nil && ln.crowded {
			i++
			continue
		}
		switch x.q.add(p, false) {
		case queueFull:
			return
		case lineFull:
			i++
		case admitted:
			x.rest = slices.Delete(x.rest, i, i+1)
		}
	}
}

// readLine takes in what stands behind the last one of a crowded line.
func (x *queueTest) readLine(ln *line) {
	if len(ln.waiting) > 0 {
		return
	}
	n := x.q.lineRead()
	for i := 0; i < len(x.rest) && n > 0; {
		p := x.rest[i]
		if p.Event.Key != ln.key || !ln.last.Before(store.CursorAt(&p.Delivery)) {
			i++
			continue
		}
		x.q.join(ln, &job{Pending: p})
		x.rest = slices.Delete(x.rest, i, i+1)
		n--
	}
	if n > 0 {
		x.q.uncrowd(ln)
		if !ln.busy {
			delete(x.q.lines, ln.key)
		}
	}
}

func (x *queueTest) begin() {
	if len(x.q.ready) == 0 {
		return
	}
	j := x.q.take()
	key := j.Event.Key
	if x.begun[key] >= j.Delivery.Seq {
		x.failf("delivery %d of key %s begins after %d", j.Delivery.Seq, key, x.begun[key])
	}
	if slices.ContainsFunc(x.underWay, func(o *job) bool { return o.Event.Key == key && !o.released }) {
		x.failf("delivery %d of key %s begins beside another one", j.Delivery.Seq, key)
	}
	x.begun[key] = j.Delivery.Seq
	x.began++
	x.underWay = append(x.underWay, j)
}

// end ends an attempt, or lets only the next one of its key begin.
func (x *queueTest) end() {
	if len(x.underWay) == 0 {
		return
	}
	i := x.chance.IntN(len(x.underWay))
	j := x.underWay[i]
	if ln := x.q.release(j); ln != nil {
		x.readLine(ln)
	}
	if x.chance.IntN(3) > 0 {
		x.q.free(j)
		delete(x.q.known, j.Delivery.Seq)
		x.underWay = slices.Delete(x.underWay, i, i+1)
	}
}

func (x *queueTest) putBack() {
	for _, j := range x.q.drain() {
		delete(x.q.known, j.Delivery.Seq)
		x.rest = append(x.rest, j.Pending)
	}
	slices.SortFunc(x.rest, func(a, b store.Pending) int { return int(a.Delivery.Seq - b.Delivery.Seq) })
	x.readRest()
}

func (x *queueTest) check() {
	var bytes, waiting int64
	inMemory := len(x.q.ready)
	for _, j := range slices.Concat(x.q.ready, x.underWay) {
		bytes += j.size()
	}
	crowded := 0
	for _, ln := range x.q.lines {
		inMemory += len(ln.waiting)
		for _, j := range ln.waiting {
			waiting += j.size()
		}
		if ln.crowded {
			crowded++
		}
		if !ln.busy && !ln.crowded {
			x.failf("line %s is there for nothing", ln.key)
		}
	}
	if x.q.bytes != bytes+waiting || x.q.inLines != waiting || x.q.crowded != crowded || x.budget.used.Load() != x.q.bytes {
		x.failf("%d bytes, %d in lines, %d crowded, want %d, %d, %d", x.q.bytes, x.q.inLines, x.q.crowded, bytes+waiting, waiting, crowded)
	}
	if got := inMemory + len(x.rest) + x.began; got != int(x.next) {
		x.failf("%d in memory, %d in the store and %d begun are not %d", inMemory, len(x.rest), x.began, x.next)
	}
	if len(x.q.ready) > x.limits.ready+len(x.q.lines) || x.q.waiting > x.limits.waiting+len(x.q.lines) {
		x.failf("%d ready, %d waiting", len(x.q.ready), x.q.waiting)
	}
}
