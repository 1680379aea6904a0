package dispatch

import "fmt"

// Limits are what limits says, for tests of the whole.
type Limits struct {
	UnderWay, Long, Ready, Waiting, Crowded, Read, Ended int
	Held, Bytes                                          int64
	Linger, Taking                                       func()
}

// WithLimits returns c with limits of l, those that are 0 being as ever.
func (c Config) WithLimits(l Limits) Config {
	limits := defaultLimits()
	for _, x := range []struct {
		to   *int
		from int
	}{{&limits.underWay, l.UnderWay}, {&limits.long, l.Long}, {&limits.ready, l.Ready}, {&limits.waiting, l.Waiting},
		{&limits.crowded, l.Crowded}, {&limits.read, l.Read}, {&limits.ended, l.Ended}} {
		if x.from > 0 {
			*x.to = x.from
		}
	}
	if l.Held > 0 {
		limits.held = l.Held
	}
	if l.Bytes > 0 {
		limits.bytes = l.Bytes
	}
	limits.linger, limits.taking = l.Linger, l.Taking
	c.limits = &limits
	return c
}

// Held returns how many bytes of deliveries are in memory, and in how many lanes.
func (d *Dispatcher) Held() (bytes, lanes int64) {
	return d.budget.used.Load(), d.budget.holders.Load()
}

// Leftovers returns what is counted although nothing is under way and nothing waits.
func (d *Dispatcher) Leftovers() (all []string) {
	zero := func(what string, n int64) {
		if n != 0 {
			all = append(all, fmt.Sprintf("%s: %d", what, n))
		}
	}
	zero("slots taken", d.slots.taken.Load())
	zero("lanes in line for a slot", d.slots.waiting.Load())
	d.slots.mu.Lock()
	zero("organizations in line", int64(len(d.slots.lanes)))
	d.slots.mu.Unlock()
	zero("bytes", d.budget.used.Load())
	zero("holders of bytes", d.budget.holders.Load())
	for _, l := range d.all() {
		l.mu.Lock()
		for what, n := range map[string]int{
			"young": l.young, "long": l.long, "queuing": l.queuing, "ready": len(l.queue.ready), "lines": len(l.queue.lines), "known": len(l.queue.known),
			"waiting": l.queue.waiting, "crowded": l.queue.crowded, "bytes of the lane": int(l.queue.bytes), "bytes in lines": int(l.queue.inLines),
			"reads": l.reader.reads, "settled": len(l.reader.settled),
		} {
			zero(what, int64(n))
		}
		if l.first != nil || l.last != nil || l.inLine || l.reader.reading || l.pause.probing || l.parked || l.away.on {
			all = append(all, fmt.Sprintf("lane %+v in line: %t, reading: %t, probing: %t, parked: %t, away: %t", l.id, l.inLine, l.reader.reading, l.pause.probing, l.parked, l.away.on))
		}
		l.mu.Unlock()
	}
	return all
}
