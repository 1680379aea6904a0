package listen

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

const (
	shortestWait = 500 * time.Millisecond
	longestWait  = 10 * time.Second
	// slept is how far the clocks jump when the machine, or this process, has slept for long enough that a server may have
	// given up the connection.
	slept = 5 * time.Second
)

func random() float64 { return rand.Float64() }

// backoff is how long to wait before try number n, from 0: it doubles, is varied by up to a fifth so that the clients of
// a server that comes back do not come all at once, and is not shorter than the server asks for.
func (l *Listener) backoff(n int, err error) time.Duration {
	wait := min(longestWait, shortestWait<<min(n, 10))
	wait = time.Duration(float64(wait) * (0.8 + 0.4*l.jitter()))
	if busy, ok := errors.AsType[*busyError](err); ok {
		wait = max(wait, min(busy.after, time.Minute))
	}
	return wait
}

// sleep waits until d is over, the machine wakes up, somebody pauses or resumes, or ctx ends. A timer alone would stand
// still while the machine sleeps, and go on for what is left of it afterwards.
func (l *Listener) sleep(ctx context.Context, d time.Duration) {
	_, changed := l.switches.state()
	end := time.Now().Add(d)
	p := newPulse(l.wall)
	for left := d; left > 0; left = time.Until(end) {
		timer := time.NewTimer(min(left, time.Second))
		select {
		case <-timer.C:
		case <-changed:
		case <-ctx.Done():
		}
		timer.Stop()
		if p.beat() > slept || ctx.Err() != nil || closed(changed) {
			return
		}
	}
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
