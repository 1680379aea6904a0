package chipchattest

import (
	"context"
	"sync"
	"time"
)

// faults is what goes wrong between the server and the bots. It is safe for concurrent use.
type faults struct {
	ended chan struct{} // closed at the end of the test

	mu    sync.Mutex
	down  time.Time // until then
	usual plan      // of every delivery

	drop, dropAnswer, silence int // how many attempts it happens to
	batch                     *batch
}

// plan is what happens to one request.
type plan struct {
	drop   bool // it does not arrive
	delay  time.Duration
	turn   *turn // nil if it has not to wait for others
	repeat int   // how often it arrives again
	answer fate
}

// fate is what becomes of an answer.
type fate int

const (
	arrives fate = iota
	breaks       // the connection does, in the middle of it
	silent       // nothing comes until the server hangs up
)

func newFaults() *faults { return &faults{ended: make(chan struct{})} }

// next returns what happens to the request that has just come.
func (f *faults) next() plan {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.drop > 0 {
		f.drop--
		return plan{drop: true}
	}
	p := f.usual
	switch {
	case f.dropAnswer > 0:
		f.dropAnswer--
		p.answer = breaks
	case f.silence > 0:
		f.silence--
		p.answer = silent
	}
	if f.batch != nil {
		var full bool
		if p.turn, full = f.batch.enter(); full {
			f.batch = nil
		}
	}
	return p
}

// isDown reports whether nobody is there.
func (f *faults) isDown() bool {
	select {
	case <-f.ended:
		return true
	default:
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return time.Now().Before(f.down)
}

// end lets go of all that is held, and nothing through any more.
func (f *faults) end() {
	close(f.ended)
	f.calm()
}

// calm makes an end of all faults.
func (f *faults) calm() {
	f.mu.Lock()
	f.down, f.usual, f.drop, f.dropAnswer, f.silence = time.Time{}, plan{}, 0, 0, 0
	held := f.batch
	f.batch = nil
	f.mu.Unlock()
	held.release()
}

// wait returns an error if nobody waits for the answer any more.
func (f *faults) wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-f.ended:
		return context.Canceled
	case <-ctx.Done():
		return ctx.Err()
	}
}

// set changes the faults.
func (f *faults) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

// Repeat lets each delivery from now on arrive n times more, one after the other, as it does when an
// answer was lost. The answer to the first one counts. 0 ends it.
func (p *Platform) Repeat(n int) { p.faults.set(func() { p.faults.usual.repeat = max(n, 0) }) }

// Delay lets each delivery from now on arrive d later. 0 ends it. The server waits 20 seconds for
// an answer.
func (p *Platform) Delay(d time.Duration) { p.faults.set(func() { p.faults.usual.delay = max(d, 0) }) }

// Reorder holds the next n deliveries, at most 10, and lets them arrive in the reverse order, each
// when the one before it was answered. If no other comes for 5 seconds it goes on with those that it
// has. The server sends the next delivery of a conversation, while the one before is not
// answered, after a second (docs/contract/delivery.md section 7).
func (p *Platform) Reorder(n int) {
	p.tb.Helper()
	if n < 2 || n > maxBatch {
		p.tb.Fatalf("chipchattest: Reorder(%d): from 2 to %d deliveries can be put into another order", n, maxBatch)
	}
	var before *batch
	p.faults.set(func() { before, p.faults.batch = p.faults.batch, &batch{size: n} })
	before.release()
}

// Drop loses the next n attempts: their connections break before the bot has got them. The server
// tries again, the first time after about 10 seconds.
func (p *Platform) Drop(n int) { p.faults.set(func() { p.faults.drop = max(n, 0) }) }

// DropAnswers loses the answers to the next n attempts: the bot handles the delivery, but the
// connection breaks in the middle of its answer. The server tries again, so that the bot gets the
// delivery once more.
func (p *Platform) DropAnswers(n int) { p.faults.set(func() { p.faults.dropAnswer = max(n, 0) }) }

// Timeout keeps the answers to the next n attempts back: the bot handles the delivery, and the
// server gives up after 20 seconds, to try again later.
func (p *Platform) Timeout(n int) { p.faults.set(func() { p.faults.silence = max(n, 0) }) }

// Down lets nobody be there for d: connections of deliveries are refused. The server tries again at
// growing intervals, and soon pauses the webhook and merely looks from time to time whether
// somebody is there (docs/contract/extensions.md section 4). No delivery is lost within 24 hours.
func (p *Platform) Down(d time.Duration) { p.faults.set(func() { p.faults.down = time.Now().Add(d) }) }

// Calm ends all that the methods from Repeat to Down have begun.
func (p *Platform) Calm() { p.faults.calm() }
