package check

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"bellhop/internal/event"
)

// together is how many checks run at a time. Those that only wait are few enough to leave room for others.
const together = 8

// Run tries the receiver, and reports on each check that was asked for, in the order of [All]. Whatever the
// receiver does is in the report; an error wraps [ErrUsage] where c asks for what cannot be done, and else
// the end of ctx.
func Run(ctx context.Context, c Config) (*Report, error) {
	checks, err := chosen(c.Only)
	if err != nil {
		return nil, err
	}
	r, err := newReceiver(c)
	if err != nil {
		return nil, err
	}
	defer r.client.CloseIdle()
	if len(c.Only) == 0 || slices.Contains(c.Only, eventCheck) {
		checks = withEvents(checks, c.Events)
	}
	run := &running{receiver: r, checks: checks, outcomes: make([]Outcome, len(checks))}
	if c.Progress != nil {
		c.Progress(0, len(checks))
	}
	r.learn(ctx)
	run.all(ctx)
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("check the receiver: %w", err)
	}
	return newReport(r, run.outcomes), nil
}

// chosen returns the named checks, or all.
func chosen(names []string) ([]Check, error) {
	all := All()
	if len(names) == 0 {
		return all, nil
	}
	for _, name := range names {
		if !slices.ContainsFunc(all, func(c Check) bool { return c.Name == name }) {
			return nil, fmt.Errorf("%w: there is no check %q", ErrUsage, name)
		}
	}
	return slices.DeleteFunc(all, func(c Check) bool { return !slices.Contains(names, c.Name) }), nil
}

// withEvents adds checks of events that were asked for, behind that of any event.
func withEvents(checks []Check, names []string) []Check {
	at := slices.IndexFunc(checks, func(c Check) bool { return c.Name == eventCheck }) + 1
	var more []Check
	for _, name := range names {
		if c := namedEvent(name); !slices.ContainsFunc(more, func(d Check) bool { return d.Name == c.Name }) {
			more = append(more, c)
		}
	}
	return slices.Insert(checks, at, more...)
}

// learn finds out what other checks are judged by.
func (r *receiver) learn(ctx context.Context) {
	r.asked = rand.Text()[:15]
	r.challenge = r.get(ctx, event.ChallengeQuery(r.url.RawQuery, r.asked))
	r.first = r.send(ctx, r.delivery(sample{}))
	if refused := r.first.status/100 >= 4 && r.first.status != http.StatusUnauthorized && !r.first.busy(); refused && len(r.config.Events) > 0 {
		// It takes no event that it does not know, or stumbles over it: one that it is said to know may do better.
		r.event = r.config.Events[0]
		r.first = r.send(ctx, r.delivery(sample{}))
	}
	if !r.first.accepted() {
		return
	}
	r.times = append(r.times, r.first.took)
	for range 2 {
		if a := r.send(ctx, r.delivery(sample{})); a.accepted() {
			r.times = append(r.times, a.took)
		}
	}
}

// learnSignatures finds out what the receiver goes by. Some receivers do not outlive it: a bot on the npm package
// in plain http mode ends when a signature is missing.
func (r *receiver) learnSignatures(ctx context.Context) {
	if r.config.Secret == "" || !r.first.accepted() {
		return
	}
	unsigned := r.delivery(sample{})
	unsigned.header = r.headers(unsigned)
	r.unsigned = r.send(ctx, unsigned)
	switch {
	case r.unsigned.accepted():
		return
	case r.unsigned.status == 0 && !r.listens(ctx):
		r.ended.CompareAndSwap(nil, "unsigned")
		return
	}
	for _, s := range []event.Signatures{event.SHA1, event.SHA256, event.Standard} {
		d := r.signedAs(r.delivery(sample{}), event.Signing{Secret: r.secret, Signatures: s}, time.Now())
		if r.send(ctx, d).accepted() {
			r.looksAt |= s
		}
	}
}

// running are the checks on their way.
type running struct {
	receiver *receiver
	checks   []Check
	outcomes []Outcome // one a check

	signatures sync.Once

	mu   sync.Mutex
	done int
}

func (run *running) all(ctx context.Context) {
	var g errgroup.Group
	g.SetLimit(together)
	for _, when := range []stage{patient, middle} {
		for i := range run.at(when) {
			g.Go(func() error { run.one(ctx, i); return nil })
		}
	}
	_ = g.Wait() // none of them fails
	for _, when := range []stage{alone, risky, last} {
		for i := range run.at(when) {
			if when == risky {
				run.signatures.Do(func() { run.receiver.learnSignatures(ctx) })
			}
			run.one(ctx, i)
		}
	}
}

// at returns the places of the checks of a stage.
func (run *running) at(when stage) func(func(int) bool) {
	return func(yield func(int) bool) {
		for i, c := range run.checks {
			if c.when == when && !yield(i) {
				return
			}
		}
	}
}

func (run *running) one(ctx context.Context, i int) {
	c := run.checks[i]
	start := time.Now()
	run.outcomes[i] = outcome(c, run.receiver.try(ctx, c), time.Since(start))

	run.mu.Lock()
	defer run.mu.Unlock()
	run.done++
	if run.receiver.config.Progress != nil {
		run.receiver.config.Progress(run.done, len(run.checks))
	}
}

// try makes one check, and notices if the receiver does not outlive it.
func (r *receiver) try(ctx context.Context, c Check) finding {
	by, _ := r.ended.Load().(string)
	why, ready := r.lacks(c.needs)
	switch {
	case !ready:
		return why
	case by != "" && by != c.Name && !c.learned && c.when != last:
		return skipped("nothing answers there since the check " + by)
	}
	f := c.run(ctx, r)
	if f.result == Passed || f.result == Skipped || c.learned && by != c.Name || !r.first.accepted() || r.listens(ctx) {
		return f
	}
	switch {
	case by == c.Name || c.when != last && r.ended.CompareAndSwap(nil, c.Name):
		return failed(f.seen + ", and since then nothing answers there")
	case c.when == last:
		return f
	}
	return untold(f.seen + ", as to all else since the check " + r.ended.Load().(string))
}

// listens reports whether there still is something that takes connections.
func (r *receiver) listens(ctx context.Context) bool {
	w, err := r.open(ctx)
	if err != nil {
		return !errors.Is(err, syscall.ECONNREFUSED)
	}
	_ = w.conn.Close()
	return true
}

// lacks says why a check with these needs cannot be made; ready means that it can.
func (r *receiver) lacks(needs need) (why finding, ready bool) {
	unknown := r.config.Secret == ""
	switch {
	case needs&(secret|standard) != 0 && unknown && r.first.accepted():
		return skipped("no secret was given; it accepted an event signed with one that was made up, so it looks at no signature"), false
	case needs&(secret|standard) != 0 && unknown:
		return skipped("no secret was given: add --secret, --secret-file or BELLHOP_SECRET"), false
	case needs&echoing != 0 && !r.echoes():
		return skipped("it does not answer with the challenge, so other answers would show nothing (see challenge)"), false
	case needs&^echoing != 0 && !r.first.accepted() && unknown && r.first.status == http.StatusUnauthorized:
		return skipped("it accepts only what is signed with its secret: add --secret, --secret-file or BELLHOP_SECRET"), false
	case needs&^echoing != 0 && !r.first.accepted():
		return skipped("it accepts no event at all, so its answer would show nothing (see event)"), false
	case needs&standard != 0 && r.looksAt&event.Standard == 0:
		return skipped("it does not go by Webhook-Signature alone"), false
	}
	return finding{}, true
}

// echoes reports whether the receiver answered the challenge with it, whatever is around it.
func (r *receiver) echoes() bool {
	return r.challenge.status == http.StatusOK && strings.Contains(string(r.challenge.body), r.asked)
}

// signatures names what the receiver goes by.
func (r *receiver) signatures() string {
	var names []string
	for _, s := range []struct {
		bit  event.Signatures
		name string
	}{{event.SHA1, event.HeaderSHA1}, {event.SHA256, event.HeaderSHA256}, {event.Standard, event.HeaderStandard}} {
		if r.looksAt&s.bit != 0 {
			names = append(names, s.name)
		}
	}
	return strings.Join(names, ", ")
}
