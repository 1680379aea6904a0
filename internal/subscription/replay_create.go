package subscription

import (
	"context"
	"encoding/json"
	"math"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/egress"
	"bellhop/internal/event"
	"bellhop/internal/store"
)

// maxOpenReplays is how many replays of one service may be under way or paused.
const maxOpenReplays = 10

// CreateReplay begins to send the events of a range of time to a service again, and returns
// the replay; dry reports that the request only asked how many these are, and that is
// what is returned.
func (s *Subscriptions) CreateReplay(ctx context.Context, caller *account.Caller, service bellhop.ID, body []byte) (shown json.RawMessage, dry bool, err error) {
	now := bellhop.TimeOf(s.now())
	doc, stored, err := s.webhookService(ctx, caller, service)
	if err != nil {
		return nil, false, err
	}
	r, dry, err := s.readReplay(body, now)
	if err != nil {
		return nil, false, err
	}
	r.Service, r.Organization, r.OrgPath = doc.ID, doc.Organization, doc.OrgPath
	if !dry && !r.Elsewhere() && stored.Status != bellhop.ServiceActive {
		return nil, false, notActive(stored.Status)
	}
	if err := s.count(ctx, r); err != nil {
		return nil, false, err
	}
	if dry {
		shown, err = event.AppendValue(nil, struct {
			Total  int  `json:"total"`
			DryRun bool `json:"dryRun"`
		}{r.Total, true})
		return shown, true, err
	}
	if !caller.IsSystem() {
		r.CreatedBy = caller.ID
	}
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		if err := tx.Keep(ctx, bellhop.Services, service); err != nil {
			return err // deleted meanwhile
		}
		if err := tx.Lock(ctx, "replays of "+string(service)); err != nil {
			return err
		}
		open, err := tx.OpenReplays(ctx, service)
		if err != nil {
			return err
		}
		if len(open) >= maxOpenReplays {
			return bellhop.Errorf(bellhop.Conflict, "Service has %d replays that have not ended", len(open))
		}
		r.ID = tx.NewID(now)
		if err := tx.InsertReplay(ctx, r); err != nil {
			return err
		}
		view, err := replayOf(ctx, tx, r)
		if err != nil {
			return err
		}
		if err := s.auditReplay(ctx, tx, caller, r, rangeOf(r, view.URL)...); err != nil {
			return err
		}
		shown, err = event.AppendValue(nil, view)
		return err
	})
	if err != nil {
		return nil, false, err
	}
	if r.Elsewhere() {
		u, err := targetOf(r)
		if err != nil {
			return nil, false, err
		}
		s.log.InfoContext(ctx, "replay to another URL", "replay", r.ID, "service", service, "user", r.CreatedBy, "url", egress.RedactURL(u))
	}
	s.wakeReplays()
	return shown, false, nil
}

// count finds the range of r in the store and how many events there are to send. It reads
// them bit by bit, so that many of them hold up nobody.
func (s *Subscriptions) count(ctx context.Context, r *bellhop.Replay) error {
	err := s.db.ViewLane(ctx, r.Service, func(tx *store.Tx) (err error) {
		r.Range, err = tx.ReplayRange(ctx, r.From, r.To)
		return err
	})
	if err != nil {
		return err
	}
	r.At = bellhop.ReplayPoint{Event: r.Range.FirstEvent - 1, Delivery: r.Range.FirstDelivery - 1}
	for at := *r; ; {
		var found store.Found
		err := s.db.ViewLane(ctx, r.Service, func(tx *store.Tx) error {
			wanted, err := s.wanted(ctx, tx, r)
			if err == nil {
				found, err = tx.NextReplayed(ctx, &at, math.MaxInt, wanted)
			}
			return err
		})
		if err != nil {
			return err
		}
		r.Total += len(found.Events)
		if found.Whole {
			return nil
		}
		at.At = found.At
	}
}

// wanted returns what decides, beside range and status, which events r sends.
func (s *Subscriptions) wanted(ctx context.Context, tx *store.Tx, r *bellhop.Replay) (func(*bellhop.Event) bool, error) {
	patterns, err := event.ParsePatterns(r.Events)
	if err != nil {
		return nil, err
	}
	if r.Status != bellhop.ReplayMissing {
		return func(e *bellhop.Event) bool { return patterns.Match(e.Name) }, nil
	}
	t, err := s.listening(ctx, tx)
	if err != nil {
		return nil, err
	}
	w := t.webhook(r.Service)
	if w == nil {
		return func(*bellhop.Event) bool { return false }, nil
	}
	scope := t.scopeOf(w)
	return func(e *bellhop.Event) bool {
		return patterns.Match(e.Name) && !aboutItself(e, w.Service) && w.patterns.Match(e.Name) && scope.holds(e.Organization, e.OrgPath)
	}, nil
}

func notActive(status string) error {
	return bellhop.Errorf(bellhop.Conflict, "Service is %s", status)
}
