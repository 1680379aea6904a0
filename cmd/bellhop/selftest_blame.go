package main

import (
	"fmt"
	"slices"
	"time"
)

const (
	// lateAfter is how long after its acceptance a delivery may come without being late.
	lateAfter = time.Second

	// staleTime is how long a node goes on with what it had begun when it finds that it is
	// not the owner any more.
	staleTime = time.Second

	// lossTime is how much of what was recorded without waiting for the disk PostgreSQL may
	// lose in a crash: three times its wal_writer_delay, and what a busy machine adds.
	lossTime = time.Second
)

// overdue counts deliveries that are late, and have not come.
func (l *crashLedger) overdue(now time.Time) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.events {
		if e.post.outcome != crashAccepted || e.failed || now.Sub(e.post.answered) < lateAfter {
			continue
		}
		for hook := range e.hooks {
			if !e.came[hook] {
				n++
			}
		}
	}
	return n
}

// blame returns the fault by which a was not recorded, or is not any more, so that b came, or by which b was late in
// leaving; or nil.
func (l *crashLedger) blame(a, b *crashArrival) *crashFault {
	life := l.lives[a.life]
	for _, fault := range l.faults {
		if fault.kind == faultPause && l.heldBack(fault, a, b) {
			return fault
		}
		if !fault.blind || fault.life != nil && fault.life != life {
			continue
		}
		if fault.since.IsZero() {
			commit := l.commit(fault.began)
			fault.since = fault.began.Add(-recordWithin - commit - commit/slack)
			if fault.lossy {
				fault.since = fault.since.Add(-lossTime)
			}
		}
		if !a.answered.IsZero() && a.answered.Before(fault.since) || a.started.After(fault.ended.Add(staleTime)) || b.started.Before(fault.began) {
			continue
		}
		// A node that is still the owner knows what it has sent.
		fenced := a.life != b.life || joinedBetween(life, fault.began, b.started)
		if fenced || fault.lossy {
			return fault
		}
	}
	return nil
}

// heldBack reports whether b was about to leave when its node was paused: it left when the node went on, before that
// had joined anew, and another one had sent it meanwhile, which was a.
func (l *crashLedger) heldBack(pause *crashFault, a, b *crashArrival) bool {
	life := l.lives[b.life]
	return pause.life == life && a.life != b.life && a.started.After(pause.began) && b.started.Before(pause.ended) &&
		!joinedBetween(life, pause.began, b.started)
}

// joinedBetween reports whether a run of a node has joined between two times.
func joinedBetween(life *crashLife, from, to time.Time) bool {
	return slices.ContainsFunc(life.joined, func(at time.Time) bool { return at.After(from) && at.Before(to) })
}

// blameLate finds for each fault how long it was until nothing was late any more. What
// came late before the first fault has no excuse.
func (l *crashLedger) blameLate(r *crashResult, firsts []*crashArrival) {
	for _, a := range firsts {
		p := a.event.post
		if p.outcome != crashAccepted || a.event.failed || a.started.Sub(p.answered) < lateAfter {
			continue
		}
		var last *crashFault
		for _, fault := range l.faults {
			if fault.began.Before(a.started) {
				last = fault
			}
		}
		if last == nil {
			r.LateAtRest++
			continue
		}
		last.late++
		last.recovery = max(last.recovery, a.started.Sub(last.began))
	}
}

// within is how long recovery from a fault may take: what befell all nodes counts from its
// end. A fault on whose heels came another one has no time of its own.
func (f *crashFault) within(limit time.Duration) time.Duration {
	if f.all || f.kind == faultHole {
		return limit + f.ended.Sub(f.began)
	}
	return limit
}

// judgeFaults tells what faults have done.
func (l *crashLedger) judgeFaults(r *crashResult, firsts []*crashArrival) {
	l.blameLate(r, firsts)
	for i, f := range l.faults {
		hurried := f.hurried || i > 0 && l.faults[i-1].hurried
		r.Faults = append(r.Faults, crashFaultResult{
			Kind: f.kind, Node: f.node, Lasted: f.ended.Sub(f.began).Seconds(), Late: f.late, Recovery: f.recovery.Seconds(), Repeats: f.repeats, Hurried: hurried,
		})
		if hurried {
			continue
		}
		r.recoveries = append(r.recoveries, f.recovery)
		if f.recovery > f.within(l.patience) {
			r.problem("after the %v it took %.2f s until nothing was late any more", f, f.recovery.Seconds())
		}
	}
	slices.Sort(r.recoveries)
	if n := len(r.recoveries); n > 0 {
		r.Recovery, r.RecoveryMedian = r.recoveries[n-1].Seconds(), r.recoveries[n/2].Seconds()
	}
	if r.LateAtRest > 0 {
		r.detail("%d deliveries came late although nothing had happened", r.LateAtRest)
	}
	l.delays(r, firsts)
}

// repeatedByKill notes a repeat that the kill of a node has caused.
func (l *crashLedger) repeatedByKill(life *crashLife) {
	for _, f := range l.faults {
		if f.kind == faultKill && f.life == life {
			f.repeats++
		}
	}
}

// delays measures how long deliveries took while nothing was wrong.
func (l *crashLedger) delays(r *crashResult, firsts []*crashArrival) {
	var all []time.Duration
	for _, a := range firsts {
		at := a.event.post.answered
		disturbed := false
		for i, f := range l.faults {
			disturbed = disturbed || at.After(f.began.Add(-lateAfter)) && at.Before(l.overAt(i).Add(lateAfter))
		}
		if a.event.post.outcome == crashAccepted && !a.event.failed && !disturbed {
			all = append(all, max(0, a.started.Sub(at)))
		}
	}
	slices.Sort(all)
	if n := len(all); n > 0 {
		r.DelayMedian, r.Delay99 = all[n/2].Seconds(), all[n*99/100].Seconds()
	}
}

// overAt is when a fault was over, and what came late by it had come. What the next one followed at once is over with that.
func (l *crashLedger) overAt(i int) time.Time {
	f := l.faults[i]
	over := later(f.ended, f.began.Add(f.recovery))
	if f.hurried && i+1 < len(l.faults) {
		return later(over, l.overAt(i+1))
	}
	return over
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// crashFaultResult is what one fault has done.
type crashFaultResult struct {
	Kind     string  `json:"kind"`
	Node     int     `json:"node"`     // -1: all
	Lasted   float64 `json:"lasted"`   // seconds until the cause was gone
	Late     int     `json:"late"`     // deliveries that came more than a second after they were accepted
	Recovery float64 `json:"recovery"` // seconds from its beginning until the last of them
	Repeats  int     `json:"repeats"`
	Hurried  bool    `json:"hurried"` // so close to another one that their figures cannot be told apart
}

// faultLines is a line for each kind of fault.
func (r *crashResult) faultLines() (lines []string) {
	for _, kind := range faultNames() {
		var recoveries []float64
		n, late, repeats := 0, 0, 0
		for _, f := range r.Faults {
			if f.Kind != kind {
				continue
			}
			n, late, repeats = n+1, late+f.Late, repeats+f.Repeats
			if !f.Hurried {
				recoveries = append(recoveries, f.Recovery)
			}
		}
		if n == 0 {
			continue
		}
		line := fmt.Sprintf("%-17s %2d times: %d deliveries late, %d repeats", kind, n, late, repeats)
		if slices.Sort(recoveries); len(recoveries) > 0 {
			line += fmt.Sprintf("; recovery median %.2f s, longest %.2f s", recoveries[len(recoveries)/2], recoveries[len(recoveries)-1])
		}
		lines = append(lines, line)
	}
	return lines
}
