package chipchattest

import (
	"context"
	"sync"
	"time"
)

const (
	maxBatch = 10 // with a second between two of them, within the 20 of an attempt

	// batchPatience is how long a batch waits for another one.
	batchPatience = 5 * time.Second
)

// batch is deliveries that are held, to go on in the reverse order.
type batch struct {
	size int

	mu    sync.Mutex
	turns []*turn // those that have not gone on; the last is the next
	open  bool    // they go on
	timer *time.Timer
}

// turn is that of one delivery.
type turn struct {
	batch *batch
	come  chan struct{} // closed when it may go on
}

// enter adds a delivery. The batch is full with it, or is open already: then there is none to wait for.
func (b *batch) enter() (t *turn, full bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.open {
		return nil, true
	}
	t = &turn{batch: b, come: make(chan struct{})}
	b.turns = append(b.turns, t)
	if len(b.turns) < b.size {
		if b.timer != nil {
			b.timer.Stop()
		}
		b.timer = time.AfterFunc(batchPatience, b.release)
		return t, false
	}
	b.begin()
	return t, true
}

// release lets go those that there are.
func (b *batch) release() {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.open {
		b.begin()
	}
}

func (b *batch) begin() {
	b.open = true
	if b.timer != nil {
		b.timer.Stop()
	}
	b.next()
}

func (b *batch) next() {
	last := len(b.turns) - 1
	if last < 0 {
		return
	}
	close(b.turns[last].come)
	b.turns = b.turns[:last]
}

// wait returns when it is this one's turn; the caller calls leave in any case.
func (t *turn) wait(ctx context.Context) error {
	if t == nil {
		return nil
	}
	select {
	case <-t.come:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// leave gives the turn to the next one.
func (t *turn) leave() {
	if t == nil {
		return
	}
	t.batch.mu.Lock()
	defer t.batch.mu.Unlock()
	select {
	case <-t.come:
		t.batch.next()
	default: // it has given up before
		for i, other := range t.batch.turns {
			if other == t {
				t.batch.turns = append(t.batch.turns[:i], t.batch.turns[i+1:]...)
				break
			}
		}
	}
}
