package stats

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"time"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/event"
	"bellhop/internal/store"
)

const (
	maxBuckets   = 1500
	usualBuckets = 300 // at most, if the client does not say a step
	usualRange   = time.Hour
	maxStep      = 7 * 24 * time.Hour
)

// steps are those that are chosen from if the client does not say one.
var steps = []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour, maxStep}

// bucket is a span of time as it is shown. Percentiles are of all attempts, in
// milliseconds, null if there were none.
type bucket struct {
	At        bellhop.Time `json:"at"`
	Delivered int64        `json:"delivered"`
	Failed    int64        `json:"failed"`
	P50       *float64     `json:"p50"`
	P95       *float64     `json:"p95"`
	P99       *float64     `json:"p99"`
}

// asked is what a client wants to see: from is a multiple of step.
type asked struct {
	from, to bellhop.Time
	step     bellhop.Time
}

// Of returns the stats of a service that the caller may read, as the query asks: a JSON
// array of buckets, the oldest first.
func (s *Stats) Of(ctx context.Context, caller *account.Caller, service bellhop.ID, rawQuery string) (json.RawMessage, error) {
	if err := s.readable(ctx, caller, service); err != nil {
		return nil, err
	}
	a, err := parse(rawQuery, bellhop.TimeOf(s.now()))
	if err != nil {
		return nil, err
	}
	s.gather(ctx, service)
	if err := s.flush(ctx, service); err != nil {
		return nil, err
	}
	buckets, err := s.read(ctx, a, []bellhop.ID{service})
	if err != nil {
		return nil, err
	}
	return event.AppendValue(nil, a.show(buckets))
}

// read adds up what happened in each step, of services or of organizations.
func (s *Stats) read(ctx context.Context, a asked, of []bellhop.ID) ([]bellhop.Stat, error) {
	buckets := make([]bellhop.Stat, (a.to-a.from+a.step-1)/a.step)
	err := s.db.View(ctx, func(tx *store.Tx) error {
		for _, id := range of {
			err := tx.Stats(ctx, id, a.from, a.to, func(stat *bellhop.Stat) {
				buckets[(stat.At-a.from)/a.step].Add(stat)
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return buckets, err
}

func (a *asked) show(buckets []bellhop.Stat) []bucket {
	shown := make([]bucket, len(buckets))
	for i := range buckets {
		shown[i] = bucketOf(&buckets[i])
		shown[i].At = a.from + bellhop.Time(i)*a.step
	}
	return shown
}

func (s *Stats) readable(ctx context.Context, caller *account.Caller, service bellhop.ID) error {
	if !service.Valid() {
		return bellhop.Services.NotFound()
	}
	return s.db.View(ctx, func(tx *store.Tx) error {
		doc, err := tx.Document(ctx, bellhop.Services, service)
		if err != nil {
			return err
		}
		return caller.MayRead(bellhop.Services, doc)
	})
}

func bucketOf(stat *bellhop.Stat) bucket {
	b := bucket{Delivered: stat.Delivered, Failed: stat.Failed}
	for p, to := range map[int]**float64{50: &b.P50, 95: &b.P95, 99: &b.P99} {
		if d, ok := stat.Durations.Percentile(p); ok {
			milliseconds := float64(d.Microseconds()) / 1000
			*to = &milliseconds
		}
	}
	return b
}

// parse reads from, to and step (docs/contract/extensions.md section 2).
func parse(rawQuery string, now bellhop.Time) (asked, error) {
	a := asked{to: now}
	values, err := url.ParseQuery(rawQuery)
	if err != nil {
		return a, bellhop.InvalidField("query", "is not form-encoded")
	}
	if text := values.Get("to"); text != "" {
		if a.to, err = bellhop.ParseTime(text); err != nil {
			return a, bellhop.InvalidField("to", "must be a date")
		}
	}
	a.from = a.to.Add(-usualRange)
	if text := values.Get("from"); text != "" {
		if a.from, err = bellhop.ParseTime(text); err != nil {
			return a, bellhop.InvalidField("from", "must be a date")
		}
	}
	if a.from < 0 || a.from >= a.to {
		return a, bellhop.InvalidField("from", "must be before to")
	}
	return a, a.setStep(values.Get("step"), now)
}

// setStep sets the step, and moves from to its begin.
func (a *asked) setStep(text string, now bellhop.Time) error {
	hoursOnly := a.from < hourOf(now.Add(-minutesLast))
	if text == "" {
		a.step = bellhop.Time(a.usualStep(hoursOnly).Milliseconds())
	} else if text == "0" {
		return a.setWhole(hoursOnly)
	} else {
		seconds, err := strconv.Atoi(text)
		step := time.Duration(seconds) * time.Second
		if err != nil || seconds <= 0 || seconds > int(maxStep/time.Second) || step%time.Minute != 0 {
			return bellhop.InvalidField("step", "must be seconds: 0 or a multiple of 60, at most %d", maxStep/time.Second)
		}
		if hoursOnly && step%time.Hour != 0 {
			return bellhop.InvalidField("step", "must be a multiple of 3600 for what is older than a day")
		}
		a.step = bellhop.Time(step.Milliseconds())
	}
	a.from -= a.from % a.step
	if n := (a.to - a.from + a.step - 1) / a.step; n > maxBuckets {
		return bellhop.InvalidField("step", "makes %d buckets, at most %d are allowed", n, maxBuckets)
	}
	return nil
}

// setWhole makes one bucket of everything.
func (a *asked) setWhole(hoursOnly bool) error {
	fine := minute
	if hoursOnly {
		fine = bellhop.Time(time.Hour.Milliseconds())
	}
	a.from -= a.from % fine
	a.step = a.to - a.from
	return nil
}

func (a *asked) usualStep(hoursOnly bool) time.Duration {
	for _, step := range steps {
		if a.to.Sub(a.from) <= usualBuckets*step && (step >= time.Hour || !hoursOnly) {
			return step
		}
	}
	return maxStep
}
