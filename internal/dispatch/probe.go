package dispatch

import (
	"context"
	"time"

	"bellhop"
	"bellhop/internal/store"
)

func (l *lane) probeNow() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.pause.alarm.rang() || !l.mayProbe() {
		return
	}
	now := time.Now()
	if wait := l.rate.wait(now); wait > 0 {
		l.pause.alarm.set(now.Add(wait), l.probeNow)
		return
	}
	ctx, ok := l.begin()
	if !ok {
		return
	}
	l.pause.probing, l.pause.again = true, false
	go l.probe(ctx)
}

// probe attempts the oldest pending delivery, to see whether the endpoint is back.
func (l *lane) probe(ctx context.Context) {
	l.mu.Lock()
	pause := l.pause.since
	j, found := l.oldest(ctx)
	l.mu.Unlock()
	if j == nil {
		l.probed(pause, found)
		l.end()
		return
	}
	l.deliver(ctx, j)
	l.probed(pause, probeSent)
	l.work(ctx, l.done(j))
}

// probeFound is what a probe found to send.
type probeFound int

const (
	probeSent probeFound = iota
	probeNothing
	probeNotNow // it is under way already, or the store fails
)

// oldest begins the attempt of the oldest pending delivery.
func (l *lane) oldest(ctx context.Context) (*job, probeFound) {
	var oldest *store.Pending
	nth := l.reader.begin()
	defer l.reader.end()
	l.mu.Unlock()
	err := l.view(ctx, func(tx *store.Tx) (err error) {
		oldest, err = tx.Oldest(ctx, l.id)
		return err
	})
	l.mu.Lock()
	if err == nil {
		l.passed(l.d.troubles.probe)
	}
	switch {
	case err != nil:
		l.failed(ctx, l.d.troubles.probe, err)
		return nil, probeNotNow
	case oldest == nil:
		return nil, probeNothing
	}
	j := &job{Pending: *oldest}
	if !l.mayProbe() || l.young+l.queuing > 0 || l.reader.isOld(j.Delivery.Seq, nth) || !l.queue.single(j, l.settings.unordered) {
		return nil, probeNotNow
	}
	l.pause.again = false // where it goes is read from here on
	j.started = time.Now()
	l.d.slots.take(l, true) // none of the lane is young: it gets one
	l.rate.start(j.started)
	l.enlist(j)
	return j, probeSent
}

// probed says when the next probe goes out, if the lane is still paused since then.
func (l *lane) probed(since bellhop.Time, found probeFound) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pause.probing = false
	switch {
	case !l.pause.on:
	case l.pause.again:
		l.probeIn(0)
	case l.pause.since != since:
		l.probeSoon()
	case found == probeSent:
		l.pause.wait = probeWait(l.pause.wait)
		l.probeIn(l.pause.wait)
	case found == probeNotNow:
		l.probeIn(troubleWait)
	}
	// If nothing is pending, the next delivery will be the probe.
}
