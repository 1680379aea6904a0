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
		{Name: "l", Title: "Bellhop on PostgreSQL, one event a request"},
		{Name: "m", Title: "Bellhop on PostgreSQL, arrays of 100"},
		{Name: "n", Title: "several nodes on PostgreSQL, one event a request"},
		{Name: "o", Title: "several nodes on PostgreSQL, arrays of 100"},
	}
}

// onDatabase are the scenarios that need a database.
func onDatabase() []string { return []string{"l", "m", "n", "o"} }

// nodeServices is how many services share the events where there are several nodes, so that each node has some of them.
const nodeServices = 24

// hop is one of these scenarios with what it is measured with.
type hop struct {
	*Scenario
	sender  *process
	job     job
	watched []worker // sender first
	house   *house   // nil for the bare ones
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
		h.house.total += h.total
		if h.house.users--; h.house.users > 0 {
			return h.stop()
		}
		return errors.Join(h.stop(), b.close(ctx, h.house, h.Scenario, memoryLimit, h.house.total))
	}
	for _, w := range h.watched {
		u, err := w.usage(ctx)
		if err != nil {
			return err
		}
		h.add("peak memory of the "+w.title(), "MiB", float64(u.Peak)/(1<<20))
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
		h.watched = []worker{h.sender, b.receiver}
		return h, err
	case "b":
		f, err := b.start(ctx, forwarderRole, b.receiver.hello.URL+healthyPath, strconv.Itoa(b.Connections))
		if err != nil {
			return nil, err
		}
		h.job.URL = f.hello.URL + "/"
		h.watched = []worker{h.sender, f, b.receiver}
		return h, nil
	}
	services := 1
	switch s.Name {
	case "c", "d":
		h.house, err = b.open(ctx, s.Name)
	case "l", "m":
		h.house, err = b.shareNodes(ctx, "one", 1, services)
	default:
		services = nodeServices
		h.house, err = b.shareNodes(ctx, "several", b.Nodes, services)
		s.note("there are %d nodes, and %d services that get one event in turn", b.Nodes, nodeServices)
	}
	if err == nil && h.house.database == "" {
		err = b.subscribe(ctx, h.house, services)
	}
	if err != nil {
		return nil, err
	}
	if h.house.database != "" && h.house.postgres == nil {
		s.note("the database is not on this machine, so its processor time is not known")
	}
	h.job = b.publishTo(h.house)
	h.job.Services = services
	if s.Name == "d" || s.Name == "m" || s.Name == "o" {
		h.job.Batch = manyEvents
	}
	h.watched = append([]worker{h.sender}, append(h.house.workers(), b.receiver)...)
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
	for _, other := range h.others {
		j.Others = append(j.Others, other.hello.URL+"/v2/events")
	}
	return j
}

// round measures one round. One that is to warm up is shorter and forgotten.
func (h *hop) round(ctx context.Context, b *bench, warmUp bool) error {
	j := h.job
	if warmUp {
		j.Duration /= 4
	}
	before, err := h.house.read(ctx, b)
	if err != nil {
		return err
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
	for i, w := range h.watched {
		h.add("processor time of the "+w.title(), "CPU-s/1000", r.cpu[i])
		all += r.cpu[i]
	}
	// It says more than the throughput about a machine that does something else, too.
	h.add("processor time of all", "CPU-s/1000", all)
	after, err := h.house.read(ctx, b)
	if n := r.sent.Acknowledged(); err == nil && n > 0 && after.WAL > 0 {
		h.add("log of the database per event", "bytes", float64(after.WAL-before.WAL)/float64(n))
	}
	return err
}

// compareHops sets the rounds that were just measured against each other.
func compareHops(r *Report, all map[string]*hop) {
	for _, p := range []struct {
		name, base, what string
		limit            float64
	}{{"l", "c", "SQLite (c)", 0.5}, {"m", "d", "SQLite (d)", 0.7}} {
		if h, base := all[p.name], all[p.base]; h != nil && base != nil {
			r.target(p.name, "throughput against "+p.what, "", h.last.perSecond/base.last.perSecond, p.limit, true)
		}
	}
	for _, p := range []struct{ name, base string }{{"n", "l"}, {"o", "m"}} {
		if h, base := all[p.name], all[p.base]; h != nil && base != nil {
			h.add("throughput against one node ("+p.base+")", "", h.last.perSecond/base.last.perSecond)
		}
	}
	a, b, c, d := all["a"], all["b"], all["c"], all["d"]
	if b != nil && c != nil {
		r.target("c", "throughput against two hops (b)", "", c.last.perSecond/b.last.perSecond, 0.75, true)
	}
	if a != nil && d != nil {
		r.target("d", "throughput against one hop (a)", "", d.last.perSecond/a.last.perSecond, 0.5, true)
		r.target("d", "processor time of the server against the bare sender's (a)", "", d.last.cpu[1]/a.last.cpu[0], 2.5, false)
	}
}
