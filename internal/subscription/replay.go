package subscription

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/egress"
	"bellhop/internal/event"
	"bellhop/internal/query"
	"bellhop/internal/store"
)

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
func (s *Subscriptions) Replays(ctx context.Context, caller *account.Caller, rawQuery string) (*query.Page, error) {
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
