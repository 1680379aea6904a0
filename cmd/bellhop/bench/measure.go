package bench

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// standstill is how long nothing may arrive before the rest is given up.
	standstill = 30 * time.Second

	// aftermath is waited for when all has arrived, so that what a server does after an answer counts as its work.
	aftermath = 100 * time.Millisecond

	look = 5 * time.Millisecond // how often the receiver is asked
)

// round is what one round has measured.
type round struct {
	sent      sent
	tally     tally
	perSecond float64
	cpu       []float64 // seconds per 1,000 events, of each worker asked about
}

// worker is one or several processes that work for what is measured.
type worker interface {
	title() string
	usage(ctx context.Context) (usage, error)
}

// send has a process send what j says, and waits until everything that was acknowledged has arrived.
func (b *bench) send(ctx context.Context, sender *process, j job, watched ...worker) (r round, err error) {
	if err := b.receiver.tell(ctx, "reset", nil, nil); err != nil {
		return r, err
	}
	before, err := usages(ctx, watched)
	if err != nil {
		return r, err
	}
	if err := sender.tell(ctx, "send", j, &r.sent); err != nil {
		return r, err
	}
	if len(r.sent.Failed) > 0 {
		return r, fmt.Errorf("%d events were not acknowledged: %s", len(r.sent.Failed), r.sent.Error)
	}
	if r.tally, err = b.arrived(ctx, r.sent.Acknowledged()); err != nil {
		return r, err
	}
	if err := pause(ctx, aftermath); err != nil {
		return r, err
	}
	after, err := usages(ctx, watched)
	if err != nil {
		return r, err
	}
	if r.tally.Arrived == 0 {
		return r, errors.New("nothing was sent")
	}
	r.perSecond = float64(r.tally.Arrived) / (float64(r.tally.Last-r.sent.Began) / 1e6)
	for i := range watched {
		r.cpu = append(r.cpu, (after[i].CPU-before[i].CPU).Seconds()*1000/float64(r.tally.Arrived))
	}
	return r, nil
}

// arrived waits until n events have arrived.
func (b *bench) arrived(ctx context.Context, n int) (tally, error) {
	most, since := 0, time.Now()
	for {
		var t tally
		if err := b.receiver.tell(ctx, "tally", nil, &t); err != nil {
			return t, err
		}
		switch {
		case t.Unknown > 0 || t.Unaccounted > 0:
			return t, fmt.Errorf("the receiver got %d requests that nobody has sent", t.Unknown+t.Unaccounted)
		case t.Arrived >= n:
			return t, nil
		case t.Arrived > most:
			most, since = t.Arrived, time.Now()
		case time.Since(since) > standstill:
			return t, fmt.Errorf("%d of %d events have not arrived, and for %v none came", n-t.Arrived, n, standstill)
		}
		if err := pause(ctx, look); err != nil {
			return t, err
		}
	}
}

func usages(ctx context.Context, workers []worker) ([]usage, error) {
	all := make([]usage, len(workers))
	for i, w := range workers {
		var err error
		if all[i], err = w.usage(ctx); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// pause returns after d, or with an error when ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// count notes how many events there were.
func (s *Scenario) count(r round) {
	s.Sent += r.sent.Acknowledged()
	s.Arrived += r.tally.Arrived
	s.Repeats += r.tally.Repeated
	if r.sent.Pushed > 0 {
		s.note("the server asked to come again later %d times in a round", r.sent.Pushed)
	}
}
