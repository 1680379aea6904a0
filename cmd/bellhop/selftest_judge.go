package main

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

const (
	// recordWithin is how soon after its answer a delivery is recorded, by what is
	// promised, but for what the commit takes.
	recordWithin = 20 * time.Millisecond

	// slack is the part of a commit that is added to its time, since those who measure it,
	// the publishers, do not wait for the same things as the answer of a receiver.
	slack = 4

	// recoverWithin is how soon after a restart what was accepted before has arrived.
	recoverWithin = 5 * time.Second

	// firstRetry is the shortest wait before a second attempt (docs/contract/delivery.md
	// section 6).
	firstRetry = 9 * time.Second
)

// judge counts what the ledger knows of published events into r. The load has ended.
func (l *crashLedger) judge(r *crashResult) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.count(r)
	byDelivery := map[arrivalKey][]*crashArrival{}
	for _, a := range l.arrivals {
		key := arrivalKey{a.event, a.hook}
		byDelivery[key] = append(byDelivery[key], a)
	}
	var firsts []*crashArrival
	inTime := l.compare()
	for _, all := range byDelivery {
		slices.SortFunc(all, inTime)
		firsts = append(firsts, all[0])
		for i, a := range all[1:] {
			l.repeated(r, all[i], a)
		}
	}
	r.OutOfOrder += l.disordered(r, firsts, func(*crashArrival) int { return 0 })
	r.OutOfOrder += l.disordered(r, l.arrivals, func(a *crashArrival) int { return a.life + 1 })
	for i, life := range l.lives {
		if life.repeats > 0 && life.killed {
			r.kills = append(r.kills, fmt.Sprintf("run %d of the server was killed: %d repeats, of which the oldest was answered %v before; requests to publish took up to %v then",
				i, life.repeats, life.oldest.Round(100*time.Microsecond), l.commit(life.ended).Round(100*time.Microsecond)))
		}
	}
	if l.several {
		l.judgeFaults(r, firsts)
	} else {
		l.recoveries(r, firsts)
	}
	for what, n := range l.odd {
		r.problem("%s (%d times)", what, n)
	}
}

type arrivalKey struct {
	event *crashEvent
	hook  int
}

// compare returns what compares arrivals by when they were sent: by the run of the server,
// then by time. With several servers the time alone tells.
func (l *crashLedger) compare() func(a, b *crashArrival) int {
	if l.several {
		return func(a, b *crashArrival) int { return a.started.Compare(b.started) }
	}
	return func(a, b *crashArrival) int {
		return cmp.Or(cmp.Compare(a.life, b.life), a.started.Compare(b.started))
	}
}

// count counts what was accepted and lost, and what is stored that should not be.
func (l *crashLedger) count(r *crashResult) {
	r.Refused = l.refusals
	for _, p := range l.posts {
		came, whole := 0, 0
		for _, e := range p.events {
			for hook := range e.hooks {
				whole++
				if e.came[hook] {
					came++
				}
			}
		}
		switch p.outcome {
		case crashAccepted:
			r.Accepted += len(p.events)
			if came < whole {
				r.Lost += whole - came
			}
		case crashUnknown:
			r.Unanswered += len(p.events)
			if came != 0 && came != whole {
				r.problem("a request that was not answered is half there: %d of %d deliveries came", came, whole)
			}
		case crashRefused:
			if came != 0 {
				r.problem("a request that was refused is there: %d deliveries came", came)
			}
		}
	}
}

// repeated judges that b came after a, both of one event to one webhook.
func (l *crashLedger) repeated(r *crashResult, a, b *crashArrival) {
	if a.delivery != b.delivery {
		r.problem("event %d was stored twice: the deliveries %s and %s came", a.event.number, a.delivery, b.delivery)
		return
	}
	if a.failed && b.attempt == a.attempt+1 {
		r.Retries++
		if early := a.answered.Add(a.ahead + firstRetry).Sub(b.started.Add(b.ahead)); early > 0 {
			r.problem("a retry came %v too early", early)
		}
		return
	}
	r.Duplicates++
	life := l.lives[a.life]
	life.repeats++
	if l.several && a.attempt != b.attempt {
		r.Unexplained++
		r.detail("unexplained repeat: delivery %s came as attempt %d in run %d, which did not fail, and as attempt %d in run %d", b.delivery, a.attempt, a.life, b.attempt, b.life)
		return
	}
	fault := l.blame(a, b)
	switch {
	case fault != nil:
		r.Blind++
		fault.repeats++
		b.loose = true
	case a.life == b.life || !life.killed || b.started.Before(life.ended):
		r.Unexplained++
		r.detail("unexplained repeat: delivery %s of event %d with key %s came %s and %s, no kill between", b.delivery, a.event.number, a.event.key, l.tell(a), l.tell(b))
	case a.answered.IsZero() || a.answered.After(life.ended):
		r.UnderWay++
		l.repeatedByKill(life)
	case !life.starved.IsZero() && life.starved.Sub(a.answered) <= recordWithin+2*l.commit(life.starved):
		r.Starved++
	default:
		l.repeatedByKill(life)
		age, commit := life.ended.Sub(a.answered), l.commit(life.ended)
		r.ages = append(r.ages, age)
		life.oldest = max(life.oldest, age)
		if age > recordWithin+commit+commit/slack {
			r.Unexplained++
			r.detail("unexplained repeat: delivery %s was answered %v before the kill, a commit took %v", b.delivery, age, commit)
		}
	}
}

// tell says who has sent something, and when, as the clock of this machine has it.
func (l *crashLedger) tell(a *crashArrival) string {
	answered := "never answered"
	if !a.answered.IsZero() {
		answered = "answered " + a.answered.UTC().Format(time.StampMicro)
	}
	return fmt.Sprintf("from run %d, which is of node %d, at %s (attempt %d, %s)", a.life, l.lives[a.life].node, a.started.UTC().Format(time.StampMicro), a.attempt, answered)
}

// commit is how long commits took at that time: the longest time that a request waited for
// one then. Those of several nodes wait for each other; but who waits for a second waits for
// a node that does not answer.
func (l *crashLedger) commit(at time.Time) (longest time.Duration) {
	const about = 100 * time.Millisecond
	for _, w := range l.waits {
		if !w.sent.Before(at) || w.answered.Before(at.Add(-about)) {
			continue
		}
		if w.answered.After(at) {
			w.answered = at
		}
		longest = max(longest, w.answered.Sub(w.sent))
	}
	if l.several {
		longest = min(longest, time.Second)
	}
	return longest
}

// disordered counts the arrivals that come after a later event of their key, within one
// group. Deliveries that failed may come at any time. So may, with several servers, events
// whose publisher stopped waiting for an answer and went on to the next: nobody knows when
// they were stored.
func (l *crashLedger) disordered(r *crashResult, arrivals []*crashArrival, group func(*crashArrival) int) (n int) {
	type line struct {
		hook, group int
		key         string
	}
	arrivals = slices.Clone(arrivals)
	slices.SortStableFunc(arrivals, l.compare())
	newest := map[line]*crashArrival{}
	for _, a := range arrivals {
		if a.event.failed && a.hook == crashSome || a.loose || l.several && a.event.post.outcome != crashAccepted {
			continue
		}
		at := line{a.hook, group(a), a.event.key}
		if last, ok := newest[at]; ok && a.event.number < last.event.number {
			n++
			r.detail("out of order: event %d with key %s came %s, after event %d %s", a.event.number, a.event.key, l.tell(a), last.event.number, l.tell(last))
			continue
		}
		newest[at] = a
	}
	return n
}

// recoveries measures for each run of the server how long after its start the last event
// came that was accepted before, unless it was ended earlier.
func (l *crashLedger) recoveries(r *crashResult, firsts []*crashArrival) {
	longest := make([]time.Duration, len(l.lives))
	interrupted := make([]bool, len(l.lives))
	for _, a := range firsts {
		p := a.event.post
		if p.outcome != crashAccepted || a.event.failed {
			continue
		}
		for i := range l.lives {
			life := l.lives[len(l.lives)-1-i]
			if life.started.Before(p.answered) {
				break
			}
			if at := len(l.lives) - 1 - i; a.life == at {
				longest[at] = max(longest[at], a.started.Sub(life.started))
			} else if a.life > at {
				interrupted[at] = true
			}
		}
	}
	for i, d := range longest {
		if interrupted[i] || d == 0 {
			continue
		}
		r.recoveries = append(r.recoveries, d)
	}
	slices.Sort(r.recoveries)
	if n := len(r.recoveries); n > 0 {
		r.Recovery, r.RecoveryMedian = r.recoveries[n-1].Seconds(), r.recoveries[n/2].Seconds()
	}
	if r.Recovery > recoverWithin.Seconds() {
		r.problem("after a restart it took %.2f s until everything accepted before had arrived", r.Recovery)
	}
}

// judgeTexts counts what became of the contacts' messages, of which texts says how often
// each is in its conversation.
func (l *crashLedger) judgeTexts(r *crashResult, texts map[string]int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for text, outcome := range l.said {
		said, answers := texts[text], texts[crashAnswer+text]
		if outcome == crashAccepted {
			r.Accepted++
			r.Messages++
			if said == 0 || answers == 0 {
				r.Lost++
				r.detail("lost: the message %s is there %d times, its answer %d times", text, said, answers)
			}
		}
		if outcome == crashRefused && said > 0 {
			r.problem("the message %s was refused, and is there", text)
		}
		if said > 1 || answers > 1 {
			r.PostedTwice++
		}
		if said != answers && said > 0 && answers > 0 {
			r.detail("the message %s is there %d times, its answer %d times", text, said, answers)
		}
	}
}

// crashResult is what one part of the test has found.
type crashResult struct {
	Part           string             `json:"part"`
	How            string             `json:"how,omitempty"`
	Seconds        float64            `json:"seconds"`
	Kills          int                `json:"kills"`
	Drains         int                `json:"drains"`
	Accepted       int                `json:"accepted"`   // events and messages
	Messages       int                `json:"messages"`   // of accepted
	Unanswered     int                `json:"unanswered"` // events
	Refused        int                `json:"refused"`    // requests
	Lost           int                `json:"lost"`
	Duplicates     int                `json:"duplicates"`
	Unexplained    int                `json:"unexplained"`
	UnderWay       int                `json:"underWay"`              // of duplicates: not answered before the kill
	Starved        int                `json:"starved"`               // of duplicates: answered while nothing could be written
	Blind          int                `json:"blind"`                 // of duplicates: what a node could not record, since it was paused or cut off
	Trapped        int                `json:"trapped"`               // answers that fenced nodes got, and did not record
	LateAtRest     int                `json:"lateAtRest"`            // deliveries that came late before the first fault
	DelayMedian    float64            `json:"delayMedian,omitempty"` // seconds from the acceptance to the delivery while nothing was wrong
	Delay99        float64            `json:"delay99,omitempty"`
	Faults         []crashFaultResult `json:"faults,omitempty"`
	OldestRepeat   float64            `json:"oldestRepeat"` // seconds between answer and kill
	OutOfOrder     int                `json:"outOfOrder"`
	PostedTwice    int                `json:"postedTwice"`
	Late           int                `json:"late"` // deliveries whose retry waited for a clock that had been ahead
	Retries        int                `json:"retries"`
	Recovery       float64            `json:"recovery"` // seconds, the longest
	RecoveryMedian float64            `json:"recoveryMedian"`
	Problems       []string           `json:"problems"` // all of them, in words

	kills      []string // what is known about them
	details    []string
	ages       []time.Duration // of repeats: from the answer to the kill
	recoveries []time.Duration
}

// maxDetails is how many lines are printed of what was found.
const maxDetails = 20

func (r *crashResult) problem(format string, args ...any) {
	r.Problems = append(r.Problems, fmt.Sprintf(format, args...))
}

func (r *crashResult) detail(format string, args ...any) {
	r.details = append(r.details, fmt.Sprintf(format, args...))
}

// sum turns the counts that must be zero into problems.
func (r *crashResult) sum() {
	for _, count := range []struct {
		n    int
		what string
	}{
		{r.Lost, "lost"}, {r.Unexplained, "repeated without a reason"}, {r.OutOfOrder, "out of order"}, {r.PostedTwice, "posted twice"},
	} {
		if count.n > 0 {
			r.problem("%d %s", count.n, count.what)
		}
	}
	slices.Sort(r.ages)
	if n := len(r.ages); n > 0 {
		r.OldestRepeat = r.ages[n-1].Seconds()
	}
}

// line is the result for scripts. That of the kills has no name before it.
func (r *crashResult) line() string {
	name := ""
	if r.Part != "kills" {
		name = r.Part + ": "
	}
	return fmt.Sprintf("%saccepted=%d, lost=%d, duplicates=%d, unexplained=%d, out-of-order=%d, posted-twice=%d, refused=%d, recovery=%.2fs, recovery-median=%.2fs, problems=%d",
		name, r.Accepted, r.Lost, r.Duplicates, r.Unexplained, r.OutOfOrder, r.PostedTwice, r.Refused, r.Recovery, r.RecoveryMedian, len(r.Problems))
}
