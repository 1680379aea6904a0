package subscription

import (
	"context"
	"encoding/json"
	"net/url"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/audit"
	"bellhop/internal/event"
	"bellhop/internal/store"
)

// PatchReplay pauses a replay, lets it go on, or stops it for good.
func (s *Subscriptions) PatchReplay(ctx context.Context, caller *account.Caller, id bellhop.ID, body []byte) (json.RawMessage, error) {
	var asked struct {
		State bellhop.ReplayState `json:"state"`
	}
	if err := readRequest(body, &asked); err != nil {
		return nil, err
	}
	var shown *shownReplay
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		r, err := tx.Replay(ctx, id)
		if err != nil {
			return err
		}
		if err := caller.Allowed(bellhop.Replays, bellhop.Replays.Access.Update, r.Organization, r.OrgPath); err != nil {
			return err
		}
		was := r.State
		if err := s.setState(ctx, tx, r, asked.State, bellhop.TimeOf(s.now())); err != nil {
			return err
		}
		if r, err = tx.Replay(ctx, id); err != nil {
			return err
		}
		if r.State != was {
			if err := s.auditReplay(ctx, tx, caller, r, audit.Turned("state", string(was), string(r.State))); err != nil {
				return err
			}
		}
		shown, err = replayOf(ctx, tx, r)
		return err
	})
	if err != nil {
		return nil, err
	}
	s.wakeReplays()
	return event.AppendValue(nil, shown)
}

func (s *Subscriptions) setState(ctx context.Context, tx *store.Tx, r *bellhop.Replay, state bellhop.ReplayState, now bellhop.Time) error {
	switch {
	case state != bellhop.ReplayRunning && state != bellhop.ReplayPaused && state != bellhop.ReplayStopped:
		return bellhop.InvalidField("state", "must be one of running, paused, stopped")
	case state == r.State:
		return nil
	case r.State.Final():
		return bellhop.Errorf(bellhop.Conflict, "Replay is %s", r.State)
	case state == bellhop.ReplayStopped:
		return s.stop(ctx, tx, r, now)
	}
	return tx.SetReplayState(ctx, r, state, now)
}

// stop ends r: what it has made and is pending is dropped.
func (s *Subscriptions) stop(ctx context.Context, tx *store.Tx, r *bellhop.Replay, now bellhop.Time) error {
	if err := tx.DropReplayed(ctx, r.ID); err != nil {
		return err
	}
	s.mu.Lock()
	delete(s.targets, r.ID)
	s.mu.Unlock()
	return tx.SetReplayState(ctx, r, bellhop.ReplayStopped, now)
}

// StopReplays stops the replays of a service that is deleted, in that transaction.
func (s *Subscriptions) StopReplays(ctx context.Context, tx *store.Tx, service bellhop.ID, now bellhop.Time) error {
	open, err := tx.OpenReplays(ctx, service)
	if err != nil {
		return err
	}
	for _, r := range open {
		if err := s.stop(ctx, tx, r, now); err != nil {
			return err
		}
	}
	return nil
}

// maxTargets bounds how many other URLs are remembered.
const maxTargets = 1000

// ReplayTarget returns where the deliveries go that wait in the lane of a replay, with user
// and password; ErrNoWebhook if there is no such replay, or it was stopped.
func (s *Subscriptions) ReplayTarget(ctx context.Context, replay bellhop.ID) (*url.URL, error) {
	s.mu.Lock()
	u := s.targets[replay]
	s.mu.Unlock()
	if u != nil {
		return u, nil
	}
	var r *bellhop.Replay
	err := s.db.View(ctx, func(tx *store.Tx) (err error) {
		r, err = tx.Replay(ctx, replay)
		return err
	})
	if bellhop.HasCode(err, bellhop.NotFound) {
		return nil, ErrNoWebhook
	}
	if err != nil {
		return nil, err
	}
	if !r.Elsewhere() || r.State == bellhop.ReplayStopped {
		return nil, ErrNoWebhook
	}
	if u, err = targetOf(r); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.targets) >= maxTargets {
		clear(s.targets)
	}
	s.targets[replay] = u
	return u, nil
}
