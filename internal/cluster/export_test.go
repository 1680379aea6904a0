package cluster

import "time"

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

// Plan gives tests what decides who gets what.
var (
	Assign  = assign
	ToGive  = toGive
	Targets = targets
)
