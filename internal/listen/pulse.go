package listen

import (
	"sync"
	"time"

	"bellhop/internal/tunnel/wire"
)

// A pulse notices how long something was not heard of, by two clocks: the monotonic one goes on while this process is
// stopped, and stands still on most machines while they sleep; the one on the wall goes on then, too.
type pulse struct {
	wallClock func() time.Time

	mu         sync.Mutex
	mono, wall time.Time
	longest    time.Duration
}

func newPulse(wall func() time.Time) *pulse {
	p := &pulse{wallClock: wall}
	p.restart()
	return p
}

// beat notes that it is heard of now, and returns how long it was not, by the clock that says more.
func (p *pulse) beat() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	gap := p.gap()
	p.longest = max(p.longest, gap)
	p.mono, p.wall = time.Now(), p.wallClock().Round(0)
	return gap
}

// restart forgets what was before now.
func (p *pulse) restart() {
	p.beat()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.longest = 0
}

// stopped reports whether there was a silence in which the other side may have given up. It stays true.
func (p *pulse) stopped() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.longest > wire.ServerPatience
}

// silence returns how long it was not heard of.
func (p *pulse) silence() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.gap()
}

func (p *pulse) gap() time.Duration {
	return max(time.Since(p.mono), p.wallClock().Round(0).Sub(p.wall))
}
