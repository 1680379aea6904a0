package dispatch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"bellhop"
	"bellhop/internal/egress"
	"bellhop/internal/event"
	"bellhop/internal/store"
)

const (
	// messageAnswer and otherAnswer are how much of an answer is read
	// (docs/contract/delivery.md section 5).
	messageAnswer = 1 << 20
	otherAnswer   = 16 << 10

	// keptBody is how much of an answer the record keeps (docs/contract/extensions.md
	// section 2).
	keptBody = 16 << 10
)

// deliver takes j through one attempt, in a goroutine of its own.
func (l *lane) deliver(ctx context.Context, j *job) {
	defer l.done(j)
	target, err := l.d.config.Target(ctx, l.service)
	switch {
	case errors.Is(err, ErrGone):
		l.dropAll()
		return
	case err != nil:
		l.putBack(ctx, j, err)
		return
	case !target.Active:
		l.parkUntilActive(ctx, j)
		return
	}
	l.setTarget(target)
	now := bellhop.TimeOf(time.Now())
	if now > j.Delivery.Ends {
		l.expire(ctx, j.Delivery, j.Event)
		return
	}
	l.attempt(ctx, j, target, now)
}

func (l *lane) attempt(ctx context.Context, j *job, target *Target, now bellhop.Time) {
	request := l.request(j, target)
	long := time.AfterFunc(longAfter, func() { l.grownLong(j) })
	response, err := l.d.config.Egress.Do(ctx, request)
	long.Stop()
	if err != nil && ctx.Err() != nil {
		return // the server ends; the delivery stays pending and is sent again
	}
	if errors.Is(err, egress.ErrNoSocket) {
		l.putBack(ctx, j, err) // our fault, not the endpoint's: it costs no attempt
		return
	}
	l.answered(j)
	l.conclude(ctx, j, record(j, request, target, response, err, now), response)
}

// request builds the POST of docs/contract/delivery.md section 2.
func (l *lane) request(j *job, target *Target) *egress.Request {
	payload := event.Payload{Bytes: j.Event.Payload, InstanceAt: j.Event.InstanceAt}
	id := j.Delivery.ID.String()
	body := payload.AppendBody(make([]byte, 0, len(payload.Bytes)+len(j.Delivery.Instance)+64), id, j.Delivery.Instance)
	limit := int64(otherAnswer)
	if strings.HasPrefix(j.Event.Name, "message.create.") {
		limit = messageAnswer
	}
	header := http.Header{
		"Content-Type":       {"application/json"},
		"Accept":             {"application/json"},
		"X-Hub-Signature":    {target.Signer.Sign(body)},
		"X-Delivery-Id":      {id},
		"X-Delivery-Attempt": {strconv.Itoa(j.Delivery.Attempts + 1)},
		"X-Event-Id":         {j.Event.ID.String()},
	}
	for name, value := range target.Headers {
		header.Set(name, value)
	}
	return &egress.Request{
		Owner: string(l.service), Method: http.MethodPost, URL: target.URL, Header: header, Body: body,
		Timeout: target.Timeout, MaxBody: limit,
	}
}

// record makes the record of an attempt. Nothing secret is in it.
func record(j *job, request *egress.Request, target *Target, response *egress.Response, err error, at bellhop.Time) *bellhop.Attempt {
	a := &bellhop.Attempt{
		Number: j.Delivery.Attempts + 1, At: at,
		URL: egress.RedactURL(request.URL), RequestHeaders: egress.RecordRequest(request, slices.Collect(maps.Keys(target.Headers))...),
	}
	if err != nil {
		a.Error = "internal error"
		if e, ok := errors.AsType[*egress.Error](err); ok {
			a.Error, a.Timing = e.Reason, bellhop.Timing(e.Timing)
		}
		return a
	}
	a.Status, a.Timing = response.Status, bellhop.Timing(response.Timing)
	a.ResponseHeaders = egress.RecordHeaders(response.Header)
	a.Truncated = response.Truncated || len(response.Body) > keptBody
	// A copy, since the record must not keep the whole answer in memory.
	a.ResponseBody = bytes.Clone(event.RedactToken(response.Body[:min(len(response.Body), keptBody)]))
	if judge(response.Status) != delivered {
		a.Error = "status " + strconv.Itoa(response.Status)
	}
	return a
}

// conclude records what an attempt means for its delivery.
func (l *lane) conclude(ctx context.Context, j *job, a *bellhop.Attempt, response *egress.Response) {
	now := bellhop.TimeOf(time.Now())
	result := store.Result{Delivery: j.Delivery.Seq, Attempt: a, At: now}
	outcome := &Outcome{Service: l.service, Delivery: j.Delivery, Event: j.Event, HTTP: a.Status}
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
		due, again := nextAttempt(&j.Delivery, a.Number, now, later, 2*rand.Float64()-1)
		if again {
			result.Due, a.NextAttemptAt = due, due
			l.d.recorder.add(ctx, entry{lane: l, result: result})
			return
		}
		result.Status, outcome.Reason = bellhop.Dead, gaveUp(a.Error)
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

// expire ends a delivery whose time is over.
func (l *lane) expire(ctx context.Context, d bellhop.Delivery, e *bellhop.Event) {
	reason := gaveUp(d.LastError)
	l.settle(ctx, store.Result{Delivery: d.Seq, Status: bellhop.Dead, Error: reason, At: bellhop.TimeOf(time.Now())},
		&Outcome{Service: l.service, Delivery: d, Event: e, Status: bellhop.Dead, Reason: reason})
}

// expireStep is how many deliveries are looked up at once when many have ended.
const expireStep = 200

// expireParked ends the deliveries whose time is over while their service is not active.
func (l *lane) expireParked(ctx context.Context) error {
	var last bellhop.Delivery
	for l.isParked() {
		var ended []bellhop.Delivery
		err := l.d.config.DB.View(ctx, func(tx *store.Tx) (err error) {
			ended, err = tx.Ended(ctx, l.service, bellhop.TimeOf(time.Now()), last, expireStep)
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
		last = ended[len(ended)-1]
	}
	return nil
}

func (l *lane) isParked() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.parked
}

// claim takes a delivery that waits in the store, or returns false if it is known: its
// attempt is under way, or its end is about to be recorded.
func (l *lane) claim(seq int64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.known[seq] {
		return false
	}
	l.known[seq] = true
	return true
}

// putBack lets a job wait in the store for a moment, since the machine fails us.
func (l *lane) putBack(ctx context.Context, j *job, err error) {
	if ctx.Err() == nil {
		l.d.config.Log.ErrorContext(ctx, "attempt a delivery", "service", l.service, "err", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.forget(j.Delivery.Seq)
	if !l.parked {
		// With all others, or the next one of its key would overtake it.
		l.park()
		time.AfterFunc(troubleWait, l.wake)
	}
}

// parkUntilActive puts everything back to the store until Wake is called.
func (l *lane) parkUntilActive(ctx context.Context, j *job) {
	l.mu.Lock()
	l.forget(j.Delivery.Seq)
	l.park()
	l.mu.Unlock()
	// It may have become active, and Wake may have been called, just before.
	switch target, err := l.d.config.Target(ctx, l.service); {
	case errors.Is(err, ErrGone):
		l.dropAll()
	case err != nil:
		time.AfterFunc(troubleWait, l.wake)
	case target.Active:
		l.wake()
	}
}

// dropAll forgets everything: the service is deleted, and so are its deliveries.
func (l *lane) dropAll() {
	l.mu.Lock()
	l.park()
	l.mu.Unlock()
	l.d.mu.Lock()
	if l.d.lanes[l.service] == l {
		delete(l.d.lanes, l.service)
	}
	l.d.mu.Unlock()
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
