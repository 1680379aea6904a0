package store

import (
	"context"
	"sync"
	"time"

	"bellhop"
)

const (
	// turnsAtOnce is how many views in turn of one reader run at once: few of all that may read.
	turnsAtOnce = 2

	// turnTime is how long a view in turn may take. What is answered later nobody waits for.
	turnTime = time.Minute
)

// ViewInTurn is View for what may read a lot, on behalf of reader, a user. Of each reader two run
// at once, the next ones wait, so that he takes the store from nobody else. The context that f is
// given ends a minute after f has begun; if f fails then, it is with a bellhop.Invalid error.
func (db *DB) ViewInTurn(ctx context.Context, reader bellhop.ID, f func(context.Context, *Tx) error) error {
	leave, err := db.turns.enter(ctx, reader)
	if err != nil {
		return err
	}
	defer leave()
	return db.View(ctx, func(tx *Tx) error {
		limited, cancel := context.WithTimeout(ctx, turnTime)
		defer cancel()
		err := f(limited, tx)
		if err != nil && limited.Err() != nil && ctx.Err() == nil {
			return bellhop.InvalidField("query", "takes longer than %d seconds", int(turnTime.Seconds()))
		}
		return err
	})
}

// turns knows who reads in turn.
type turns struct {
	mu    sync.Mutex
	queue map[bellhop.ID]*turn // of those who read or wait
}

type turn struct {
	running chan struct{} // has an element for each that runs
	users   int           // who run or wait
}

// enter waits for a turn of reader. Whoever got it calls leave.
func (t *turns) enter(ctx context.Context, reader bellhop.ID) (leave func(), err error) {
	t.mu.Lock()
	own := t.queue[reader]
	if own == nil {
		own = &turn{running: make(chan struct{}, turnsAtOnce)}
		t.queue[reader] = own
	}
	own.users++
	t.mu.Unlock()
	forget := func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if own.users--; own.users == 0 {
			delete(t.queue, reader)
		}
	}
	select {
	case own.running <- struct{}{}:
		return func() { <-own.running; forget() }, nil
	case <-ctx.Done():
		forget()
		return nil, ctx.Err()
	}
}
