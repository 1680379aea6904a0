package dispatch

import (
	"time"

	"bellhop"
)

// Trouble is how attempts fail while an endpoint is down.
type Trouble struct {
	Status     int           // of the answers; 0 means that none comes
	Timeout    bool          // no complete answer came in time
	Took       time.Duration // until an attempt has failed
	RetryAfter time.Duration // what the answers ask for; only some statuses may
}

// later is how long the endpoint wants to be left alone.
func (t *Trouble) later() time.Duration {
	if !mayPostpone(t.Status) {
		return 0
	}
	return min(max(t.RetryAfter, 0), 2*bellhop.DeliveryLife)
}

// wait is how long it takes from the start of an attempt that fails to the start of the next one.
func (t *Trouble) wait(attempts int, jitter float64) time.Duration {
	return t.Took + max(retryWait(attempts, jitter), t.later())
}

// Planned is an attempt of the retry schedule, and when it starts after the first one: without
// jitter, and at the earliest and the latest with it.
type Planned struct {
	Number               int
	At, Earliest, Latest time.Duration
}

// Plan returns the attempts that a delivery may have before its life is over, the first one first,
// if all of them fail like that (docs/contract/delivery.md section 6). Some at the end may need
// jitter that shortens the waits: their At is past its life.
func Plan(t Trouble) []Planned {
	plan := []Planned{{Number: 1}}
	for {
		last := plan[len(plan)-1]
		next := Planned{
			Number:   last.Number + 1,
			At:       last.At + t.wait(last.Number, 0),
			Earliest: last.Earliest + t.wait(last.Number, -1),
			Latest:   last.Latest + t.wait(last.Number, 1),
		}
		if next.Earliest > bellhop.DeliveryLife {
			return plan
		}
		plan = append(plan, next)
	}
}

// Catch is when an endpoint that was down gets a delivery by the retry schedule alone, counted from
// the first attempt. Its ends are those of what jitter can make of it.
type Catch struct {
	Planned            // the attempt that arrives without jitter; numbered 0 if none does
	Fewest, Most  int  // which attempt it may be
	Never, Always bool // whatever jitter does: it dies, or it arrives
}

// CatchBy says which attempt is the first one that finds an endpoint that is down from before the
// first attempt until back, counted from that.
func CatchBy(t Trouble, back time.Duration) Catch {
	c := Catch{Never: true, Always: true}
	plan := Plan(t)
	for i, p := range plan {
		before := i == 0 || plan[i-1].Earliest < back // so that this one may be needed
		if p.Latest >= back && before {
			c.add(p, back, plan, i)
		}
		// What fails shortly before may have too little time left for another one.
		if p.Earliest < back && min(p.Latest, back-1)+t.wait(p.Number, 1) > bellhop.DeliveryLife {
			c.Always = false
		}
	}
	return c
}

// add takes the nth attempt as one that may find the endpoint back.
func (c *Catch) add(p Planned, back time.Duration, plan []Planned, nth int) {
	earliest, latest := max(p.Earliest, back), p.Latest
	if nth > 0 {
		most := plan[nth].Latest - plan[nth-1].Latest // the longest wait before it
		latest = min(latest, back+most)
	}
	latest = min(latest, bellhop.DeliveryLife)
	if earliest > latest {
		return
	}
	if c.Never {
		c.Never, c.Fewest, c.Earliest, c.Latest = false, p.Number, earliest, latest
	}
	c.Most = p.Number
	c.Earliest, c.Latest = min(c.Earliest, earliest), max(c.Latest, latest)
	if c.Number == 0 && p.At >= back && p.At <= bellhop.DeliveryLife {
		c.Number, c.At = p.Number, p.At
	}
}
