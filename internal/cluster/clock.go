package cluster

import "time"

const (
	// wrongFrom is how far a clock may be from that of the database before people are told, rightBelow how near
	// it has to be again. Order does not depend on clocks; times of retries and the ends of tokens do.
	wrongFrom  = 2 * time.Second
	rightBelow = time.Second
)

// clock is what this node knows of its own clock.
type clock struct {
	ahead time.Duration // of that of the database; below zero is behind
	wrong bool          // people were told so
}

// compare takes what the clock of the database was between the sending of a question, by this node's clock, and its
// answer, which took that long. It reports whether people are to be told.
func (c *clock) compare(sent time.Time, took time.Duration, database time.Time) (changed bool) {
	unsure := took / 2
	c.ahead = sent.Add(unsure).Sub(database)
	apart := max(c.ahead, -c.ahead)
	wrong := c.wrong
	switch {
	case apart-unsure > wrongFrom:
		wrong = true
	case apart+unsure < rightBelow:
		wrong = false
	}
	changed, c.wrong = wrong != c.wrong, wrong
	return changed
}

// setClock is compare for this node, and tells.
func (l *life) setClock(sent time.Time, took time.Duration, database time.Time) {
	c := l.c
	c.mu.Lock()
	changed := c.clock.compare(sent, took, database)
	now := c.clock
	c.mu.Unlock()
	if !changed {
		return
	}
	ahead := now.ahead.Round(time.Millisecond).String()
	if now.wrong {
		c.config.Log.Warn("the clock of this node is not that of the database", "node", l.id, "ahead", ahead)
	} else {
		c.config.Log.Info("the clock of this node is that of the database again", "node", l.id, "ahead", ahead)
	}
}
