package dispatch

import (
	"context"
	"time"

	"bellhop"
	"bellhop/internal/store"
)

// pause says that the endpoint of a lane is down, and when it is asked whether it is back
// (docs/contract/extensions.md section 4).
type pause struct {
	on      bool
	since   bellhop.Time
	wait    time.Duration // from the last probe to the next one
	at      time.Time     // when the next probe goes out
	notYet  time.Time     // the endpoint does not want to be asked before
	probing bool
	idle    bool // there was nothing to probe with
	alarm   alarm
}

// Change is what an attempt has changed for the whole service.
type Change int

// The changes.
const (
	Unchanged Change = iota
	Paused           // its endpoint is down: nothing is sent but probes
	Resumed          // its endpoint has answered
)

// observe takes what an attempt says of the endpoint and returns what that changes.
// notBefore is how long the endpoint wants to be left alone.
func (l *lane) observe(r response, notBefore time.Duration) Change {
	now := l.d.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	verdict := l.breaker.observe(now, r)
	switch {
	case r == answered && l.pause.on:
		l.unpause(now)
		return Resumed
	case r == answered:
		l.pace.answered()
	case l.pause.on:
		l.postpone(notBefore)
	case verdict == down:
		l.pace.failed()
		l.pause.notYet = time.Now().Add(min(notBefore, lastProbe))
		l.setPause(now)
		return Paused
	case verdict == failing:
		l.pace.failed()
	}
	return Unchanged
}

// setPause stops the lane: everything waits in the store but for what is under way.
func (l *lane) setPause(since bellhop.Time) {
	l.pause.on, l.pause.since, l.pause.wait, l.pause.idle = true, since, firstProbe, false
	l.putAllBack()
	l.due.off()
	l.probeIn(firstProbe)
}

// restorePause takes over a pause from before a restart. Its first probe goes out at once.
func (l *lane) restorePause(p store.Pause) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pause.on, l.pause.since, l.pause.at = true, p.Since, time.Now()
	l.breaker.failures, l.breaker.since = p.Failures, p.Since
}

// unpause starts the lane again, slowly.
func (l *lane) unpause(now bellhop.Time) {
	l.pause.on = false
	l.pause.alarm.off()
	l.breaker.forget(now)
	l.pace.restart()
	l.fallBehind(store.Cursor{})
	l.start()
}

// postpone makes the next probe wait at least that long.
func (l *lane) postpone(notBefore time.Duration) {
	l.pause.notYet = time.Now().Add(min(notBefore, lastProbe))
	if l.pause.at.Before(l.pause.notYet) && !l.pause.probing {
		l.probeIn(0)
	}
}

// probeIn makes the next probe go out after wait.
func (l *lane) probeIn(wait time.Duration) {
	l.pause.at = time.Now().Add(wait)
	if l.pause.at.Before(l.pause.notYet) {
		l.pause.at = l.pause.notYet
	}
	l.pause.alarm.off()
	l.probeSoon()
}

// probeSoon makes the next probe go out when it is time.
func (l *lane) probeSoon() {
	if l.pause.on && !l.pause.probing && !l.parked && !l.stopped && !l.gone {
		l.pause.alarm.set(l.pause.at, l.probeNow)
	}
}

func (l *lane) probeNow() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.pause.alarm.rang() || !l.pause.on || l.parked || l.stopped || l.gone {
		return
	}
	ctx, ok := l.d.begin()
	if !ok {
		return
	}
	l.pause.probing, l.pause.idle = true, false
	go func() {
		defer l.d.attempts.Done()
		l.probe(ctx)
	}()
}

// probe attempts the oldest pending delivery, to see whether the endpoint is back. If
// nothing is pending, the next delivery will be the probe.
func (l *lane) probe(ctx context.Context) {
	var oldest *store.Pending
	err := l.d.config.DB.ViewLane(ctx, l.id.Lane, func(tx *store.Tx) (err error) {
		oldest, err = tx.Oldest(ctx, l.id)
		return err
	})
	switch {
	case err != nil && ctx.Err() == nil:
		l.d.config.Log.ErrorContext(ctx, "read the oldest delivery", "service", l.id.Service, "err", err)
	case oldest != nil && l.claim(oldest.Delivery.Seq):
		l.deliver(ctx, &job{Pending: *oldest, released: true})
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pause.probing = false
	switch {
	case !l.pause.on:
		return
	case err == nil && oldest == nil:
		l.pause.idle = true
	default:
		l.pause.wait = probeWait(l.pause.wait)
		l.probeIn(l.pause.wait)
	}
}

// Health is how the endpoint of a service does.
type Health struct {
	Paused   bool
	Since    bellhop.Time // of the pause, of the first failure, or else of the first answer; zero if nothing is known
	Failures int          // in a row
}

// Health returns how the endpoint of a service does, as far as this process knows.
func (d *Dispatcher) Health(service bellhop.ID) Health {
	l := d.known(store.ServiceLane(service))
	if l == nil {
		return Health{}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	h := Health{Paused: l.pause.on, Since: l.breaker.since, Failures: l.breaker.failures}
	if h.Paused {
		h.Since = l.pause.since
	}
	return h
}
