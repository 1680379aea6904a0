package subscription

import (
	"context"
	"log/slog"
	"time"

	"bellhop"
	"bellhop/internal/store"
	"bellhop/internal/trouble"
)

// A replay is a row with how far it has come. Run takes each that is running a step further
// every replayTick: it looks for the next events and, in one transaction, inserts their
// deliveries and moves the row, so that a restart neither leaves one out nor makes one
// twice. Of several nodes the one that delivers to the service does so; another one that tries the
// same step finds that the row has moved.
const (
	replayTick = 100 * time.Millisecond

	// replayWait is how often a replay is looked at that has made all of its deliveries,
	// replayIdle how often it is looked for others than those this process began, and replayOther
	// that where other nodes do.
	replayWait  = time.Second
	replayIdle  = time.Minute
	replayOther = 2 * time.Second

	// maxReplayed is how many deliveries of one replay are pending at most, so that what
	// happens now does not wait behind all of the past.
	maxReplayed = 500

	// replayScans bounds how much is read in one step where little is to be sent.
	replayScans = 10
)

// wakeReplays makes Run look at the replays now, at every node.
func (s *Subscriptions) wakeReplays() {
	s.lookAtReplays()
	if s.nodes != nil {
		s.nodes.Publish(topicReplays, nil)
	}
}

func (s *Subscriptions) lookAtReplays() {
	select {
	case s.replaying <- struct{}{}:
	default:
	}
}

func (s *Subscriptions) runReplays(ctx context.Context) {
	paces := map[bellhop.ID]*pace{}
	failing := trouble.New(s.log, slog.LevelError, "replay")
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.replaying:
		case <-timer.C:
		}
		next, err := s.stepReplays(ctx, paces)
		if err != nil {
			failing.Failed(ctx, "", err)
		} else {
			failing.Passed("")
		}
		timer.Reset(next)
	}
}

// stepReplays takes every replay a step further and returns when to do so again.
func (s *Subscriptions) stepReplays(ctx context.Context, paces map[bellhop.ID]*pace) (time.Duration, error) {
	var running []*bellhop.Replay
	err := s.db.View(ctx, func(tx *store.Tx) (err error) {
		running, err = tx.RunningReplays(ctx)
		return err
	})
	if err != nil {
		return replayWait, err
	}
	next := replayIdle
	if s.nodes != nil && s.db.Shared() {
		next = replayOther
	}
	kept := make(map[bellhop.ID]*pace, len(running))
	for _, r := range running {
		if !s.owns(r.Service) {
			continue
		}
		p := paces[r.ID]
		if p == nil {
			p = &pace{rate: r.Rate, budget: 1}
		}
		kept[r.ID] = p
		if r.Whole {
			next = min(next, replayWait)
			err = s.finish(ctx, r)
		} else {
			next = replayTick
			err = s.step(ctx, r, p)
		}
		if err != nil {
			break
		}
	}
	clear(paces)
	for id, p := range kept {
		paces[id] = p
	}
	if err != nil {
		next = replayWait
	}
	return next, err
}

// finish ends a replay whose deliveries have all ended.
func (s *Subscriptions) finish(ctx context.Context, r *bellhop.Replay) error {
	pending := 0
	err := s.db.View(ctx, func(tx *store.Tx) (err error) {
		pending, err = tx.PendingOfReplay(ctx, r.ID)
		return err
	})
	if err != nil || pending > 0 {
		return err
	}
	return s.db.UpdateSoon(ctx, func(tx *store.Tx) error {
		now, err := tx.Replay(ctx, r.ID)
		if err != nil || now.State != bellhop.ReplayRunning {
			return err
		}
		return tx.SetReplayState(ctx, r, bellhop.ReplayDone, bellhop.TimeOf(s.now()))
	})
}

// step inserts the next deliveries of r, as many as may be pending and its rate allows.
func (s *Subscriptions) step(ctx context.Context, r *bellhop.Replay, p *pace) error {
	room := p.room(s.now())
	err := s.db.View(ctx, func(tx *store.Tx) error {
		pending, err := tx.PendingOfReplay(ctx, r.ID)
		room = min(room, maxReplayed-pending)
		return err
	})
	if err != nil || room <= 0 {
		return err
	}
	found, err := s.find(ctx, r, room)
	if err != nil {
		return err
	}
	p.spend(len(found.Events))
	return s.db.UpdateSoon(ctx, func(tx *store.Tx) error {
		// Paused, stopped, or moved by another node since it was read: then this is not done.
		ok, err := tx.MoveReplay(ctx, r, found)
		if err != nil || !ok {
			return err
		}
		return s.appendReplayed(ctx, tx, r, found.Events)
	})
}

// find reads the next events that r is to send.
func (s *Subscriptions) find(ctx context.Context, r *bellhop.Replay, room int) (found store.Found, err error) {
	at := *r
	err = s.db.ViewLane(ctx, r.Service, func(tx *store.Tx) error {
		wanted, err := s.wanted(ctx, tx, r)
		if err != nil {
			return err
		}
		for range replayScans {
			if found, err = tx.NextReplayed(ctx, &at, room, wanted); err != nil || found.Whole || len(found.Events) > 0 {
				break
			}
			at.At = found.At
		}
		return err
	})
	return found, err
}

func (s *Subscriptions) appendReplayed(ctx context.Context, tx *store.Tx, r *bellhop.Replay, events []store.Replayed) error {
	t, err := s.listening(ctx, tx)
	if err != nil {
		return err
	}
	now := bellhop.TimeOf(s.now())
	made := 0
	for _, next := range events {
		e, err := tx.EventAt(ctx, next.Event)
		if bellhop.HasCode(err, bellhop.NotFound) {
			continue // removed since it was found: its time was over
		}
		if err != nil {
			return err
		}
		d := bellhop.Delivery{Service: r.Service, Replay: r.ID, Lane: r.Lane()}
		if next.Delivery == 0 {
			w := t.webhook(r.Service)
			if w != nil {
				withheld, err := isWithheld(e.Payload, e.Name, w.Bot)
				if err != nil {
					return err
				}
				if withheld {
					continue
				}
			}
			d.Instance = t.instanceFor(w, &e.Event)
		} else if d.ReplayOf, d.Instance, err = tx.Repeated(ctx, next.Delivery); bellhop.HasCode(err, bellhop.NotFound) {
			continue
		} else if err != nil {
			return err
		}
		if err := tx.AppendReplay(ctx, &e.Event, &d, now); err != nil {
			return err
		}
		made++
	}
	return tx.CountMade(ctx, r.ID, made)
}

// pace is how many deliveries of a replay may be made: rate a second, evenly.
type pace struct {
	rate   float64
	budget float64
	last   time.Time
}

// room returns how many may be made now.
func (p *pace) room(now time.Time) int {
	if p.rate == 0 {
		return maxReplayed
	}
	if !p.last.IsZero() {
		// What was not used is not made up for later, but for a step that came late.
		most := max(1, p.rate*2*replayTick.Seconds())
		p.budget = min(p.budget+p.rate*now.Sub(p.last).Seconds(), most)
	}
	p.last = now
	return int(p.budget)
}

func (p *pace) spend(n int) {
	if p.rate > 0 {
		p.budget -= float64(n)
	}
}
