package dispatch

import (
	"time"

	"bellhop"
)

// Outage is a span of time in which every attempt fails.
type Outage struct {
	Trouble
	Begin, End bellhop.Time

	// Busy says that the service gets an event each second. Else it gets no other one.
	Busy bool

	// Paused says that the service is paused from the begin on, whatever came before.
	Paused bool
}

// down reports whether an attempt that starts then fails.
func (o *Outage) down(at bellhop.Time) bool { return at >= o.Begin && at < o.End }

// Fate is what becomes of a delivery.
type Fate struct {
	Status bellhop.DeliveryStatus // delivered or dead
	At     bellhop.Time           // when the attempt that was answered started, or when it died

	Attempts []bellhop.Time // when they started
	Paused   bellhop.Time   // when the service was paused meanwhile; zero if it was not
	Resumed  bellhop.Time   // when it was not any more; zero if it died before that
	Probes   int            // how often the endpoint was asked in that pause
}

// busyEvery is how far the other events of a busy service are apart.
const busyEvery = time.Second

// Foretell goes through what becomes of a delivery of an event of that time, by the rules that
// deliver: schedule, breaker, pause and probes (docs/contract/extensions.md section 4). jitter is
// from -1 to 1, and the same in all waits. It is pure: no time passes, and nothing is sent.
func Foretell(event bellhop.Time, o Outage, jitter float64) Fate {
	f := foretold{Outage: o, jitter: jitter, own: bellhop.Delivery{Due: event, Ends: event.Add(bellhop.DeliveryLife)}}
	if event < o.Begin {
		return f.arrive(event)
	}
	if o.Paused {
		f.pause(o.Begin)
	} else if o.Busy && responseOf(o.Status, o.Timeout) != answered {
		// What was answered until then has ended each series of failures.
		f.breaker.observe(o.Begin.Add(-busyEvery), answered)
		f.others(event)
	}
	for f.fate.Status == bellhop.Pending {
		if f.fate.Paused == 0 {
			f.attempt()
		} else {
			f.waitForProbe()
		}
	}
	return f.fate
}

// foretold is a service as it would be.
type foretold struct {
	Outage
	jitter  float64
	breaker breaker
	own     bellhop.Delivery // which is asked about
	fate    Fate
	wait    time.Duration // from the last probe to the next one
	probe   bellhop.Time  // when that is
}

func (f *foretold) arrive(at bellhop.Time) Fate {
	f.fate.Attempts = append(f.fate.Attempts, at)
	f.fate.Status, f.fate.At = bellhop.Delivered, at
	return f.fate
}

func (f *foretold) die(at bellhop.Time) { f.fate.Status, f.fate.At = bellhop.Dead, at }

// attempt makes the next attempt of the delivery.
func (f *foretold) attempt() {
	at := f.own.Due
	if !f.down(at) {
		f.arrive(at)
		return
	}
	f.fail(at)
	f.judge(at)
}

// fail makes an attempt of the delivery that fails, and plans the next one.
func (f *foretold) fail(at bellhop.Time) {
	f.fate.Attempts = append(f.fate.Attempts, at)
	end := at.Add(f.Took)
	due, again := nextAttempt(&f.own, len(f.fate.Attempts), end, f.later(), f.jitter)
	if !again {
		f.die(end)
	}
	f.own.Due = due
}

// judge lets the breaker see a failure, which may pause the service.
func (f *foretold) judge(at bellhop.Time) {
	end := at.Add(f.Took)
	if f.breaker.observe(end, responseOf(f.Status, f.Timeout)) == down && f.fate.Paused == 0 {
		f.pause(end)
	}
}

func (f *foretold) pause(at bellhop.Time) {
	f.fate.Paused, f.wait = at, firstProbe
	f.probe = at.Add(max(firstProbe, min(f.later(), lastProbe)))
}

// others lets the events of a busy service fail one after the other, and the delivery among
// them, until the service is paused or the outage is over.
func (f *foretold) others(event bellhop.Time) {
	type other struct {
		due      bellhop.Time
		attempts int
	}
	var waiting []other
	for next := f.Begin; f.fate.Paused == 0 && f.fate.Status == bellhop.Pending; {
		first := -1
		for i := range waiting {
			if first < 0 || waiting[i].due < waiting[first].due {
				first = i
			}
		}
		if first < 0 || next <= waiting[first].due {
			waiting, first = append(waiting, other{due: next}), len(waiting)
			next = next.Add(busyEvery)
		}
		at := min(waiting[first].due, f.own.Due)
		if !f.down(at) {
			return
		}
		if f.own.Due == at {
			f.attempt()
			continue
		}
		waiting[first].attempts++
		waiting[first].due = at.Add(f.Trouble.wait(waiting[first].attempts, f.jitter))
		f.judge(at)
	}
}

// waitForProbe makes the next probe: of the delivery if nothing else waits, else of an older one.
func (f *foretold) waitForProbe() {
	at := f.probe
	if at > f.own.Ends {
		f.die(f.own.Ends)
		return
	}
	f.fate.Probes++
	if !f.down(at) {
		f.fate.Resumed = at
		if f.Busy {
			at = max(at, f.own.Due)
		}
		f.arrive(at)
		return
	}
	if !f.Busy {
		f.fail(at)
	}
	f.wait = probeWait(f.wait)
	f.probe = at.Add(f.Took).Add(max(f.wait, min(f.later(), lastProbe)))
}
