package subscription

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/url"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/egress"
	"bellhop/internal/event"
	"bellhop/internal/query"
	"bellhop/internal/store"
)

// maxOpenReplays is how many replays of one service may be under way or paused.
const maxOpenReplays = 10

// shownReplay is how a replay is shown (docs/contract/extensions.md section 2).
type shownReplay struct {
	ID           bellhop.ID           `json:"id"`
	Service      bellhop.ID           `json:"service"`
	Organization bellhop.ID           `json:"organization"`
	OrgPath      string               `json:"orgPath"`
	State        bellhop.ReplayState  `json:"state"`
	From         bellhop.Time         `json:"from"`
	To           bellhop.Time         `json:"to"`
	Events       []string             `json:"events,omitempty"`
	Status       bellhop.ReplayStatus `json:"status"`
	Rate         float64              `json:"rate"`
	URL          string               `json:"url,omitempty"` // password masked
	Total        int                  `json:"total"`
	Sent         int                  `json:"sent"`
	Failed       int                  `json:"failed"`
	Pending      int                  `json:"pending"`
	CreatedBy    bellhop.ID           `json:"createdBy,omitempty"`
	CreatedAt    bellhop.Time         `json:"createdAt"`
	UpdatedAt    bellhop.Time         `json:"updatedAt"`
}

// replayOf shows r as tx sees it.
func replayOf(ctx context.Context, tx *store.Tx, r *bellhop.Replay) (*shownReplay, error) {
	shown := &shownReplay{
		ID: r.ID, Service: r.Service, Organization: r.Organization, OrgPath: r.OrgPath, State: r.State,
		From: r.From, To: r.To, Events: r.Events, Status: r.Status, Rate: r.Rate,
		Total: max(r.Total, r.Made), Sent: r.Sent, Failed: r.Failed,
		CreatedBy: r.CreatedBy, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
	if r.Elsewhere() {
		u, err := targetOf(r)
		if err != nil {
			return nil, err
		}
		shown.URL = egress.RedactURL(u)
	}
	if r.State.Final() {
		return shown, nil
	}
	var err error
	shown.Pending, err = tx.PendingOfReplay(ctx, r.ID)
	return shown, err
}

// targetOf is the other URL of r, with user and password.
func targetOf(r *bellhop.Replay) (*url.URL, error) {
	u, err := url.Parse(withUserInfo(r.URL, r.UserInfo))
	if err != nil {
		// The cause would show the password.
		return nil, errors.New("the URL of replay " + string(r.ID) + " cannot be parsed")
	}
	return u, nil
}

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
		if _, err := tx.Document(ctx, bellhop.Services, service); err != nil {
			return err // deleted meanwhile
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

// webhookService returns a service of type webhook that caller may change.
func (s *Subscriptions) webhookService(ctx context.Context, caller *account.Caller, id bellhop.ID) (*bellhop.Document, *bellhop.Service, error) {
	var doc *bellhop.Document
	err := s.db.View(ctx, func(tx *store.Tx) (err error) {
		doc, err = tx.Document(ctx, bellhop.Services, id)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	if err := caller.MayUpdate(bellhop.Services, doc); err != nil {
		return nil, nil, err
	}
	service := new(bellhop.Service)
	if err := doc.Decode(service); err != nil {
		return nil, nil, err
	}
	if service.Type != bellhop.WebhookType {
		return nil, nil, bellhop.Errorf(bellhop.Invalid, "Service is no webhook")
	}
	return doc, service, nil
}

func notActive(status string) error {
	return bellhop.Errorf(bellhop.Conflict, "Service is %s", status)
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
	w := t.byService[r.Service]
	return func(e *bellhop.Event) bool {
		return w != nil && patterns.Match(e.Name) && !aboutItself(e, w.Service) && w.patterns.Match(e.Name) && w.scope.holds(e.Organization, e.OrgPath)
	}, nil
}

// Replay returns a replay of a range with how far it has come.
func (s *Subscriptions) Replay(ctx context.Context, caller *account.Caller, id bellhop.ID) (json.RawMessage, error) {
	var shown *shownReplay
	err := s.db.View(ctx, func(tx *store.Tx) error {
		r, err := tx.Replay(ctx, id)
		if err != nil {
			return err
		}
		if err := readable(caller, bellhop.Replays, r.OrgPath); err != nil {
			return err
		}
		shown, err = replayOf(ctx, tx, r)
		return err
	})
	if err != nil {
		return nil, err
	}
	return event.AppendValue(nil, shown)
}

// Replays lists the replays that an admin may see, newest first.
func (s *Subscriptions) Replays(ctx context.Context, caller *account.Caller, rawQuery string) (*Page, error) {
	return s.list(ctx, s.db.View, caller, bellhop.Replays, rawQuery, func(tx *store.Tx, q *query.Query, v store.Visible) ([]any, int, error) {
		found, total, err := tx.Replays(ctx, q, v)
		shown := make([]any, len(found))
		for i, r := range found {
			if err == nil {
				shown[i], err = replayOf(ctx, tx, r)
			}
		}
		return shown, total, err
	})
}
