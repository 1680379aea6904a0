package dispatch

import (
	"sync"
	"sync/atomic"

	"bellhop"
)

// slots shares the young attempts that may be under way on this machine between
// organizations and, within one, between lanes. A lane without any always gets a slot,
// also one beyond the bound, so that nobody is shut out. When all are taken, those given
// back go round: one to the next organization that waits, for its next lane.
type slots struct {
	most    int64
	taken   atomic.Int64
	waiting atomic.Int64 // lanes in line, or about to be

	mu    sync.Mutex
	line  []bellhop.ID // organizations that wait, the next one first
	lanes map[bellhop.ID][]*lane
}

func newSlots(most int) *slots { return &slots{most: int64(most), lanes: map[bellhop.ID][]*lane{}} }

// take gets a slot for l, whose lock is held, or puts it in line. turn says that it was
// taken out of the line for this.
func (s *slots) take(l *lane, turn bool) bool {
	switch {
	case l.young == 0:
		s.taken.Add(1)
		return true
	case l.inLine:
		return false
	case (turn || s.waiting.Load() == 0) && s.takeFree():
		return true
	}
	return s.enter(l)
}

// force takes a slot, also one beyond the bound.
func (s *slots) force() { s.taken.Add(1) }

// takeFree takes a slot if one is free.
func (s *slots) takeFree() bool {
	for {
		taken := s.taken.Load()
		if taken >= s.most {
			return false
		}
		if s.taken.CompareAndSwap(taken, taken+1) {
			return true
		}
	}
}

// enter puts l, whose lock is held, in line. It reports whether a slot has become free just
// before, which l has then instead.
func (s *slots) enter(l *lane) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	// Whoever gives one back from here on sees that somebody waits.
	s.waiting.Add(1)
	if len(s.line) == 0 && s.takeFree() {
		s.waiting.Add(-1)
		return true
	}
	l.inLine = true
	organization := l.settings.organization
	if len(s.lanes[organization]) == 0 {
		s.line = append(s.line, organization)
	}
	s.lanes[organization] = append(s.lanes[organization], l)
	return false
}

// give returns n slots and lets those who wait have what is free. The caller holds no lock.
func (s *slots) give(n int) {
	s.taken.Add(-int64(n))
	for s.waiting.Load() > 0 && s.taken.Load() < s.most {
		if l := s.next(); l != nil {
			l.resume()
		}
	}
}

// next takes the lane out of the line whose turn it is.
func (s *slots) next() *lane {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.line) == 0 {
		return nil
	}
	organization := s.line[0]
	s.line = s.line[1:]
	lanes := s.lanes[organization]
	l := lanes[0]
	s.waiting.Add(-1)
	if lanes = lanes[1:]; len(lanes) > 0 {
		s.lanes[organization] = lanes
		s.line = append(s.line, organization)
	} else {
		delete(s.lanes, organization)
	}
	return l
}
