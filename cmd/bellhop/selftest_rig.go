package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// crashRig is what one part of the test works with: a server, its receiver, its load.
type crashRig struct {
	name     string
	dir      string // of this part
	program  string
	stderr   io.Writer
	began    time.Time
	random   *rand.Rand
	ledger   *crashLedger
	receiver *crashReceiver
	server   *crashServer    // the only one, or the first of the nodes
	nodes    *crashNodes     // nil if there is only one
	trapped  []*crashArrival // whose sender was taken for dead before it got their answers
	client   *crashClient
	load     *crashLoad
	result   *crashResult
	cleanups []func() error
}

const (
	// partPatience is how long a part may take beyond its load.
	partPatience = 5 * time.Minute

	// settlePatience is how long nothing may arrive while something is missing.
	settlePatience = 30 * time.Second

	// failTime is how long before the end of the load the receiver stops to fail: a retry
	// waits that long, and nobody wants to wait for it.
	failTime = 11 * time.Second
)

// runPart runs one part in a directory of its own.
func (c *crashConfig) runPart(ctx context.Context, part crashPart, dir string, env environment) (_ *crashResult, err error) {
	ctx, cancel := context.WithTimeout(ctx, max(c.load(), c.duration)+time.Duration(c.faults.n)*perFault+partPatience)
	defer cancel()
	rig := &crashRig{
		name: part.name, dir: filepath.Join(dir, part.name), program: c.program, stderr: env.stderr, began: time.Now(),
		random: rand.New(rand.NewPCG(c.seed, 0xc0ffee)), ledger: newCrashLedger(), result: &crashResult{Part: part.name, Problems: []string{}},
	}
	defer func() {
		for i := len(rig.cleanups) - 1; i >= 0; i-- {
			err = errors.Join(err, rig.cleanups[i]())
		}
	}()
	if err := os.Mkdir(rig.dir, 0o700); err != nil {
		return nil, err
	}
	if err := rig.build(c.seed); err != nil {
		return nil, err
	}
	if err := part.run(ctx, rig); err != nil {
		return nil, err
	}
	if err := rig.finish(ctx); err != nil {
		return nil, err
	}
	rig.result.Seconds = time.Since(rig.began).Seconds()
	rig.tell()
	return rig.result, nil
}

// build makes everything that needs no running server.
func (r *crashRig) build(seed uint64) (err error) {
	if r.receiver, err = newCrashReceiver(r.ledger); err != nil {
		return err
	}
	r.cleanups = append(r.cleanups, r.receiver.close)
	if r.server, err = newCrashServer(r.program, r.dir, "server", filepath.Join(r.dir, "data"), r.ledger); err != nil {
		return err
	}
	r.cleanups = append(r.cleanups, func() error {
		r.load.stop()
		return r.server.close()
	})
	r.client = newCrashClient(r.server, crashAnswerTime)
	r.load = &crashLoad{client: r.client, ledger: r.ledger, seed: seed, pause: 4 * time.Millisecond}
	return nil
}

// setUp makes the organization, starts the server, and populates it.
func (r *crashRig) setUp(ctx context.Context) error {
	if err := r.server.setUp(ctx); err != nil {
		return err
	}
	if err := r.server.start(ctx); err != nil {
		return err
	}
	return r.populate(ctx)
}

// populate makes webhooks and conversations.
func (r *crashRig) populate(ctx context.Context) error {
	if err := r.client.logIn(ctx); err != nil {
		return err
	}
	var bot struct{ ID string }
	if err := r.client.must(ctx, http.MethodPost, "/v2/bots", map[string]any{"name": "Selftest"}, &bot); err != nil {
		return err
	}
	hook := func(path, bot, event string) error {
		return r.client.webhook(ctx, path, bot, map[string]any{"url": r.receiver.url + path, "events": []string{event}})
	}
	for group := range max(1, r.ledger.groups) {
		if err := hook(fmt.Sprintf("/all/%d", group), "", fmt.Sprintf("selftest.g%d.**", group)); err != nil {
			return err
		}
		if err := hook(fmt.Sprintf("/some/%d", group), "", fmt.Sprintf("selftest.g%d.single", group)); err != nil {
			return err
		}
	}
	if err := hook("/bot", bot.ID, "message.create.contact.chat"); err != nil {
		return err
	}
	for i := range crashChats {
		var conversation struct{ ID string }
		err := r.client.must(ctx, http.MethodPost, "/v2/conversations", map[string]any{
			"type":     "contact",
			"contact":  map[string]any{"profile": map[string]any{"name": "Contact", "email": fmt.Sprintf("contact%d@selftest.example", i)}},
			"messages": []any{map[string]any{"text": "Hello", "role": "contact", "touchpoint": "web"}},
		}, &conversation)
		if err != nil {
			return err
		}
		r.load.conversations = append(r.load.conversations, conversation.ID)
	}
	return nil
}

// failFor lets the receiver fail deliveries during a load of that length, except at its end.
func (r *crashRig) failFor(load time.Duration) {
	r.receiver.failUntil.Store(time.Now().Add(load - failTime).UnixNano())
}

// finish ends the load, waits for what is under way, and judges.
func (r *crashRig) finish(ctx context.Context) error {
	r.load.stop()
	r.receiver.slow.Store(0)
	r.say("the load has ended; waiting for what has not arrived yet")
	settled, err := r.settle(ctx)
	if err != nil {
		return err
	}
	if !settled {
		r.result.problem("deliveries are pending and do not arrive")
		if err := r.tellPending(ctx); err != nil {
			return err
		}
	}
	dead, err := r.client.dead(ctx)
	if err != nil {
		return err
	}
	if dead > 0 {
		r.result.problem("%d deliveries are dead", dead)
	}
	texts := map[string]int{}
	for _, conversation := range r.load.conversations {
		if err := r.client.texts(ctx, conversation, texts); err != nil {
			return err
		}
	}
	if err := r.checkTrapped(ctx); err != nil {
		return err
	}
	for _, s := range r.servers() {
		if err := s.died(); err != nil {
			r.result.problem("%v", err)
		} else if err := s.stop(); err != nil {
			r.result.problem("%v", err)
		}
	}
	r.ledger.judge(r.result)
	r.ledger.judgeTexts(r.result, texts)
	r.result.sum()
	return nil
}

// tellPending says which deliveries are pending.
func (r *crashRig) tellPending(ctx context.Context) error {
	var some []struct {
		ID, Service, EventID, NextAttemptAt, CreatedAt string
		Attempts                                       int
	}
	if err := r.client.must(ctx, http.MethodGet, "/v2/deliveries?status=pending&limit=10", nil, &some); err != nil {
		return err
	}
	for _, d := range some {
		r.result.detail("pending: delivery %s of event %s to %s, created %s, %d attempts, the next at %s; it came %s",
			d.ID, d.EventID, d.Service, d.CreatedAt, d.Attempts, d.NextAttemptAt, r.ledger.cameTo(d.ID))
	}
	return nil
}

// servers are all that there are.
func (r *crashRig) servers() []*crashServer {
	if r.nodes != nil {
		return r.nodes.all
	}
	return []*crashServer{r.server}
}

// settle waits until nothing is pending, and returns false if something stays so.
func (r *crashRig) settle(ctx context.Context) (bool, error) {
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	moved, last := time.Now(), -1
	for {
		_, missing, arrivals := r.ledger.counts()
		pending, err := r.client.pending(ctx)
		if err != nil {
			return false, fmt.Errorf("ask what is pending: %w", errors.Join(err, r.server.died()))
		}
		if missing == 0 && !pending {
			return true, nil
		}
		if arrivals > last {
			moved, last = time.Now(), arrivals
		}
		if time.Since(moved) > settlePatience || !pending {
			// What is missing and not pending will never come.
			return !pending, nil
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
}

// wait returns an error if ctx ends first.
func (r *crashRig) wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// say tells who watches what happens.
func (r *crashRig) say(format string, args ...any) {
	fmt.Fprintf(r.stderr, "%s %6.1fs  %s\n", r.name, time.Since(r.began).Seconds(), fmt.Sprintf(format, args...))
}

// tell prints the details of the result.
func (r *crashRig) tell() {
	result := r.result
	accepted, _, arrivals := r.ledger.counts()
	r.say("%d events and %d messages were accepted, %d events not answered, %d requests refused; %d deliveries came, %d after a failure",
		accepted, result.Messages, result.Unanswered, result.Refused, arrivals, result.Retries)
	if result.Duplicates > 0 {
		r.say("repeats: %d under way at a kill, %d of what a node could not record; answered before a kill: %s", result.UnderWay, result.Blind, ageTable(result.ages))
	}
	if len(result.Faults) > 0 {
		r.say("while nothing was wrong a delivery took %.1f ms in the median, and %.1f ms at the 99th percentile; %d came late all the same",
			1000*result.DelayMedian, 1000*result.Delay99, result.LateAtRest)
	} else if n := len(result.recoveries); n > 0 {
		r.say("recovery, from the start of the process: %d restarts with something to deliver, median %.3f s, longest %.3f s", n, result.RecoveryMedian, result.Recovery)
	}
	for _, line := range result.faultLines() {
		r.say("%s", line)
	}
	for _, line := range result.kills {
		r.say("%s", line)
	}
	for i, line := range result.details {
		if i == maxDetails {
			r.say("and %d more", len(result.details)-i)
			break
		}
		r.say("%s", line)
	}
	for _, problem := range result.Problems {
		r.say("PROBLEM: %s", problem)
	}
}

// ageTable counts how long before the kill what was repeated had been answered; ages
// ascend.
func ageTable(ages []time.Duration) string {
	limits := []time.Duration{5 * time.Millisecond, 10 * time.Millisecond, 20 * time.Millisecond, 40 * time.Millisecond, 80 * time.Millisecond}
	counts := make([]int, len(limits)+1)
	for _, age := range ages {
		at := 0
		for at < len(limits) && age > limits[at] {
			at++
		}
		counts[at]++
	}
	text := ""
	for i, limit := range limits {
		text += fmt.Sprintf("%d up to %v, ", counts[i], limit)
	}
	text += fmt.Sprintf("%d longer", counts[len(limits)])
	if n := len(ages); n > 0 {
		text += fmt.Sprintf(" (longest %v)", ages[n-1].Round(100*time.Microsecond))
	}
	return text
}
