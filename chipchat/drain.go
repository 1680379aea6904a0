package chipchat

import (
	"context"
	"errors"
	"sync"
)

// running are the events whose handlers have not returned.
type running struct {
	mu    sync.Mutex
	tasks map[*task]struct{}
	idle  chan struct{} // closed when tasks becomes empty; nil if nobody waits
}

type task struct{ stop context.CancelFunc }

// run starts f and returns a channel that gets its error, once. Its goroutine is waited for by drain.
func (r *running) run(ctx context.Context, f func(context.Context) error) <-chan error {
	ctx, stop := context.WithCancel(ctx)
	t := &task{stop}
	r.mu.Lock()
	if r.tasks == nil {
		r.tasks = map[*task]struct{}{}
	}
	r.tasks[t] = struct{}{}
	r.mu.Unlock()
	done := make(chan error, 1)
	go func() {
		err := errors.New("handler ended its goroutine")
		defer func() {
			stop()
			r.remove(t)
			done <- err
		}()
		err = f(ctx)
	}()
	return done
}

func (r *running) remove(t *task) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.tasks, t)
	if len(r.tasks) == 0 && r.idle != nil {
		close(r.idle)
		r.idle = nil
	}
}

// Drain waits until the handlers of all events that were received have returned. When ctx ends first it ends their
// contexts and returns its error. The caller sees to it that no more events come in.
func (b *Bot) Drain(ctx context.Context) error {
	idle := b.running.becomeIdle()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		b.running.stopAll()
		return ctx.Err()
	}
}

// becomeIdle returns a channel that is closed when nothing runs.
func (r *running) becomeIdle() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.tasks) == 0 {
		idle := make(chan struct{})
		close(idle)
		return idle
	}
	if r.idle == nil {
		r.idle = make(chan struct{})
	}
	return r.idle
}

func (r *running) stopAll() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for t := range r.tasks {
		t.stop()
	}
}
