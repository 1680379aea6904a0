package store

import (
	"context"
	"time"
)

const (
	shortStep = 2500 * time.Microsecond // a step of upkeep that takes less may be larger
	longStep  = 6 * time.Millisecond    // one that takes more must be smaller

	// restAfter is how long upkeep keeps off the writer, in times of what it held it.
	restAfter = 3
)

// pace sizes the steps of work that holds the writer, so that nobody waits for long,
// and puts rests between them.
type pace struct {
	n, least, most int
	began          time.Time
	held           time.Duration
}

// start is called when a step begins to wait for the writer.
func (p *pace) start() { p.began = time.Now() }

// took notes how long a step of n held the writer.
func (p *pace) took(held time.Duration) {
	p.held = held
	switch {
	case held > longStep:
		p.n = max(p.n/2, p.least)
	case held < shortStep:
		p.n = min(p.n*2, p.most)
	}
}

// rest waits until the last step was a small part of the time since it began.
func (p *pace) rest(ctx context.Context) {
	d := (restAfter+1)*p.held - time.Since(p.began)
	if d <= 0 {
		return
	}
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
