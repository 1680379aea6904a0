package cluster

import (
	"time"

	"bellhop/internal/store"
)

// Faster returns c with everything that is waited for that many times shorter, but for what the
// database may take.
func (c Config) Faster(times int) Config {
	t := defaultTimes()
	for _, d := range []*time.Duration{&t.beat, &t.sure, &t.dead, &t.blind, &t.retry} {
		*d /= time.Duration(times)
	}
	c.times = &t
	return c
}

// Mortal returns c with nodes that are taken for dead as in earnest.
func (c Config) Mortal() Config {
	c.times.sure, c.times.dead = defaultTimes().sure, defaultTimes().dead
	return c
}

// Lasting returns c with nodes that live for minutes without a beat, however slow the machine is.
func (c Config) Lasting() Config {
	c.times.sure, c.times.dead = 5*time.Minute, 6*time.Minute
	return c
}

// Clock gives tests what is known of a clock.
type Clock = clock

func (c *clock) Compare(sent time.Time, took time.Duration, database time.Time) bool {
	return c.compare(sent, took, database)
}

func (c *clock) Ahead() time.Duration { return c.ahead }

func (c *clock) IsWrong() bool { return c.wrong }

// Plan gives tests what decides who gets what.
var (
	Assign  = assign
	ToGive  = toGive
	Targets = targets
)

// AskTwice sends a question as one that was sent again, since nobody knew whether it had left.
func (c *Cluster) AskTwice(to store.NodeID, topic string) {
	number, _ := c.asked.ask(to)
	for range 2 {
		c.out.add(parcel{to: to, kind: kindQuestion, number: number, topic: topic})
	}
}

// IsWaiting begins to wait for an answer, and returns what reports whether it still does.
func (c *Cluster) IsWaiting(to store.NodeID) func() bool {
	number, _ := c.asked.ask(to)
	return func() bool {
		c.asked.mu.Lock()
		defer c.asked.mu.Unlock()
		_, waits := c.asked.pending[number]
		return waits
	}
}
