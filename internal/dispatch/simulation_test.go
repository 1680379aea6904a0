package dispatch_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"bellhop"
	"bellhop/internal/dispatch"
	"bellhop/internal/store"
)

var (
	firstSeed = flag.Uint64("seed", 1, "first seed of the simulation")
	seeds     = flag.Int("seeds", simulations, "how many seeds it runs")
)

// TestSimulation lets chance decide what endpoints answer and when, what is published, what
// services are, and when the server ends or crashes. Whatever happens:
//
//   - every delivery ends delivered or dead, none is lost;
//   - first attempts of a key begin in the order of events;
//   - what was answered 2xx is sent again only if a crash came between answer and record;
//   - attempts are numbered one after the other;
//   - no more attempts that are younger than 1 s go on than the service allows.
func TestSimulation(t *testing.T) {
	const perBubble = 10 // a store is opened for each bubble only
	for first := 0; first < *seeds; first += perBubble {
		t.Run(fmt.Sprint("from seed ", int(*firstSeed)+first), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				for i := range min(perBubble, *seeds-first) {
					seed := *firstSeed + uint64(first+i)
					if !t.Failed() {
						(&simulation{world: w, seed: seed, chance: rand.New(rand.NewPCG(seed, 0))}).run()
					}
				}
			})
		})
	}
}

type simulation struct {
	*world
	seed    uint64
	begins  int // in sent
	arrived int // in arrivals
	crashes []time.Time

	mu2      sync.Mutex
	chance   *rand.Rand
	services []*simulated
}

type simulated struct {
	id        bellhop.ID
	limit     int
	unordered bool
	failing   float64 // how often
	slow      float64
}

func (s *simulation) pick(n int) int {
	s.mu2.Lock()
	defer s.mu2.Unlock()
	return s.chance.IntN(n)
}

func (s *simulation) happens(p float64) bool {
	s.mu2.Lock()
	defer s.mu2.Unlock()
	return s.chance.Float64() < p
}

func (s *simulation) run() {
	s.begins, s.arrived = len(s.sent), len(s.arrivals)
	s.answer = s.reply
	s.drain = []time.Duration{time.Nanosecond, 2 * time.Second, 30 * time.Second}[s.pick(3)]
	for range 1 + s.pick(3) {
		x := &simulated{limit: []int{1, 2, 10, 64}[s.pick(4)], unordered: s.happens(0.2),
			failing: []float64{0, 0.1, 0.5, 1}[s.pick(4)], slow: []float64{0, 0.1, 0.5}[s.pick(3)]}
		x.id = s.service(func(t *dispatch.Target) { t.Concurrency, t.Unordered = x.limit, x.unordered })
		s.services = append(s.services, x)
	}
	run := s.prepare()
	if s.happens(0.5) {
		s.publishSome() // before Run
	}
	run()
	for range 5 + s.pick(20) {
		s.step()
	}
	for _, x := range s.services {
		s.set(x.id, func(t *dispatch.Target) { t.Active = true })
	}
	s.sleep(26 * time.Hour)
	s.end()
	s.check()
}

func (s *simulation) step() {
	switch s.pick(12) {
	case 0:
		s.end()
		s.begin()
	case 1:
		s.crash()
	case 2:
		x := s.services[s.pick(len(s.services))]
		s.set(x.id, func(t *dispatch.Target) { t.Active = !t.Active })
	case 3:
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(s.publishSome)
		}
		wg.Wait()
	default:
		s.publishSome()
	}
	if s.happens(0.7) {
		time.Sleep(time.Duration(s.pick(1000)) * time.Millisecond)
	}
}

func (s *simulation) publishSome() {
	x := s.services[s.pick(len(s.services))]
	n := 1 + s.pick(5)
	if s.happens(0.003) {
		n = 600 // more than fits in a lane
	}
	var keys []string
	for range n {
		keys = append(keys, fmt.Sprint(s.pick(5)))
	}
	s.publish(x.id, keys...)
}

// crash takes the store away, so that nothing more is recorded, and begins anew.
func (s *simulation) crash() {
	if err := s.db.Close(); err != nil {
		s.t.Error(err)
	}
	drain := s.drain
	s.end()
	s.mu.Lock()
	s.d = nil
	s.mu.Unlock()
	s.crashes = append(s.crashes, time.Now())
	s.open()
	s.begin()
	s.drain = drain
}

func (s *simulation) reply(a *arrival) reply {
	var x *simulated
	for _, x = range s.services {
		if x.id == a.Service {
			break
		}
	}
	r := reply{status: 200, after: time.Duration(s.pick(30)) * time.Millisecond}
	if s.happens(x.slow) {
		r.after = time.Duration(s.pick(25_000)) * time.Millisecond
	}
	if s.happens(0.05) {
		r.after = time.Second
	}
	if s.happens(x.failing) {
		r.status = []int{0, 500, 503, 302, 404, 429}[s.pick(6)]
	}
	return r
}

func (s *simulation) check() {
	t := s.t
	fail := func(format string, args ...any) {
		t.Helper()
		t.Errorf("seed %d: "+format, append([]any{s.seed}, args...)...)
	}
	arrivals := s.seen()[s.arrived:]
	byDelivery := map[int][]*arrival{}
	for _, a := range arrivals {
		byDelivery[a.nth] = append(byDelivery[a.nth], a)
	}
	for nth := s.begins; nth < len(s.sent); nth++ {
		d := s.stored(nth)
		if d.Status == bellhop.Pending || len(byDelivery[nth]) == 0 {
			fail("delivery %d is %s after %d requests", nth, d.Status, len(byDelivery[nth]))
		}
		s.checkOne(fail, nth, d, byDelivery[nth])
	}
	for _, x := range s.services {
		if got := s.young(x.id); got > x.limit {
			fail("%d attempts at once, want %d", got, x.limit)
		}
		if !x.unordered {
			s.checkOrder(fail, x.id, arrivals)
		}
	}
}

func (s *simulation) checkOne(fail func(string, ...any), nth int, d store.StoredDelivery, all []*arrival) {
	for i, a := range all[:max(len(all)-1, 0)] {
		next := all[i+1]
		if next.attempt != a.attempt && next.attempt != a.attempt+1 {
			fail("delivery %d: attempt %d after %d", nth, next.attempt, a.attempt)
		}
		if !a.good || s.crashed(a.ended, next.at) {
			continue
		}
		fail("delivery %d was answered 2xx at %v and sent again at %v", nth, a.ended, next.at)
	}
	if len(all) > 0 && d.Attempts != all[len(all)-1].attempt {
		fail("delivery %d: %d attempts recorded, the last was %d", nth, d.Attempts, all[len(all)-1].attempt)
	}
	if d.Status == bellhop.Delivered && !all[len(all)-1].good {
		fail("delivery %d counts as delivered", nth)
	}
}

// crashed reports whether there was a crash from then to then.
func (s *simulation) crashed(from, to time.Time) bool {
	for _, at := range s.crashes {
		if !at.Before(from) && !at.After(to) {
			return true
		}
	}
	return false
}

func (s *simulation) checkOrder(fail func(string, ...any), service bellhop.ID, arrivals []*arrival) {
	last := map[string]int{}
	for _, a := range arrivals {
		if a.Service != service || !a.first {
			continue
		}
		if before, any := last[a.key]; any && before > a.nth {
			fail("delivery %d of key %s began after %d", a.nth, a.key, before)
		}
		last[a.key] = a.nth
	}
}
