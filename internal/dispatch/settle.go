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

// conclude records what an attempt means for its delivery, and for the service.
func (l *lane) conclude(ctx context.Context, j *job, target *Target, a *bellhop.Attempt, response *egress.Response, timeout bool) {
	now := l.d.now()
	var later time.Duration
	if response != nil {
		later = retryAfter(response.Status, response.Header, now.Time())
	}
	result := store.Result{Delivery: j.Delivery.Seq, Replay: j.Delivery.Replay, Attempt: a, At: now}
	change, turn := l.observe(responseOf(a.Status, timeout), a.Error, later)
	defer turn.end()
	outcome := &Outcome{
		Service: l.id.Service, Lane: l.id.Lane, Delivery: j.Delivery, Event: j.Event, URL: target.URL, HTTP: a.Status, Reason: a.Error,
		Change: change,
	}
	switch judge(a.Status) {
	case delivered:
		result.Status = bellhop.Delivered
		if !response.Truncated {
			outcome.Body = response.Body
		}
	case refused:
		result.Status = bellhop.Dead
	case failed:
		jitter := 2*rand.Float64() - 1
		due, again := nextAttempt(&j.Delivery, a.Number, now, later, jitter)
		if again {
			result.Due, a.NextAttemptAt = due, due
			break
		}
		result.Status, outcome.Reason = bellhop.Dead, gaveUp(a.Error)
		if _, inTime := nextAttempt(&j.Delivery, a.Number, now, 0, jitter); inTime {
			outcome.Reason = "Retry-After leads beyond the 24 h of the delivery: " + a.Error
		}
	}
	outcome.Status = result.Status
	plain := entry{lane: l, result: result, attempted: l.attempted(j.Delivery, j.Event, result)}
	if f := l.consequence(ctx, outcome); f != nil {
		l.answered(j)
		turn.await(ctx)
		l.settleWith(ctx, plain, outcome, f)
		return
	}
	l.d.recorder.add(ctx, plain)
}

// consequence returns what has to be written together with an outcome, or nil.
func (l *lane) consequence(ctx context.Context, o *Outcome) func(context.Context, *store.Tx) error {
	var further func(context.Context, *store.Tx) error
	if o.Status != bellhop.Pending || o.Change != Unchanged {
		// The answer has come: what it leads to is not cut short.
		further = l.d.config.Consequence(context.WithoutCancel(ctx), o)
	}
	if o.Change == Unchanged {
		return further
	}
	pause := store.Pause{LaneID: l.id, Since: l.d.now(), Reason: o.Reason, Failures: failuresInARow}
	return func(ctx context.Context, tx *store.Tx) error {
		var err error
		if o.Change == Paused {
			err = tx.SetPause(ctx, pause)
		} else {
			_, err = tx.ClearPause(ctx, l.id.Lane)
		}
		if err != nil || further == nil {
			return err
		}
		return further(ctx, tx)
	}
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
	plain := entry{lane: l, result: result, attempted: l.attempted(outcome.Delivery, outcome.Event, result)}
	if f := l.consequence(ctx, outcome); f != nil {
		l.settleWith(ctx, plain, outcome, f)
		return
	}
	l.d.recorder.add(ctx, plain)
}

func (l *lane) settleWith(ctx context.Context, plain entry, outcome *Outcome, consequence func(context.Context, *store.Tx) error) {
	always := context.WithoutCancel(ctx)
	result := plain.result
	var pending, lost bool
	for tries := 1; ; tries++ {
		err := l.d.config.DB.Update(always, func(tx *store.Tx) error {
			if lost = !l.share.mayWrite(tx); lost {
				return nil // another node delivers it
			}
			var err error
			pending, err = tx.Record(always, result)
			if err != nil || !pending {
				return err // somebody settled it before: nothing may happen twice
			}
			return consequence(always, tx)
		})
		if lost && err == nil {
			return
		}
		if err == nil {
			l.passed(l.d.troubles.settle)
			l.recorded(result.Delivery, result.Due)
			if pending {
				l.d.observe(plain.attempted)
			}
			return
		}
		l.failed(ctx, l.d.troubles.settle, err, "delivery", outcome.Delivery.ID)
		if !mayPass(err, tries) {
			l.d.recorder.add(ctx, plain)
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
