package listen

import (
	"context"
	"sync"
	"time"
)

// turnTime is how long a request may be at the local process before the next of its order goes there, too: a bot that waits
// in its handler for the contact's next message must get it (docs/contract/delivery.md section 7).
const turnTime = time.Second

// turns keep the order of what the server says belongs together, also when it comes at once: a line may be slow, and
// this process asleep. They are taken in the order in which requests came, and waited for
// by each request itself, so that nobody else waits.
type turns struct {
	mu   sync.Mutex
	last map[string]*turn // of each key that has requests under way, the newest
}

// turn is the place of a request among those of its key.
type turn struct {
	all     *turns
	key     string
	before  *turn
	at      time.Time     // set before started is closed
	started chan struct{} // closed when the request goes to the local process
	done    chan struct{} // closed when it has its answer
}

// take returns the next turn of a key. It must be ended. Without a key there is nothing to wait for.
func (t *turns) take(key string) *turn {
	next := &turn{all: t, key: key, started: make(chan struct{}), done: make(chan struct{})}
	if key == "" {
		return next
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.last == nil {
		t.last = make(map[string]*turn)
	}
	next.before = t.last[key]
	t.last[key] = next
	return next
}

// start waits until it is the request's turn, or ctx ends.
func (t *turn) start(ctx context.Context) {
	defer func() {
		t.at = time.Now()
		close(t.started)
	}()
	before := t.before
	t.before = nil
	if before == nil {
		return
	}
	select {
	case <-before.started:
	case <-ctx.Done():
		return
	}
	timer := time.NewTimer(turnTime - time.Since(before.at))
	defer timer.Stop()
	select {
	case <-before.done:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// end is called when the request has its answer.
func (t *turn) end() {
	close(t.done)
	t.all.mu.Lock()
	defer t.all.mu.Unlock()
	if t.key != "" && t.all.last[t.key] == t {
		delete(t.all.last, t.key)
	}
}
