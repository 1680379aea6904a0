package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	// underWay is how long before the kill an answer may have come that the server had no time to store.
	underWay = 20 * time.Millisecond

	late = time.Second // how long repeats are waited for when all has arrived

	recovery = 5.0 // seconds from the restart that the last event may take
)

// measureCrash kills a server while it is published to as fast as it takes, starts it again, and looks when the last event
// arrives that it had acknowledged.
func measureCrash(ctx context.Context, b *bench, chosen map[string]*Scenario) error {
	s := chosen["k"]
	h, err := b.openWith(ctx, s.Name, 1)
	if err != nil {
		return err
	}
	for n := range b.Rounds {
		b.progress.show(s.Name, s.Title, n, b.Rounds)
		if err := b.crash(ctx, s, h); err != nil {
			return err
		}
	}
	return b.close(ctx, h, s, memoryLimit, 0)
}

func (b *bench) crash(ctx context.Context, s *Scenario, h *house) error {
	if err := b.receiver.tell(ctx, "reset", nil, nil); err != nil {
		return err
	}
	j := b.publishTo(h)
	// With arrays there is always something that is acknowledged and not yet delivered.
	j.Batch, j.Duration = manyEvents, 0
	j.Events = maxEvents // until it fails
	var out sent
	var killed, restarted time.Time
	var before tally
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { return b.publisher.tell(gctx, "send", j, &out) })
	g.Go(func() error {
		err := pause(gctx, b.Duration)
		if err == nil {
			before, err = b.arrived(gctx, 1) // there is a load
		}
		killed = time.Now()
		b.end(h.process) // also ends the publisher
		return err
	})
	if err := g.Wait(); err != nil {
		return err
	}
	restarted = time.Now()
	if err := b.serve(ctx, h); err != nil {
		return err
	}
	t, err := b.acknowledged(ctx, &out)
	if err != nil {
		return err
	}
	if err := pause(ctx, late); err != nil {
		return err
	}
	var all details
	if err := b.receiver.tell(ctx, "details", nil, &all); err != nil {
		return err
	}
	old, oldest := 0, time.Duration(0)
	for _, r := range all.Repeats {
		age := killed.Sub(time.UnixMicro(r.First))
		oldest = max(oldest, age)
		if age > underWay {
			old++
		}
	}
	s.Sent += out.Acknowledged()
	s.Arrived += t.Arrived
	s.Repeats += len(all.Repeats)
	s.add("pending when it was killed", "events", float64(max(0, out.Acknowledged()-before.Arrived)))
	s.add("repeats", "events", float64(len(all.Repeats)))
	s.add("oldest of them, before the kill", "ms", float64(oldest.Microseconds())/1000)
	took := max(0, float64(t.Last-restarted.UnixMicro())/1e6)
	b.report.target(s.Name, "from the restart until the last event has arrived", "s", took, recovery, false)
	b.report.target(s.Name, fmt.Sprintf("repeats of what was answered over %v before the kill", underWay), "events", float64(old), 0, false)
	return nil
}

// acknowledged waits until all has arrived that was acknowledged. Of what was not, some may have been stored all the same.
func (b *bench) acknowledged(ctx context.Context, out *sent) (tally, error) {
	failed := make(map[int64]bool, len(out.Failed))
	for _, seq := range out.Failed {
		failed[seq] = true
	}
	most, since := 0, time.Now()
	for {
		var missing []int64
		if err := b.receiver.tell(ctx, "missing", out.Next, &missing); err != nil {
			return tally{}, err
		}
		missing = slices.DeleteFunc(missing, func(seq int64) bool { return failed[seq] })
		var t tally
		if err := b.receiver.tell(ctx, "tally", nil, &t); err != nil {
			return t, err
		}
		switch {
		case len(missing) == 0:
			return t, nil
		case t.Arrived > most:
			most, since = t.Arrived, time.Now()
		case time.Since(since) > standstill:
			return t, errors.New(lost(missing))
		}
		if err := pause(ctx, look); err != nil {
			return t, err
		}
	}
}

func lost(missing []int64) string {
	return fmt.Sprintf("%d events that were acknowledged have not arrived, and for %v none came", len(missing), standstill)
}
