package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

const (
	perJump  = 3 * time.Second // of the load, if no duration is given
	farthest = 6 * time.Hour
)

// turnClock is the part in which the server's clock jumps: while it runs, between a stop
// and a start, and between a kill and a start.
func (c *crashConfig) turnClock(ctx context.Context, r *crashRig) error {
	r.server.clock = filepath.Join(r.dir, "clock")
	if err := r.setClock(0); err != nil {
		return err
	}
	if err := r.setUp(ctx); err != nil {
		return err
	}
	jumps := []struct {
		how   string
		ahead time.Duration
	}{
		{"runs", time.Hour}, {"stopped", 5 * time.Hour}, {"runs", -time.Hour}, {"killed", -farthest}, {"runs", 2 * time.Hour},
		{"killed", farthest}, {"stopped", -2 * time.Hour}, {"runs", 0},
	}
	pause := perJump
	if c.duration > 0 {
		pause = c.duration / time.Duration(len(jumps)+1)
	}
	r.failFor(time.Duration(len(jumps)+1) * pause)
	r.load.start(ctx)
	for _, jump := range jumps {
		if err := r.wait(ctx, pause); err != nil {
			return err
		}
		switch jump.how {
		case "stopped":
			if err := r.server.stop(); err != nil {
				return err
			}
			r.result.Drains++
		case "killed":
			r.server.kill()
			r.result.Kills++
		}
		if err := r.setClock(jump.ahead); err != nil {
			return err
		}
		r.say("the server %s; its clock is %v ahead now", jump.how, jump.ahead)
		if jump.how != "runs" {
			if err := r.server.start(ctx); err != nil {
				return err
			}
		}
	}
	if err := r.wait(ctx, pause); err != nil {
		return err
	}
	r.load.stop()
	return r.afterClock(ctx)
}

// afterClock waits for what can come by now, and then lets the time come of what was put
// off by a clock that was ahead.
func (r *crashRig) afterClock(ctx context.Context) error {
	r.eventually(ctx, func() bool { _, missing, _ := r.ledger.counts(); return missing == 0 })
	if ctx.Err() != nil {
		return ctx.Err()
	}
	_, missing, _ := r.ledger.counts()
	late := r.ledger.failedAndMissing()
	if missing > late {
		r.result.problem("%d deliveries that never failed have not come although the clock is right", missing-late)
	}
	r.result.Late = late
	r.say("%d retries are late, since their time was set by a clock that was ahead; letting it come", late)
	if err := r.server.stop(); err != nil {
		return err
	}
	r.result.Drains++
	if err := r.setClock(farthest + time.Hour); err != nil {
		return err
	}
	return r.server.start(ctx)
}

// setClock changes the server's clock at once: a file is never half there.
func (r *crashRig) setClock(ahead time.Duration) error {
	if err := os.WriteFile(r.server.clock+".new", []byte(ahead.String()), 0o600); err != nil {
		return fmt.Errorf("set the clock: %w", err)
	}
	r.receiver.ahead.Store(int64(ahead))
	if err := os.Rename(r.server.clock+".new", r.server.clock); err != nil {
		return fmt.Errorf("set the clock: %w", err)
	}
	return nil
}
