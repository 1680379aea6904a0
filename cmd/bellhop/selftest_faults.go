package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"syscall"
	"time"
)

// The kinds of faults, in the order in which they are told of.
const (
	faultKill      = "kill"              // SIGKILL of a node, and a new one
	faultPause     = "pause"             // SIGSTOP of a node until others have what it had, then SIGCONT
	faultDrain     = "drain"             // SIGTERM of a node, and a new one
	faultCut       = "cut"               // the connections of a node to the database are cut
	faultCutCommit = "cut-commit"        // those are cut between a commit and its answer
	faultCutAll    = "cut-all"           // those of all nodes are cut
	faultHole      = "hole"              // what a node and the database send each other gets lost for seconds
	faultHoleAll   = "hole-all"          // the same for all nodes
	faultFast      = "restart-fast"      // PostgreSQL is asked to restart, as by an administrator
	faultImmediate = "restart-immediate" // PostgreSQL ends at once, as in a crash, and recovers
	faultCommand   = "restart-command"   // what the flag says restarts it
)

func faultNames() []string {
	return []string{faultKill, faultPause, faultDrain, faultCut, faultCutCommit, faultCutAll, faultHole, faultHoleAll, faultFast, faultImmediate, faultCommand}
}

// crashFault is a fault that happened.
type crashFault struct {
	kind    string
	node    int        // -1 for all
	life    *crashLife // that of the node; nil for all
	began   time.Time
	ended   time.Time // when the cause was gone
	all     bool      // nodes
	blind   bool      // meanwhile results could not be recorded
	lossy   bool      // results that were recorded shortly before may be lost
	hurried bool      // the next fault came before all was well again

	late     int           // deliveries that came late by it
	recovery time.Duration // until the last of them
	repeats  int
	since    time.Time // from when on what was answered could not be recorded; zero until it is known
}

// crashFaults lets faults happen.
type crashFaults struct {
	*crashRig
	database *crashDatabase // nil without one
}

// kinds are the faults that can happen here.
func (f *crashFaults) kinds() []string {
	kinds := []string{faultKill, faultPause, faultDrain}
	if f.database == nil {
		return kinds
	}
	kinds = append(kinds, faultCut, faultCutCommit, faultCutAll, faultHole, faultHoleAll)
	for _, mode := range f.database.modes {
		kinds = append(kinds, "restart-"+mode)
	}
	if f.database.restart == nil {
		f.say("PostgreSQL itself is not restarted: that needs --postgres-data or --restart-database")
	}
	return kinds
}

// chooseFaults leaves of the possible kinds those that were asked for.
func chooseFaults(asked, possible []string) ([]string, error) {
	for _, kind := range asked {
		if !slices.Contains(possible, kind) {
			return nil, fmt.Errorf("--fault-kinds: %s cannot happen here, only %s", kind, strings.Join(possible, ", "))
		}
	}
	if len(asked) == 0 {
		return possible, nil
	}
	return asked, nil
}

// faultStep is a fault to come.
type faultStep struct {
	kind  string
	after time.Duration // all is well again
	quick time.Duration // at most a second, for what has two halves
	hurry bool          // do not wait until all is well again afterwards
}

// planFaults draws the faults. All kinds are among them if there are enough.
func planFaults(random *rand.Rand, kinds []string, faults int) []faultStep {
	var drawn []string
	for len(drawn) < faults {
		round := slices.Clone(kinds)
		random.Shuffle(len(round), func(i, j int) { round[i], round[j] = round[j], round[i] })
		drawn = append(drawn, round...)
	}
	steps := make([]faultStep, faults)
	for i := range steps {
		steps[i] = faultStep{
			kind: drawn[i], after: time.Duration(random.Int64N(int64(3 * time.Second))),
			quick: time.Duration(random.Int64N(int64(time.Second))), hurry: random.IntN(hurries) == 0,
		}
	}
	return steps
}

// hurries is how many faults there are for one that is followed by the next before all is well.
const hurries = 7

// strike lets one fault happen, and waits until all is well again.
func (f *crashFaults) strike(ctx context.Context, step faultStep) error {
	if err := f.wait(ctx, step.after); err != nil {
		return err
	}
	for _, s := range f.nodes.all {
		if err := s.died(); err != nil {
			return fmt.Errorf("node %d: %w", s.node, err)
		}
	}
	victim := f.nodes.all[f.random.IntN(len(f.nodes.all))]
	fault := &crashFault{kind: step.kind, node: victim.node, life: victim.run.life}
	switch step.kind {
	case faultCutAll, faultHoleAll, faultFast, faultImmediate, faultCommand:
		fault.node, fault.life, fault.all = -1, nil, true
	}
	fault.all = fault.all || len(f.nodes.all) == 1
	if step.kind == faultKill && step.quick < time.Second/2 {
		f.receiver.slow.Store(int64(slowness)) // so that much is under way
		if err := f.wait(ctx, 2*slowness); err != nil {
			return err
		}
	}
	f.begin(fault)
	err := f.happen(ctx, step, fault, victim)
	f.receiver.slow.Store(0)
	if err != nil {
		return err
	}
	f.ledger.set(func() { fault.ended, fault.hurried = time.Now(), step.hurry })
	accepted, missing, _ := f.ledger.counts()
	f.say("%s: over after %v; accepted so far %d, not arrived yet %d", fault, fault.ended.Sub(fault.began).Round(time.Millisecond), accepted, missing)
	if step.hurry {
		return nil
	}
	return f.calm(ctx, fault)
}

func (c *crashFault) String() string {
	if c.node < 0 {
		return c.kind
	}
	return fmt.Sprintf("%s of node %d", c.kind, c.node)
}

// begin notes that a fault begins now.
func (f *crashFaults) begin(fault *crashFault) {
	f.ledger.set(func() {
		fault.began = time.Now()
		fault.ended = fault.began.Add(perFault) // until it is known
		f.ledger.faults = append(f.ledger.faults, fault)
	})
}

func (f *crashFaults) happen(ctx context.Context, step faultStep, fault *crashFault, victim *crashServer) error {
	seconds := func(least, most time.Duration) time.Duration {
		return least + time.Duration(f.random.Int64N(int64(most-least)))
	}
	switch step.kind {
	case faultKill:
		victim.kill()
		f.result.Kills++
		if err := f.wait(ctx, 3*step.quick); err != nil {
			return err
		}
		return victim.start(ctx)
	case faultDrain:
		if err := victim.stop(); err != nil {
			return err
		}
		f.result.Drains++
		return victim.start(ctx)
	case faultPause:
		fault.blind = true
		return f.pause(ctx, fault, victim, seconds(10*time.Second, 14*time.Second))
	case faultCut:
		fault.blind = true
		f.nodes.proxies[victim.node].cut()
	case faultCutCommit:
		fault.blind = true
		if !f.nodes.proxies[victim.node].cutCommit(ctx, 2*time.Second) {
			f.say("node %d committed nothing", victim.node)
		}
	case faultCutAll:
		fault.blind = true
		for _, proxy := range f.nodes.proxies {
			proxy.cut()
		}
	case faultHole:
		fault.blind = true
		proxy := f.nodes.proxies[victim.node]
		proxy.beginHole()
		defer proxy.endHole()
		return f.wait(ctx, seconds(2*time.Second, 12*time.Second))
	case faultHoleAll:
		fault.blind = true
		for _, proxy := range f.nodes.proxies {
			proxy.beginHole()
			defer proxy.endHole()
		}
		return f.wait(ctx, seconds(2*time.Second, 10*time.Second))
	default:
		fault.blind, fault.lossy = true, step.kind != faultFast
		// Whoever stops the test shall not find his database stopped.
		return f.database.restart(context.WithoutCancel(ctx), strings.TrimPrefix(step.kind, "restart-"))
	}
	return nil
}

// takeOverPatience is how long the others may take to send what a paused node had under way.
const takeOverPatience = time.Minute

// pause stops a node until the others have sent again what it had under way, and at least
// for that time. When it goes on, it finds answers that it may not record.
func (f *crashFaults) pause(ctx context.Context, fault *crashFault, victim *crashServer, least time.Duration) error {
	trap := newCrashTrap(fault.life.number)
	fenced := f.database != nil && len(f.nodes.all) > 1
	if fenced {
		f.receiver.trap.Store(trap)
		defer f.receiver.trap.Store(nil)
		if err := f.wait(ctx, trapTime); err != nil {
			return err
		}
	}
	if err := victim.signal(syscall.SIGSTOP); err != nil {
		return err
	}
	f.ledger.set(func() { fault.began = time.Now() })
	if err := f.wait(ctx, least); err != nil {
		return err
	}
	caught := trap.caught()
	for deadline := time.Now().Add(takeOverPatience); fenced && f.ledger.repeatedElsewhere(caught) < len(caught); {
		if time.Now().After(deadline) {
			f.result.problem("%d of %d deliveries that a paused node had under way were not sent by another one within %v",
				len(caught)-f.ledger.repeatedElsewhere(caught), len(caught), takeOverPatience)
			break
		}
		if err := f.wait(ctx, 20*time.Millisecond); err != nil {
			return err
		}
	}
	f.trapped = append(f.trapped, caught...)
	close(trap.release)
	again := time.Now()
	if err := victim.signal(syscall.SIGCONT); err != nil {
		return err
	}
	if !fenced {
		return nil
	}
	if !f.eventually(ctx, func() bool { return f.ledger.joinedSince(fault.life, again) }) {
		f.result.problem("node %d was paused for %v, and has not joined anew", victim.node, time.Since(fault.began).Round(time.Second))
	}
	f.say("node %d goes on; it had %d deliveries under way, and joined anew after %v", victim.node, len(caught), time.Since(again).Round(time.Millisecond))
	return ctx.Err()
}

// joinedSince reports whether that run of a server has joined anew since then.
func (l *crashLedger) joinedSince(life *crashLife, since time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.ContainsFunc(life.joined, func(at time.Time) bool { return !at.Before(since) })
}

// calmPatience is how long it may take until all is well again. What took too long is a
// matter of the judge.
const calmPatience = time.Minute

// calm waits until nothing is late any more.
func (f *crashFaults) calm(ctx context.Context, fault *crashFault) error {
	deadline := time.Now().Add(calmPatience)
	for {
		overdue := f.ledger.overdue(time.Now())
		if overdue == 0 {
			return nil
		}
		if time.Now().After(deadline) {
			f.result.problem("%v after the %v, %d deliveries have not come that were accepted %v ago", calmPatience, fault, overdue, lateAfter)
			return nil
		}
		if err := f.wait(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
}
