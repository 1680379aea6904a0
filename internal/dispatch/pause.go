package dispatch

import (
	"context"
	"slices"
	"time"

	"bellhop"
	"bellhop/internal/store"
)

// pause says that the endpoint of a lane is down, and when it is asked whether it is back
// (docs/contract/extensions.md section 4).
type pause struct {
	on      bool
	since   bellhop.Time
	reason  string        // what the last attempt met
	wait    time.Duration // from the last probe to the next one
	at      time.Time     // when the next probe goes out
	notYet  time.Time     // the endpoint does not want to be asked before
	probing bool
	again   bool // what is probed has changed since the probe began
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

// changeTurn lets the changes of a lane be written in the order in which they happened.
type changeTurn struct {
	before <-chan struct{} // closed when the change before this one is written; nil if there was none
	done   chan struct{}   // to close when this one is
}

func (l *lane) changeTurn() *changeTurn {
	turn := &changeTurn{before: l.changed, done: make(chan struct{})}
	l.changed = turn.done
	return turn
}

// await waits for the change before. It does nothing where there is no change.
func (t *changeTurn) await(ctx context.Context) {
	if t == nil || t.before == nil {
		return
	}
	select {
	case <-t.before:
	case <-ctx.Done():
	}
}

func (t *changeTurn) end() {
	if t != nil {
		close(t.done)
	}
}

// observe takes what an attempt says of the endpoint and returns what that changes, with the
// turn of the change, which is to be ended. reason is what the attempt met, and notBefore
// how long the endpoint wants to be left alone.
func (l *lane) observe(r response, reason string, notBefore time.Duration) (Change, *changeTurn) {
	now := l.d.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	verdict := l.breaker.observe(now, r)
	if verdict != fine {
		l.pause.reason = reason
	}
	switch {
	case r == answered && l.pause.on:
		l.unpause(now)
		return Resumed, l.changeTurn()
	case r == answered:
		l.pace.answered()
	case l.pause.on:
		l.postpone(notBefore)
	case verdict == down:
		l.pace.failed()
		l.pause.notYet = time.Now().Add(min(notBefore, lastProbe))
		l.setPause(now)
		return Paused, l.changeTurn()
	case verdict == failing:
		l.pace.failed()
	}
	return Unchanged, nil
}

// setPause stops the lane: everything waits in the store but for what is under way.
func (l *lane) setPause(since bellhop.Time) {
	l.pause.on, l.pause.since, l.pause.wait = true, since, firstProbe
	l.putAllBack()
	l.due.off()
	l.probeIn(firstProbe)
}

// restorePause takes over a pause from before a restart. Its first probe goes out at once.
func (l *lane) restorePause(p store.Pause) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pause.on, l.pause.since, l.pause.reason, l.pause.at = true, p.Since, p.Reason, time.Now()
	l.breaker.failures, l.breaker.since = p.Failures, p.Since
}

// unpause starts the lane again, slowly.
func (l *lane) unpause(now bellhop.Time) {
	l.pause.on = false
	l.pause.alarm.off()
	l.breaker.restart(now)
	l.pace.restart()
	l.fallBehind(store.Cursor{})
	l.start()
}

// postpone makes the next probe wait at least that long.
func (l *lane) postpone(notBefore time.Duration) {
	notYet := time.Now().Add(min(notBefore, lastProbe))
	if !notYet.After(l.pause.notYet) {
		return
	}
	l.pause.notYet = notYet
	if l.pause.at.Before(notYet) && !l.pause.probing {
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

// probeAgain makes the next probe go out at once: there may be another endpoint now.
func (l *lane) probeAgain() {
	l.pause.again = l.pause.probing
	l.pause.notYet = time.Time{}
	l.probeIn(0)
}

// probeSoon makes the next probe go out when it is time.
func (l *lane) probeSoon() {
	if l.mayProbe() && !l.pause.probing {
		l.pause.alarm.set(l.pause.at, l.probeNow)
	}
}

func (l *lane) mayProbe() bool { return l.pause.on && !l.parked && !l.away.on && !l.stopped && !l.gone }

// Health is how the endpoint of a service does.
type Health struct {
	Paused   bool
	Since    bellhop.Time // of the pause, of the first failure, or else of the first answer; zero if nothing is known
	Failures int          // in a row
	Reason   string       // what the last of them met; empty if there are none
	Next     bellhop.Time // of a pause: when the endpoint is asked again; zero while it is, and while nothing waits
}

// Health returns how the endpoint of a service does, as far as this process knows.
func (d *Dispatcher) Health(service bellhop.ID) Health {
	l := d.known(store.ServiceLane(service))
	if l == nil {
		return Health{}
	}
	h, _ := l.health()
	return h
}

// health reports false if the service is deleted, or delivered to elsewhere.
func (l *lane) health() (_ Health, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := Health{Paused: l.pause.on, Since: l.breaker.since, Failures: l.breaker.failures}
	if h.Failures > 0 {
		h.Reason = l.pause.reason
	}
	if h.Paused {
		h.Since = l.pause.since
		if in := time.Until(l.pause.at); in > 0 && !l.pause.probing && l.mayProbe() {
			h.Next = l.d.now().Add(in)
		}
	}
	return h, !l.gone
}

// Unhealthy returns the services whose endpoints are paused, and those that fail without being
// paused yet, as far as this process knows.
func (d *Dispatcher) Unhealthy() (paused, failing []bellhop.ID) {
	for _, l := range d.all() {
		if l.id.Lane != l.id.Service {
			continue // a replay to another URL says nothing of its service
		}
		l.mu.Lock()
		switch {
		case l.gone:
		case l.pause.on:
			paused = append(paused, l.id.Service)
		case l.breaker.failures > 0:
			failing = append(failing, l.id.Service)
		}
		l.mu.Unlock()
	}
	slices.Sort(paused)
	slices.Sort(failing)
	return paused, failing
}
