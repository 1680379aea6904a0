package bench

import (
	"context"
	"errors"
	"strconv"
)

const manyEvents = 100 // in an array of scenario d

func hops() []Scenario {
	return []Scenario{
		{Name: "a", Title: "one hop: bare client, bare receiver"},
		{Name: "b", Title: "two hops: publisher, bare forwarder, receiver"},
		{Name: "c", Title: "Bellhop, one event a request"},
		{Name: "d", Title: "Bellhop, arrays of 100"},
	}
}

// hop is one of these scenarios with what it is measured with.
type hop struct {
	*Scenario
	sender  *process
	job     job
	watched []*process // sender first
	house   *house     // nil for the bare ones
	stop    func() error
	total   int // events in the house
	last    *round
}

// measureHops measures throughput: what the machine can do without a server, and what it does with one.
func measureHops(ctx context.Context, b *bench, chosen map[string]*Scenario) error {
	all := make(map[string]*hop)
	for name, s := range chosen {
		h, err := b.hop(ctx, s)
		if err != nil {
			s.fail(err)
			continue
		}
		all[name] = h
	}
	for n := range b.Rounds + 1 {
		for _, s := range hops() {
			h := all[s.Name]
			if h == nil {
				continue
			}
			b.progress.show(h.Name, h.Title, n, b.Rounds)
			if err := h.round(ctx, b, n == 0); err != nil {
				if ctx.Err() != nil {
					return err
				}
				h.fail(err)
				delete(all, s.Name)
			}
		}
		if n > 0 {
			compareHops(b.report, all)
		}
	}
	for _, s := range hops() {
		if h := all[s.Name]; h != nil {
			if err := h.end(ctx, b); err != nil {
				return err
			}
		}
	}
	return nil
}

// end notes what the processes took at most.
func (h *hop) end(ctx context.Context, b *bench) error {
	if h.house != nil {
		return errors.Join(h.stop(), b.close(ctx, h.house, h.Scenario, memoryLimit, h.total))
	}
	for _, p := range h.watched {
		u, err := p.usage(ctx)
		if err != nil {
			return err
		}
		h.add("peak memory of the "+p.role, "MiB", float64(u.Peak)/(1<<20))
	}
	return nil
}

// hop prepares a scenario.
func (b *bench) hop(ctx context.Context, s *Scenario) (*hop, error) {
	h := &hop{Scenario: s, sender: b.publisher, job: b.publish(b.receiver.hello.URL + healthyPath)}
	var err error
	switch s.Name {
	case "a":
		h.job.Sign = true
		h.sender, err = b.start(ctx, senderRole)
		h.watched = []*process{h.sender, b.receiver}
		return h, err
	case "b":
		f, err := b.start(ctx, forwarderRole, b.receiver.hello.URL+healthyPath, strconv.Itoa(b.Connections))
		if err != nil {
			return nil, err
		}
		h.job.URL = f.hello.URL + "/"
		h.watched = []*process{h.sender, f, b.receiver}
		return h, nil
	}
	if h.house, err = b.open(ctx, s.Name); err != nil {
		return nil, err
	}
	if err := h.house.api.webhook(ctx, "", "receiver", b.receiver.hello.URL+healthyPath, eventName(0)); err != nil {
		return nil, err
	}
	h.job = b.publishTo(h.house)
	if s.Name == "d" {
		h.job.Batch = manyEvents
	}
	h.watched = []*process{h.sender, h.house.process, b.receiver}
	h.stop, err = b.profile(ctx, h.house, s.Name)
	return h, err
}

// publish is a job of one event a request, one after the other on each connection, for as long as a round takes.
func (b *bench) publish(url string) job {
	return job{URL: url, Connections: b.Connections, Batch: 1, Duration: b.Duration}
}

// publishTo is publish for a server.
func (b *bench) publishTo(h *house) job {
	j := b.publish(h.hello.URL + "/v2/events")
	j.Token = h.api.token
	return j
}

// round measures one round. One that is to warm up is shorter and forgotten.
func (h *hop) round(ctx context.Context, b *bench, warmUp bool) error {
	j := h.job
	if warmUp {
		j.Duration /= 4
	}
	r, err := b.send(ctx, h.sender, j, h.watched...)
	h.total += r.sent.Acknowledged()
	if err != nil {
		return err
	}
	if warmUp {
		return nil
	}
	h.last = &r
	h.count(r)
	h.add("throughput", "deliveries/s", r.perSecond)
	all := 0.0
	for i, p := range h.watched {
		h.add("processor time of the "+p.role, "CPU-s/1000", r.cpu[i])
		all += r.cpu[i]
	}
	// It says more than the throughput about a machine that does something else, too.
	h.add("processor time of all", "CPU-s/1000", all)
	return nil
}

// compareHops sets the rounds that were just measured against each other.
func compareHops(r *Report, all map[string]*hop) {
	a, b, c, d := all["a"], all["b"], all["c"], all["d"]
	if b != nil && c != nil {
		r.target("c", "throughput against two hops (b)", "", c.last.perSecond/b.last.perSecond, 0.75, true)
	}
	if a != nil && d != nil {
		r.target("d", "throughput against one hop (a)", "", d.last.perSecond/a.last.perSecond, 0.5, true)
		r.target("d", "processor time of the server against the bare sender's (a)", "", d.last.cpu[1]/a.last.cpu[0], 2.5, false)
	}
}
