package dispatch_test

import (
	"slices"
	"time"
)

// comeOrGo lets the listener of a lane's tunnel leave or arrive, or both at once.
func (s *simulation) comeOrGo(x *simulated) {
	if x.tunnel == "" {
		return
	}
	there := s.leave(x.tunnel)
	if !there || s.happens(0.3) {
		s.arrive(x)
	}
}

// arrive lets somebody listen at the tunnel of a lane.
func (s *simulation) arrive(x *simulated) {
	if x.tunnel == "" {
		return
	}
	for _, other := range s.lanes {
		if other.tunnel == x.tunnel {
			other.touched = append(other.touched, time.Now()) // a paused endpoint is asked at once
		}
	}
	s.world.arrive(x.tunnel)
}

// checkLost goes through the arrivals of a lane: after the listener of its tunnel left, what was
// on its way comes before what follows it. lost holds of each key what is still to come again.
func (s *simulation) checkLost(a *arrival, lost map[string][]*arrival) {
	waiting := slices.DeleteFunc(lost[a.key], func(b *arrival) bool { return b.nth == a.nth })
	if a.attempt == 1 {
		for _, b := range waiting {
			if b.nth < a.nth && b.ended.Before(a.at) && a.at.Before(s.sent[b.nth].Ends.Time()) {
				s.failf("delivery %d of key %s began at %v, before %d, which a listener had left at %v",
					a.nth, a.key, a.at.Sub(s.began), b.nth, b.ended.Sub(s.began))
			}
		}
		if a.lost {
			waiting = append(waiting, a)
		}
	}
	lost[a.key] = waiting
}
