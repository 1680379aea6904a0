package bench

import (
	"context"
	"errors"
	"slices"
	"strconv"
)

// delays is how long events took from the publisher to the receiver, in milliseconds.
type delays struct{ p50, p95, p99 float64 }

// gently measures these at a fixed rate, for twice as long as a round: there are few events.
func (b *bench) gently(ctx context.Context, j job, warmUp bool, watched ...worker) (r round, d delays, err error) {
	j.Rate, j.Duration = b.Rate, 2*b.Duration
	if warmUp {
		j.Duration = b.Duration / 2
	}
	if r, err = b.send(ctx, b.publisher, j, watched...); err != nil {
		return r, d, err
	}
	var all details
	if err := b.receiver.tell(ctx, "details", nil, &all); err != nil {
		return r, d, err
	}
	slices.Sort(all.Delays)
	at := func(p float64) float64 { return float64(percentile(all.Delays, p)) / 1000 }
	return r, delays{at(50), at(95), at(99)}, nil
}

// addGentle notes such a round, in which the server, or what stands for it, was watched.
func (s *Scenario) addGentle(of string, r round, d delays) {
	s.count(r)
	s.add(of+", p50", "ms", d.p50)
	s.add(of+", p95", "ms", d.p95)
	s.add(of+", p99", "ms", d.p99)
	s.add(of+", processor time of what is between", "CPU-s/1000", r.cpu[0])
}

// measureLatency measures how long an event takes through Bellhop and through the bare forwarder.
func measureLatency(ctx context.Context, b *bench, chosen map[string]*Scenario) error {
	s := chosen["e"]
	f, err := b.start(ctx, forwarderRole, b.receiver.hello.URL+healthyPath, strconv.Itoa(b.Connections))
	if err != nil {
		return err
	}
	h, err := b.openWith(ctx, s.Name, 1)
	if err != nil {
		return err
	}
	bare, whole := b.publish(f.hello.URL+"/"), b.publishTo(h)
	for n := range b.Rounds + 1 {
		b.progress.show(s.Name, s.Title, n, b.Rounds)
		r1, d1, err := b.gently(ctx, bare, n == 0, f)
		if err != nil {
			return err
		}
		r2, d2, err := b.gently(ctx, whole, n == 0, h.process)
		if err != nil {
			return err
		}
		if n == 0 {
			continue
		}
		s.addGentle("two hops", r1, d1)
		s.addGentle("Bellhop", r2, d2)
		b.report.target(s.Name, "p99 against two hops", "", d2.p99/d1.p99, 2, false)
	}
	b.end(f)
	return b.close(ctx, h, s, memoryLimit, 0)
}

// openWith opens a house with n webhooks of the receiver, each with its own events.
func (b *bench) openWith(ctx context.Context, name string, n int, flags ...string) (*house, error) {
	h, err := b.open(ctx, name, flags...)
	if err != nil {
		return nil, err
	}
	return h, b.subscribe(ctx, h, n)
}

// subscribe makes n webhooks of the receiver, each with its own events.
func (b *bench) subscribe(ctx context.Context, h *house, n int) error {
	for i := range n {
		if err := h.api.webhook(ctx, "", "receiver "+strconv.Itoa(i), b.receiver.hello.URL+healthyPath, eventName(i)); err != nil {
			return err
		}
	}
	return nil
}

// addDead adds n webhooks for the events of service i whose endpoint is gone as soon as it is verified.
func (b *bench) addDead(ctx context.Context, h *house, i, n int) error {
	dead, err := b.start(ctx, receiverRole, b.Slow.String())
	if err != nil {
		return err
	}
	defer b.end(dead)
	for k := range n {
		if err := h.api.webhook(ctx, "", "dead "+strconv.Itoa(k), dead.hello.URL+healthyPath, eventName(i)); err != nil {
			return err
		}
	}
	return nil
}

// measureIsolation measures a healthy service alone, and beside a dead and a slow one that get the same events.
func measureIsolation(ctx context.Context, b *bench, chosen map[string]*Scenario) error {
	s := chosen["f"]
	solo, err := b.openWith(ctx, s.Name, 1)
	if err != nil {
		return err
	}
	h, err := b.openWith(ctx, s.Name, 1)
	if err != nil {
		return err
	}
	if err := b.addDead(ctx, h, 0, 1); err != nil {
		return err
	}
	if err := h.api.webhook(ctx, "", "slow", b.receiver.hello.URL+slowPath, eventName(0)); err != nil {
		return err
	}
	for n := range b.Rounds + 1 {
		b.progress.show(s.Name, s.Title, n, b.Rounds)
		h.freeze()
		r1, d1, err := b.gently(ctx, b.publishTo(solo), n == 0, solo.process)
		h.thaw()
		if err != nil {
			return err
		}
		r2, d2, err := b.gently(ctx, b.publishTo(h), n == 0, h.process)
		if err != nil {
			return err
		}
		if n == 0 {
			continue
		}
		s.addGentle("alone", r1, d1)
		s.addGentle("beside them", r2, d2)
		b.report.target(s.Name, "p99 against alone", "", d2.p99/d1.p99, 1.5, false)
	}
	return errors.Join(b.raze(solo), b.close(ctx, h, s, memoryLimit, 0))
}
