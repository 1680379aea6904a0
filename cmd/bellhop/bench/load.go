package bench

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"
)

// fewServices is what many of them are measured against.
const fewServices = 10

// rival is one of two servers whose throughput is compared.
type rival struct {
	name  string
	house *house
	job   job
}

// compare measures two servers in turns, one event a request. While one is measured, the other stands still.
func (b *bench) compare(ctx context.Context, s *Scenario, base, with rival, limit float64) error {
	stop, err := b.profile(ctx, with.house, s.Name)
	if err != nil {
		return err
	}
	var rates [2]float64
	for n := range b.Rounds + 1 {
		b.progress.show(s.Name, s.Title, n, b.Rounds)
		for i, v := range []rival{base, with} {
			other := []rival{with, base}[i]
			j := v.job
			if n == 0 {
				j.Duration /= 4
			}
			other.house.freeze()
			r, err := b.send(ctx, b.publisher, j, v.house.process)
			other.house.thaw()
			if err != nil {
				return fmt.Errorf("%s: %w", v.name, err)
			}
			rates[i] = r.perSecond
			if n == 0 {
				continue
			}
			s.count(r)
			s.add(v.name, "deliveries/s", r.perSecond)
			s.add("processor time of the server, "+v.name, "CPU-s/1000", r.cpu[0])
		}
		if n > 0 {
			b.report.target(s.Name, "throughput against "+base.name, "", rates[1]/rates[0], limit, true)
		}
	}
	return stop()
}

// measureServices compares few services with many, of many organizations. Each event is for one of them.
func measureServices(ctx context.Context, b *bench, chosen map[string]*Scenario) error {
	s := chosen["g"]
	few, err := b.openWith(ctx, s.Name, fewServices)
	if err != nil {
		return err
	}
	many, err := b.open(ctx, s.Name)
	if err != nil {
		return err
	}
	orgs, err := b.populate(ctx, s, many)
	if err != nil {
		return err
	}
	base := rival{name: strconv.Itoa(fewServices) + " services", house: few, job: b.publishTo(few)}
	base.job.Services = fewServices
	with := rival{name: strconv.Itoa(b.Services) + " services", house: many, job: b.publishTo(many)}
	with.job.Services, with.job.Orgs = b.Services, orgs
	if err := b.compare(ctx, s, base, with, 0.9); err != nil {
		return err
	}
	return errors.Join(b.raze(few), b.close(ctx, many, s, memoryLimit, 0))
}

// populate makes organizations and services of theirs. It returns the organizations, to which services belong in turn.
func (b *bench) populate(ctx context.Context, s *Scenario, h *house) ([]string, error) {
	orgs := make([]string, max(1, b.Services/100))
	for i := range orgs {
		var err error
		if orgs[i], err = h.api.organization(ctx, "Organization "+strconv.Itoa(i)); err != nil {
			return nil, err
		}
	}
	const step = 100 // services at a time, so that progress shows
	for from := 0; from < b.Services; from += step {
		b.progress.show(s.Name, "making "+strconv.Itoa(b.Services)+" services", from, b.Services)
		g, ctx := errgroup.WithContext(ctx)
		g.SetLimit(16)
		for i := from; i < min(from+step, b.Services); i++ {
			g.Go(func() error {
				// A part of the name is a wildcard, and a second pattern never matches.
				return h.api.webhook(ctx, orgs[i%len(orgs)], "service "+strconv.Itoa(i), b.receiver.hello.URL+healthyPath,
					"*."+eventSegment(i)+".made", "other."+eventSegment(i)+".**")
			})
		}
		if err := g.Wait(); err != nil {
			return nil, err
		}
	}
	return orgs, nil
}

// deadServices share a backlog.
const deadServices = 10

// measureBacklog compares an empty server with one that has many pending deliveries of services whose endpoints are gone.
func measureBacklog(ctx context.Context, b *bench, chosen map[string]*Scenario) error {
	s := chosen["h"]
	empty, err := b.openWith(ctx, s.Name, 1)
	if err != nil {
		return err
	}
	full, err := b.openWith(ctx, s.Name, 1)
	if err != nil {
		return err
	}
	const deadEvents = 1
	if err := b.addDead(ctx, full, deadEvents, deadServices); err != nil {
		return err
	}
	j := b.publishTo(full)
	// A request of 1,000 events makes the 10,000 deliveries that it may make at most.
	j.Service, j.Small, j.Batch, j.Connections, j.Duration = deadEvents, true, 1000, 2, 0
	if err := b.fill(ctx, s, "making "+strconv.Itoa(b.Backlog)+" pending deliveries", j, b.Backlog/deadServices, false); err != nil {
		return err
	}
	if b.Backlog != Full().Backlog {
		s.note("only %d deliveries were pending, not %d", b.Backlog, Full().Backlog)
	}
	base := rival{"no backlog", empty, b.publishTo(empty)}
	with := rival{"backlog", full, b.publishTo(full)}
	if err := b.compare(ctx, s, base, with, 0.9); err != nil {
		return err
	}
	// Otherwise nothing of this was beside a backlog.
	n, err := full.api.pending(ctx)
	if err == nil && n < min(b.Backlog/deadServices*deadServices, mostCounted) {
		err = fmt.Errorf("only %d deliveries are still pending", n)
	}
	if err != nil {
		return err
	}
	return errors.Join(b.raze(empty), b.close(ctx, full, s, memoryLimitBacklog, 0))
}

// fill publishes n events, and shows how far it is. It waits until they have arrived if they are to.
func (b *bench) fill(ctx context.Context, s *Scenario, what string, j job, n int, arrive bool) error {
	for done := 0; done < n; {
		b.progress.show(s.Name, what, done, n)
		j.Events = min(20*j.Batch, n-done)
		var err error
		if arrive {
			_, err = b.send(ctx, b.publisher, j)
		} else {
			var out sent
			if err = b.publisher.tell(ctx, "send", j, &out); err == nil && out.Error != "" {
				err = errors.New(out.Error)
			}
		}
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		done += j.Events
	}
	return nil
}

// measureRetention compares a server whose store has reached its size with one that removes nothing.
func measureRetention(ctx context.Context, b *bench, chosen map[string]*Scenario) error {
	s := chosen["i"]
	empty, err := b.openWith(ctx, s.Name, 1)
	if err != nil {
		return err
	}
	full, err := b.openWith(ctx, s.Name, 1, "--retain-size", strconv.FormatInt(b.StoreSize, 10))
	if err != nil {
		return err
	}
	j := b.publishTo(full)
	j.Batch, j.Connections, j.Duration = manyEvents, 2, 0
	// An event takes more than its 1 KiB, so this is more than the store may keep.
	if err := b.fill(ctx, s, "filling the store", j, int(b.StoreSize>>10), true); err != nil {
		return err
	}
	before, err := b.settle(ctx, s, full)
	if err != nil {
		return err
	}
	base := rival{"nothing is removed", empty, b.publishTo(empty)}
	with := rival{"old events are removed", full, b.publishTo(full)}
	if err := b.compare(ctx, s, base, with, 0.85); err != nil {
		return err
	}
	after, _, err := full.disk()
	if err != nil {
		return err
	}
	s.add("database before", "MiB", mib(before))
	s.add("database after", "MiB", mib(after))
	return errors.Join(b.raze(empty), b.close(ctx, full, s, memoryLimit, 0))
}

// settle waits until the database is about as small as it may be, so that what is removed afterwards is removed because
// more comes. It returns how large it is.
func (b *bench) settle(ctx context.Context, s *Scenario, h *house) (int64, error) {
	patience := 20 * b.Duration
	for since := time.Now(); ; {
		size, _, err := h.disk()
		if err != nil {
			return 0, err
		}
		if size <= b.StoreSize+b.StoreSize/5 {
			return size, nil
		}
		if time.Since(since) > patience {
			s.note("after %v the database was still %.0f MiB large, and should be %.0f", patience, mib(size), mib(b.StoreSize))
			return size, nil
		}
		if err := pause(ctx, b.Duration/10); err != nil {
			return 0, err
		}
	}
}

func mib(bytes int64) float64 { return float64(bytes) / (1 << 20) }
