package dispatch

import (
	"context"
	"errors"
	"time"

	"bellhop"
	"bellhop/internal/store"
)

// away says that nobody is at the other end of the tunnel that a lane leads to: then all of
// it waits in the store (docs/contract/extensions.md section 5.3).
type away struct {
	on     bool
	tunnel bellhop.ID
	look   bool // somebody may be there again
}

// awayMoment is how long a lane waits where somebody left and is there again already.
const awayMoment = 100 * time.Millisecond

// goneAway says of a delivery whose time is over that it was not attempted, and why.
const goneAway = "gave up after 24 h: nobody listened at the other end of the tunnel"

// hold puts everything back to the store until somebody is at the other end of the tunnel. j
// keeps its place: nothing is recorded of it.
func (l *lane) hold(ctx context.Context, j *job, tunnel bellhop.ID) {
	l.mu.Lock()
	l.forget(j.Delivery.Seq)
	if !l.away.on {
		l.away = away{on: true, tunnel: tunnel}
		l.putAllBack()
		l.due.off()
		l.pause.alarm.off()
	}
	l.mu.Unlock()
	// Somebody may have come, and Arrived may have been called, just before.
	switch target, err := l.d.config.Target(ctx, l.id); {
	case errors.Is(err, ErrGone):
		l.dropAll()
	case err != nil:
		time.AfterFunc(troubleWait, l.lookAgain)
	case !target.Away || target.Tunnel != tunnel:
		time.AfterFunc(awayMoment, l.lookAgain)
	}
}

// Arrived makes the lanes go on that lead to that tunnel: somebody is at its other end.
func (d *Dispatcher) Arrived(tunnel bellhop.ID) {
	for _, l := range d.all() {
		l.mu.Lock()
		waits := l.away.on && l.away.tunnel == tunnel
		l.mu.Unlock()
		if waits {
			l.lookAgain()
		}
	}
}

func (l *lane) lookAgain() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.away.look = l.away.on
	l.goOn()
}

// goOn ends the wait for the other end, if there is reason to look whether that is there.
// What was under way when it left must have come back: it is due as well, and what follows it
// may not overtake it.
func (l *lane) goOn() {
	if !l.away.look || l.young+l.long+l.queuing > 0 {
		return
	}
	l.away = away{}
	l.fallBehind(store.Cursor{})
	l.refill()
	if l.pause.on {
		l.probeAgain()
	}
}

// gaveUp says why a delivery died whose time is over.
func (l *lane) gaveUp(lastError string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.away.on && lastError == "" {
		return goneAway
	}
	return gaveUp(lastError)
}
