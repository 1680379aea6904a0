package dispatch

import (
	"net/http"
	"time"

	"bellhop"
)

// response is what an attempt says about its endpoint, whatever it means for the delivery
// (docs/contract/extensions.md section 4, "What counts as down").
type response int

const (
	answered response = iota // also by a 4xx, and also late
	broken                   // no connection, no TLS, a 5xx, a 429
	timedOut
)

// responseOf reads the record of an attempt.
func responseOf(status int, timeout bool) response {
	switch {
	case timeout:
		return timedOut
	case status == 0 || status >= 500 || status == http.StatusTooManyRequests:
		return broken
	}
	return answered
}

const (
	failuresInARow = 10
	busyMinute     = 20 // attempts in the window from which on more than half may not fail

	breakerWindow = time.Minute
	breakerSlots  = 12
	breakerSlot   = breakerWindow / breakerSlots

	firstProbe = 5 * time.Second
	lastProbe  = 5 * time.Minute
)

// breaker judges whether an endpoint is down. It has no clock: the time comes with what
// happens, and does not go back.
type breaker struct {
	failures int          // in a row
	since    bellhop.Time // when the first of them was, or the answer that ended those before
	slots    [breakerSlots]breakerCount
}

// breakerCount is what happened in one part of the window.
type breakerCount struct {
	slot                      int64 // which part of all time this is
	attempts, failed, answers int32
}

// judgement is what a breaker makes of an attempt.
type judgement int

const (
	fine judgement = iota
	failing
	down
)

// observe takes what an attempt says of the endpoint, and judges it.
func (b *breaker) observe(now bellhop.Time, r response) judgement {
	slot := now.Time().UnixMilli() / breakerSlot.Milliseconds()
	at := &b.slots[slot%breakerSlots]
	if at.slot != slot {
		*at = breakerCount{slot: slot}
	}
	at.attempts++
	if r == answered {
		at.answers++
		if b.failures > 0 || b.since == 0 {
			b.failures, b.since = 0, now
		}
		return fine
	}
	attempts, failed, answers := b.minute(slot)
	if r == timedOut && answers > 0 {
		return fine // handlers wait; the bot is not down
	}
	at.failed++
	failed++
	if b.failures == 0 {
		b.since = now
	}
	b.failures++
	if b.failures >= failuresInARow || attempts >= busyMinute && 2*failed > attempts {
		return down
	}
	return failing
}

// minute adds up the window that ends with slot.
func (b *breaker) minute(slot int64) (attempts, failed, answers int) {
	for i := range b.slots {
		if c := &b.slots[i]; c.slot > slot-breakerSlots && c.slot <= slot {
			attempts += int(c.attempts)
			failed += int(c.failed)
			answers += int(c.answers)
		}
	}
	return attempts, failed, answers
}

// forget begins anew: the endpoint has just been found alive.
func (b *breaker) forget(now bellhop.Time) { *b = breaker{since: now} }

// probeWait is how long to wait for the next probe after one that waited for last; 0
// means that there was none.
func probeWait(last time.Duration) time.Duration {
	return max(firstProbe, min(2*last, lastProbe))
}
