package dispatch

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"bellhop"
	"bellhop/internal/egress"
	"bellhop/internal/store"
)

// conclude records what an attempt means for its delivery.
func (l *lane) conclude(ctx context.Context, j *job, target *Target, a *bellhop.Attempt, response *egress.Response) {
	now := l.d.now()
	result := store.Result{Delivery: j.Delivery.Seq, Attempt: a, At: now}
	outcome := &Outcome{Service: l.service, Delivery: j.Delivery, Event: j.Event, URL: target.URL, HTTP: a.Status}
	switch judge(a.Status) {
	case delivered:
		result.Status = bellhop.Delivered
		if !response.Truncated {
			outcome.Body = response.Body
		}
	case refused:
		result.Status, outcome.Reason = bellhop.Dead, a.Error
	case failed:
		var later time.Duration
		if response != nil {
			later = retryAfter(response.Status, response.Header, now.Time())
		}
		jitter := 2*rand.Float64() - 1
		due, again := nextAttempt(&j.Delivery, a.Number, now, later, jitter)
		if again {
			result.Due, a.NextAttemptAt = due, due
			l.d.recorder.add(ctx, entry{lane: l, result: result})
			return
		}
		result.Status, outcome.Reason = bellhop.Dead, gaveUp(a.Error)
		if _, inTime := nextAttempt(&j.Delivery, a.Number, now, 0, jitter); inTime {
			outcome.Reason = "Retry-After leads beyond the 24 h of the delivery: " + a.Error
		}
	}
	outcome.Status = result.Status
	l.settle(ctx, result, outcome)
}

// gaveUp is what service.error says of a delivery whose time is over.
func gaveUp(lastError string) string {
	if lastError == "" {
		return "gave up after 24 h"
	}
	return "gave up after 24 h: " + lastError
}

// settle records an outcome together with what it leads to. If it leads to nothing, the
// record may wait for the next batch.
func (l *lane) settle(ctx context.Context, result store.Result, outcome *Outcome) {
	always := context.WithoutCancel(ctx) // the answer has come: what it leads to is not cut short
	consequence := l.d.config.Consequence(always, outcome)
	if consequence == nil {
		l.d.recorder.add(ctx, entry{lane: l, result: result})
		return
	}
	for tries := 1; ; tries++ {
		err := l.d.config.DB.Update(always, func(tx *store.Tx) error {
			pending, err := tx.Record(always, result)
			if err != nil || !pending {
				return err // somebody settled it before: nothing may happen twice
			}
			return consequence(always, tx)
		})
		if err == nil {
			l.recorded(result.Delivery, 0)
			return
		}
		l.d.config.Log.WarnContext(ctx, "settle a delivery", "delivery", outcome.Delivery.ID, "service", l.service, "err", err)
		if !mayPass(err, tries) {
			l.d.recorder.add(ctx, entry{lane: l, result: result})
			return
		}
		if !wait(ctx, troubleWait) {
			return // it stays pending, and is settled by another attempt
		}
	}
}

// settleTries is how often a consequence is tried that fails for an unknown reason, a
// panic say. It must not hold a place in the lane for ever.
const settleTries = 60

// mayPass reports whether what failed that often may succeed with another try.
func mayPass(err error, tries int) bool {
	if e, ok := errors.AsType[*bellhop.Error](err); ok {
		return e.Code == bellhop.Unavailable || e.Code == bellhop.TooMany
	}
	return tries < settleTries
}
