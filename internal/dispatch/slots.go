package dispatch

import (
	"sync"
	"sync/atomic"

	"bellhop"
)

// slots shares the attempts that may be under way on this machine between organizations
// and, within one, between lanes. A lane without any attempt under way always gets a
// slot, also one beyond the bound, so that nobody is shut out. When all are taken, those
// given back go round: to the next organization that waits, to its next lane.
type slots struct {
	most    int64
	taken   atomic.Int64
	waiting atomic.Int64 // lanes in line, or about to be

	mu    sync.Mutex
	line  []bellhop.ID // organizations that wait, the next one first
	lanes map[bellhop.ID][]*lane
}

func newSlots(most int) *slots { return &slots{most: int64(most), lanes: map[bellhop.ID][]*lane{}} }

// take gets a slot for l, whose lock is held, or puts it in line. What is always to be had
// counts too.
func (s *slots) take(l *lane, always bool) bool {
	if s.taken.Add(1) <= s.most || always {
		return true
	}
	s.taken.Add(-1)
	if l.inLine {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	// Whoever gives one back from here on sees that somebody waits.
	s.waiting.Add(1)
	if s.taken.Add(1) <= s.most {
		s.waiting.Add(-1)
		return true
	}
	s.taken.Add(-1)
	l.inLine = true
	organization := l.settings.organization
	if len(s.lanes[organization]) == 0 {
		s.line = append(s.line, organization)
	}
	s.lanes[organization] = append(s.lanes[organization], l)
	return false
}

// give returns n slots and lets those who wait have them. The caller holds no lock.
func (s *slots) give(n int) {
	s.taken.Add(-int64(n))
	for n > 0 && s.waiting.Load() > 0 {
		l := s.next()
		if l == nil {
			return
		}
		if l.resume() {
			n--
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
