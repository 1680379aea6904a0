package dispatch_test

import (
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

// TestSimulationOfNodes lets chance decide which node commits what, when the owner of its lane is
// told of it and whether, and when partitions are handed over, nodes join, leave, die, or are taken
// for dead while they live. What holds nevertheless is what check says.
func TestSimulationOfNodes(t *testing.T) {
	const perBubble = 10  // a store is made for each bubble only
	n := (*seeds + 4) / 5 // each takes longer than one of a single node
	for first := 0; first < n; first += perBubble {
		t.Run(fmt.Sprint("from seed ", int(*firstSeed)+first), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				for i := range min(perBubble, n-first) {
					simulateNodes(t, w, *firstSeed+uint64(first+i))
				}
			})
		})
	}
}

func simulateNodes(t *testing.T, w *world, seed uint64) {
	s := &nodesSimulation{fleet: newFleet(w), seed: seed, chance: rand.New(rand.NewPCG(seed, 1)), begins: len(w.sent), arrived: len(w.arrivals)}
	s.run()
	if t.Failed() {
		t.Fatalf("to see it again: go test ./internal/dispatch -run %s -seed %d -seeds 1", "TestSimulationOfNodes", seed)
	}
}

type nodesSimulation struct {
	*fleet
	seed     uint64
	begins   int // in sent
	arrived  int // in arrivals
	services []bellhop.ID
	losses   float64 // how often nobody is told
	slow     float64 // how often an attempt takes long
	failing  float64 // how often one fails
	cuts     []span  // when a node died, or was taken for dead

	mu2    sync.Mutex
	chance *rand.Rand
}

func (s *nodesSimulation) pick(n int) int {
	s.mu2.Lock()
	defer s.mu2.Unlock()
	return s.chance.IntN(n)
}

func (s *nodesSimulation) happens(p float64) bool { return s.pick(1000) < int(p*1000) }

func (s *nodesSimulation) some(n time.Duration) time.Duration {
	return time.Duration(s.pick(int(n/time.Millisecond)+1)) * time.Millisecond
}

func (s *nodesSimulation) anybody() *member {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.members[s.pick(len(s.members))]
}

func (s *nodesSimulation) run() {
	s.limits = dispatch.Limits{Ready: 1 + s.pick(8), Waiting: 1 + s.pick(8), Crowded: 1 + s.pick(3), Read: 1 + s.pick(8)}
	if s.happens(0.3) {
		s.limits = dispatch.Limits{}
	}
	if s.happens(0.5) {
		s.limits.Ended = 1 + s.pick(5)
	}
	if s.happens(0.5) {
		s.limits.Linger = func() {
			if s.happens(0.3) {
				time.Sleep(s.some(60 * time.Millisecond))
			}
		}
	}
	s.losses, s.slow, s.failing = float64(s.pick(3))/10, float64(s.pick(3))/20, float64(s.pick(3))/20
	s.committer = s.pick
	if s.happens(0.5) {
		s.ahead = func() time.Duration { return s.some(6*time.Second) - 3*time.Second }
	}
	s.told = func(tell func()) {
		if s.happens(s.losses) {
			return
		}
		wait := s.some(20 * time.Millisecond)
		s.ended.Go(func() {
			time.Sleep(wait)
			tell()
		})
	}
	s.answer = func(a *arrival) reply {
		r := reply{status: 200, after: s.some(30 * time.Millisecond)}
		if s.happens(s.slow) {
			r.after = s.some(15 * time.Second)
		}
		if s.happens(s.failing) {
			r.status = 500
		}
		return r
	}
	for range 1 + s.pick(3) {
		s.join()
	}
	for range 1 + s.pick(4) {
		s.services = append(s.services, s.service(func(t *dispatch.Target) { t.Concurrency = 1 + s.pick(16) }))
	}
	if s.happens(0.5) {
		s.publishSome()
	}
	s.takeAll(s.anybody())
	for range 30 + s.pick(60) {
		s.step()
	}
	s.ended.Wait()
	s.takeAll(s.anybody())
	s.sleep(30 * time.Minute)
	for _, m := range s.members {
		for _, what := range m.d.Leftovers() {
			s.t.Errorf("seed %d: left over at the end: %s", s.seed, what)
		}
	}
	s.check()
	s.end()
}

func (s *nodesSimulation) step() {
	switch s.pick(20) {
	case 0:
		if len(s.members) < 4 {
			s.join()
		}
	case 1:
		s.die()
	case 2:
		s.beTakenForDead()
	case 3: // one leaves
		if m := s.anybody(); len(s.members) > 1 {
			s.leaveAll(m)
		}
	case 4, 5, 6, 7:
		partition, to := store.PartitionOf(s.services[s.pick(len(s.services))]), s.anybody()
		s.ended.Go(func() { s.move(partition, to) })
	default:
		s.publishSome()
	}
	time.Sleep(s.some([]time.Duration{0, 10 * time.Millisecond, 100 * time.Millisecond, 2 * time.Second}[s.pick(4)]))
}

func (s *nodesSimulation) publishSome() {
	var keys []string
	distinct := []int{1, 3, 30}[s.pick(3)]
	for range 1 + s.pick(12) {
		keys = append(keys, fmt.Sprint(s.pick(distinct)))
	}
	s.publish(s.services[s.pick(len(s.services))], keys...)
}

// leaveAll ends a member that gives all that it has.
func (s *nodesSimulation) leaveAll(m *member) {
	s.mu.Lock()
	others := len(s.members) > 1
	s.mu.Unlock()
	if !others {
		return
	}
	to := m
	for to == m {
		to = s.anybody()
	}
	for _, service := range s.services {
		s.move(store.PartitionOf(service), to)
	}
	s.ended.Wait() // those that were being handed over to it
	for _, p := range s.owned(m) {
		s.move(p, to)
	}
	s.mu.Lock()
	s.members = without(s.members, m)
	s.mu.Unlock()
	m.stop()
}

func without(members []*member, m *member) (others []*member) {
	for _, other := range members {
		if other != m {
			others = append(others, other)
		}
	}
	return others
}

// die kills a member; some seconds later others have what it had.
func (s *nodesSimulation) die() {
	s.mu.Lock()
	n := len(s.members)
	s.mu.Unlock()
	if n < 2 {
		s.join()
	}
	from := time.Now()
	s.kill(s.anybody())
	s.lost(from)
}

// beTakenForDead stops a member: it starts nothing, what it has under way goes on. Some seconds
// later others have what it had, and it drops that.
func (s *nodesSimulation) beTakenForDead() {
	m, from := s.anybody(), time.Now()
	m.sure.Store(false)
	time.Sleep(6 * time.Second)
	s.ended.Wait() // it can hand over nothing
	s.lose(m)
	m.d.Drop()
	s.lost(from)
	m.sure.Store(true)
}

// lost lets others take what is nobody's.
func (s *nodesSimulation) lost(from time.Time) {
	time.Sleep(s.some(3 * time.Second))
	s.ended.Wait()
	for _, p := range s.owned(nil) {
		s.take(s.anybody(), p)
	}
	s.cuts = append(s.cuts, span{from, time.Now()})
}

// check looks at all that arrived: nothing is lost; what was answered is sent again only if its
// node was dead before it was recorded; first attempts of a key begin in the order of events, each
// when the one before was answered, or out for a second.
func (s *nodesSimulation) check() {
	for nth := s.begins; nth < len(s.sent); nth++ {
		if got := s.stored(nth).Status; got != bellhop.Delivered {
			s.t.Errorf("seed %d: delivery %d is %s", s.seed, nth, got)
		}
	}
	first := map[string]*arrival{} // of each key, the last that came
	last := map[int]*arrival{}
	for _, a := range s.seen()[s.arrived:] {
		if before := last[a.nth]; before != nil {
			if before.good && !s.wasCut(before.at, a.at) {
				s.t.Errorf("seed %d: delivery %d was answered 2xx at %v and sent again at %v", s.seed, a.nth, before.ended, a.at)
			}
			if a.attempt < before.attempt {
				s.t.Errorf("seed %d: delivery %d: attempt %d after %d", s.seed, a.nth, a.attempt, before.attempt)
			}
		}
		last[a.nth] = a
		if a.attempt > 1 {
			continue // it has lost its place
		}
		key := string(a.Service) + "/" + a.key
		before := first[key]
		if before != nil && a.first && before.nth > a.nth {
			s.t.Errorf("seed %d: delivery %d of key %s began after %d", s.seed, a.nth, a.key, before.nth)
		}
		if before != nil && a.at.Before(before.at.Add(time.Second)) && a.at.Before(before.ended) {
			s.t.Errorf("seed %d: delivery %d of key %s began %v after %d, which was out", s.seed, a.nth, a.key, a.at.Sub(before.at), before.nth)
		}
		first[key] = a
	}
}

// wasCut reports whether a node died between then and then.
func (s *nodesSimulation) wasCut(from, to time.Time) bool {
	for _, c := range s.cuts {
		if !c.to.Before(from) && !c.from.After(to) {
			return true
		}
	}
	return false
}
