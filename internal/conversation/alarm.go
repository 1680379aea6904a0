package conversation

import (
	"context"
	"sync/atomic"
	"time"

	"bellhop"
)

// longestSleep is how long Run sleeps at most. Who sleeps for long does not notice that the
// clock was set, or that a message was left by another process.
const longestSleep = time.Minute

// alarm wakes one who sleeps until the next message is due. It is safe for concurrent use.
type alarm struct {
	at   *atomic.Int64 // when he means to wake; 0 while he is awake
	ring chan struct{} // has an element when he must wake earlier
}

func newAlarm() alarm { return alarm{at: new(atomic.Int64), ring: make(chan struct{}, 1)} }

// advance makes sure that he is awake at that time. What is due then must be stored
// already: either he finds it when he looks before he sleeps, or he is woken.
func (a alarm) advance(to bellhop.Time) {
	if at := a.at.Load(); at != 0 && at <= int64(to) {
		return
	}
	select {
	case a.ring <- struct{}{}:
	default:
	}
}

// awake is called before looking for what is due.
func (a alarm) awake() { a.at.Store(0) }

// sleep waits until a time, zero meaning never, or until advance is called, or ctx ends.
func (a alarm) sleep(ctx context.Context, now, until bellhop.Time) {
	latest := now.Add(longestSleep)
	if until == 0 || until > latest {
		until = latest
	}
	a.at.Store(int64(until))
	timer := time.NewTimer(until.Sub(now))
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-a.ring:
	}
}
