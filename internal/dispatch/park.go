package dispatch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"bellhop"
	"bellhop/internal/store"
)

// expire ends a delivery whose time is over.
func (l *lane) expire(ctx context.Context, d bellhop.Delivery, e *bellhop.Event) {
	reason := l.gaveUp(d.LastError)
	l.settle(ctx, store.Result{Delivery: d.Seq, Replay: d.Replay, Status: bellhop.Dead, Error: reason, At: l.d.now()},
		&Outcome{Service: l.id.Service, Lane: l.id.Lane, Delivery: d, Event: e, Status: bellhop.Dead, Reason: reason})
}

// expireStep is how many deliveries are looked up at once when many have ended.
const expireStep = 200

// expireWaiting ends the deliveries whose time is over while nothing of their lane is
// attempted.
func (l *lane) expireWaiting(ctx context.Context) error {
	var last store.Cursor
	for l.holdsBack() {
		var ended []bellhop.Delivery
		err := l.view(ctx, func(tx *store.Tx) (err error) {
			ended, err = tx.Ended(ctx, l.id, l.d.now(), last, expireStep)
			return err
		})
		if err != nil {
			return fmt.Errorf("read what has ended: %w", err)
		}
		for _, d := range ended {
			if l.claim(d.Seq) {
				l.expire(ctx, d, nil)
			}
		}
		if len(ended) < expireStep {
			return nil
		}
		// Those just ended may not be recorded yet: look behind them.
		last = store.CursorAt(&ended[len(ended)-1])
	}
	return nil
}

// holdsBack reports whether the lane leaves all its deliveries in the store for now.
func (l *lane) holdsBack() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return (l.parked || l.away.on || l.pause.on) && !l.stopped
}

// claim takes a delivery that waits in the store, or returns false if it is known: its
// attempt is under way, or its end is about to be recorded.
func (l *lane) claim(seq int64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.queue.known[seq] {
		return false
	}
	l.queue.known[seq] = true
	return true
}

// putBack lets a job wait in the store for a moment, since the machine fails us.
func (l *lane) putBack(ctx context.Context, j *job, err error) {
	l.failed(ctx, l.d.troubles.attempt, err)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.forget(j.Delivery.Seq)
	l.parkForAMoment() // with all others, or the next one of its key would overtake it
}

// waitUntilSure lets a job wait in the store, since another node may deliver it by now.
func (l *lane) waitUntilSure(j *job) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.forget(j.Delivery.Seq)
	l.parkForAMoment()
}

// parkForAMoment leaves everything to the store for a while: what went on without the
// rest would overtake it.
func (l *lane) parkForAMoment() {
	if !l.parked {
		l.park()
		time.AfterFunc(troubleWait, l.afterAMoment)
	}
}

func (l *lane) afterAMoment() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.unpark()
}

// parkUntilActive puts everything back to the store until Wake is called.
func (l *lane) parkUntilActive(ctx context.Context, j *job) {
	l.mu.Lock()
	l.forget(j.Delivery.Seq)
	l.park()
	l.mu.Unlock()
	// It may have become active, and Wake may have been called, just before.
	switch target, err := l.d.config.Target(ctx, l.id); {
	case errors.Is(err, ErrGone):
		l.dropAll()
	case err != nil:
		time.AfterFunc(troubleWait, l.afterAMoment)
	case target.Active:
		l.wake()
	}
}

// dropAll forgets everything: the service is deleted, and so are its deliveries.
func (l *lane) dropAll() {
	l.mu.Lock()
	l.park()
	l.gone = true
	l.mu.Unlock()
	l.d.forget(l)
}

// wait returns false if ctx ended first.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
