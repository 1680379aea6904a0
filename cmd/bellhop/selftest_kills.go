package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// crashStep is one blow to the server.
type crashStep struct {
	kind  string
	after time.Duration // the step before
	quick time.Duration // between the two halves of a step that has some
}

// kinds of steps, with how many kills each has.
var crashKinds = map[string]int{
	"kill":  1, // SIGKILL
	"slow":  1, // SIGKILL while the receiver is slow, so that much is under way
	"start": 2, // SIGKILL, and once more while the server starts
	"cut":   1, // SIGTERM, and SIGKILL soon after
	"drain": 0, // SIGTERM
}

// planKills draws the steps of a load of that length. All kinds are among them if there
// are kills enough, and their kills are as many as said.
func planKills(random *rand.Rand, kills int, load time.Duration) []crashStep {
	var kinds []string
	draw := []string{"start", "slow", "drain", "cut"}
	for kills > 0 {
		var kind string
		if len(draw) > 0 {
			kind, draw = draw[0], draw[1:]
		} else {
			kind = []string{"kill", "kill", "kill", "kill", "slow", "slow", "start", "cut", "drain"}[random.IntN(9)]
		}
		if crashKinds[kind] > kills {
			kind = "kill"
		}
		kills -= crashKinds[kind]
		kinds = append(kinds, kind)
	}
	random.Shuffle(len(kinds), func(i, j int) { kinds[i], kinds[j] = kinds[j], kinds[i] })
	steps := make([]crashStep, len(kinds))
	share := float64(load) / float64(len(kinds))
	for i, kind := range kinds {
		steps[i] = crashStep{
			kind: kind, after: time.Duration(share * (0.1 + 1.8*random.Float64())),
			quick: time.Duration(random.Int64N(int64(60 * time.Millisecond))),
		}
	}
	return steps
}

// firstKills is how many of the kills meet the very first starts, on an empty directory.
func firstKills(kills int) int { return min(kills/5, 5) }

// kill is the part that kills the server under load.
func (c *crashConfig) kill(ctx context.Context, r *crashRig) error {
	first := firstKills(c.kills.n)
	for range first {
		if _, err := r.server.spawn(); err != nil {
			return err
		}
		if err := r.wait(ctx, time.Duration(r.random.Int64N(int64(60*time.Millisecond)))); err != nil {
			return err
		}
		r.server.kill()
		r.result.Kills++
	}
	if err := r.setUp(ctx); err != nil {
		return fmt.Errorf("after %d kills of the first start: %w", first, err)
	}
	r.failFor(c.load())
	r.load.start(ctx)
	for _, step := range planKills(r.random, c.kills.n-first, c.load()) {
		if err := r.step(ctx, step, c.kills.n); err != nil {
			return fmt.Errorf("%s: %w", step.kind, err)
		}
	}
	// The last restart shall have a load, too.
	return r.wait(ctx, 300*time.Millisecond)
}

// slowness is how long the receiver takes when it is slow.
const slowness = 200 * time.Millisecond

func (r *crashRig) step(ctx context.Context, step crashStep, of int) error {
	if err := r.wait(ctx, step.after); err != nil {
		return err
	}
	if err := r.server.died(); err != nil {
		return err
	}
	switch step.kind {
	case "slow":
		r.receiver.slow.Store(int64(slowness))
		if err := r.wait(ctx, 2*slowness); err != nil {
			return err
		}
		r.server.kill()
		r.receiver.slow.Store(0)
	case "kill":
		r.server.kill()
	case "start":
		r.server.kill()
		if _, err := r.server.spawn(); err != nil {
			return err
		}
		if err := r.wait(ctx, step.quick); err != nil {
			return err
		}
		r.server.kill()
	case "cut":
		if err := r.server.ask(); err != nil {
			return err
		}
		if err := r.wait(ctx, step.quick); err != nil {
			return err
		}
		r.server.kill()
	case "drain":
		if err := r.server.stop(); err != nil {
			return err
		}
		r.result.Drains++
	}
	r.result.Kills += crashKinds[step.kind]
	again := time.Now()
	if err := r.server.start(ctx); err != nil {
		return err
	}
	accepted, missing, _ := r.ledger.counts()
	r.say("%d of %d kills, %s: listens again after %v; accepted so far %d, not arrived yet %d",
		r.result.Kills, of, step.kind, time.Since(again).Round(time.Millisecond), accepted, missing)
	return nil
}
