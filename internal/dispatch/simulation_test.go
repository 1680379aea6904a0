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
)

var (
	firstSeed = flag.Uint64("seed", 1, "first seed of the simulation")
	seeds     = flag.Int("seeds", simulations, "how many seeds it runs")
)

// TestSimulation lets chance decide what endpoints answer and when, what is published, what
// services and replays are, how much goes on at once and is kept in memory, when the store is
// slow or a service cannot be read, and when the server ends or is killed. What holds
// nevertheless is what simulation.check says.
func TestSimulation(t *testing.T) {
	const perBubble = 10 // a store is made for each bubble only
	for first := 0; first < *seeds; first += perBubble {
		t.Run(fmt.Sprint("from seed ", int(*firstSeed)+first), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				for i := range min(perBubble, *seeds-first) {
					seed := *firstSeed + uint64(first+i)
					if (&simulation{world: w, seed: seed, chance: rand.New(rand.NewPCG(seed, 0))}).run(); t.Failed() {
						t.Fatalf("to see it again: go test ./internal/dispatch -run TestSimulation -seed %d -seeds 1", seed)
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
	before  int // in outcomes
	began   time.Time
	repairs bool      // at the end all endpoints are well
	lingers bool      // what is read is old
	ending  bool      // none says any more that it is gone
	broken  time.Time // until then a service cannot be read, or a consequence fails
	trouble []span    // when something held up everybody
	crashes []time.Time
	starts  []time.Time // of processes

	mu2    sync.Mutex
	chance *rand.Rand
	lanes  []*simulated
}

// span is a part of time.
type span struct{ from, to time.Time }

// simulated is a service, or a replay to another URL of a service.
type simulated struct {
	id, service bellhop.ID
	limit       int
	rate        float64
	unordered   bool
	failing     float64 // how often
	slow        float64
	down        time.Time // until when
	downFor     time.Duration
	touched     []time.Time // when it was changed
	well        bool        // nothing ails it, ever
	patient     bool        // nothing but its handlers holds it up
	tunnel      bellhop.ID  // it leads to, or ""
	lags        bool        // it is told late that a listener left; else requests may wait for their turn in the tunnel
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

func oneOf[T any](s *simulation, of ...T) T { return of[s.pick(len(of))] }

func (s *simulation) run() {
	s.begins, s.arrived, s.before, s.began = len(s.sent), len(s.arrivals), len(s.outcomes), time.Now()
	s.answer, s.consequence = s.reply, s.consequences
	s.repairs = s.happens(0.9)
	s.drain = oneOf(s, time.Nanosecond, 2*time.Second, 30*time.Second)
	s.limits = dispatch.Limits{}
	if s.happens(0.6) {
		s.limits = dispatch.Limits{UnderWay: oneOf(s, 1, 2, 4, 8), Long: oneOf(s, 1, 3, 1000), Ready: oneOf(s, 1, 2, 8, 512), Waiting: oneOf(s, 1, 4, 16, 64),
			Crowded: oneOf(s, 1, 2, 8), Read: oneOf(s, 1, 2, 8, 256), Held: oneOf(s, int64(1), 4<<10, 16<<10, 32<<20), Bytes: oneOf(s, int64(1), 4<<10, 16<<10, 4<<20)}
	}
	if s.lingers = s.happens(0.4); s.lingers {
		s.limits.Linger = s.linger
	}
	s.addLanes()
	run := s.prepare()
	if s.happens(0.5) {
		s.publishSome() // before Run
	}
	run()
	s.starts = append(s.starts, time.Now())
	for range 5 + s.pick(20) {
		s.step()
	}
	s.finish()
	s.check()
}

// addLanes adds services of several organizations, and replays.
func (s *simulation) addLanes() {
	for range 1 + s.pick(4) {
		x := &simulated{limit: oneOf(s, 1, 2, 10, 64), unordered: s.happens(0.2)}
		switch s.pick(4) {
		case 0:
			x.well, x.patient, x.limit = true, true, 64
		case 1:
			x.patient, x.slow, x.limit = true, oneOf(s, 0.1, 0.5, 1), 64
		default:
			x.failing, x.slow = oneOf(s, 0, 0.1, 0.5, 1), oneOf(s, 0, 0.1, 0.5)
			x.rate = oneOf(s, 0, 0, 0, 0.5, 3, 20)
			if s.happens(0.4) {
				x.tunnel = s.db.NewID(bellhop.TimeOf(time.Now()))
				x.lags = s.happens(0.5)
			}
			x.downFor = oneOf(s, 0, 0, time.Second, time.Minute, 10*time.Minute, 3*time.Hour)
		}
		owner := bellhop.ID(fmt.Sprintf("64b0f1a2c3d4e5f60718290%d", s.pick(3)))
		x.service = s.service(func(t *dispatch.Target) {
			t.Organization, t.Concurrency, t.Rate, t.Unordered, t.Tunnel = owner, x.limit, x.rate, x.unordered, x.tunnel
		})
		x.id = x.service
		s.lanes = append(s.lanes, x)
		if s.happens(0.2) {
			replay := *x
			replay.id = s.db.NewID(bellhop.TimeOf(time.Now()))
			s.lanes = append(s.lanes, &replay)
		}
	}
}

// finish repairs what is broken and lets all end that goes on.
func (s *simulation) finish() {
	s.mu2.Lock()
	s.ending = true
	for _, x := range s.lanes {
		x.down = time.Time{}
		if s.repairs {
			x.failing, x.slow = 0, 0
		}
	}
	s.mu2.Unlock()
	s.mu.Lock()
	s.targetErr, s.broken = nil, time.Time{}
	s.mu.Unlock()
	for _, x := range s.lanes {
		s.arrive(x)
	}
	s.sleep(30 * time.Second)
	for _, x := range s.lanes {
		s.change(x, func(t *dispatch.Target) { t.Active = true })
	}
	s.sleep(4 * time.Hour)
	if !s.repairs {
		s.sleep(22 * time.Hour)
	}
	for _, what := range s.d.Leftovers() {
		s.t.Errorf("seed %d: left over at the end: %s", s.seed, what)
	}
	s.end()
}
