package subscription

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"bellhop"
	"bellhop/internal/audit"
	"bellhop/internal/event"
	"bellhop/internal/store"
)

const serviceError = "service.error"

// tellEvery is how often at most service.error is fired for one service
// (docs/contract/delivery.md section 6).
const tellEvery = time.Minute

// Death is the end of a delivery that was not delivered.
type Death struct {
	Service bellhop.ID
	Event   string   // name of the event; empty if the delivery ended while it waited
	URL     *url.URL // where the last attempt went, if that is what it died of
	Status  int      // HTTP status of its answer; 0 if there was none
	Reason  string   // why the delivery was given up
}

// Died does what a death leads to, in the transaction that records it: service.error is
// fired, and 410 makes the service inactive, unless it has moved meanwhile.
func (s *Subscriptions) Died(ctx context.Context, tx *store.Tx, d Death) error {
	doc, err := tx.Document(ctx, bellhop.Services, d.Service)
	if bellhop.HasCode(err, bellhop.NotFound) {
		return nil // deleted meanwhile
	}
	if err != nil {
		return err
	}
	var stored bellhop.Service
	if err := doc.Decode(&stored); err != nil {
		return err
	}
	now := bellhop.TimeOf(s.now())
	if d.Event != serviceError && stored.Status != bellhop.ServiceInactive {
		deaths, err := tx.AddDeath(ctx, d.Service, d.Reason)
		if err != nil {
			return err
		}
		if err := s.tell(ctx, tx, doc, &stored, deaths, now); err != nil {
			return err
		}
	}
	if d.Status != http.StatusGone || stored.Status != bellhop.ServiceActive {
		return nil
	}
	w, err := webhookOf(doc, &stored)
	if err != nil || d.URL == nil || w.URL.String() != d.URL.String() {
		return err // it was not the present endpoint that is gone
	}
	return s.deactivate(ctx, tx, doc, &stored, now)
}

// tell fires service.error unless it did so within the last minute; then Run will.
func (s *Subscriptions) tell(ctx context.Context, tx *store.Tx, doc *bellhop.Document, service *bellhop.Service, deaths store.Deaths, now bellhop.Time) error {
	if deaths.ToldAt != 0 && now.Sub(deaths.ToldAt) < tellEvery {
		return nil
	}
	detail, err := event.AppendValue(nil, struct {
		Message string `json:"message"`
		Count   int    `json:"count"`
	}{deaths.Message, deaths.Untold})
	if err != nil {
		return err
	}
	err = s.Announce(ctx, tx, &Happening{
		Event: serviceError, Organization: doc.Organization, OrgPath: doc.OrgPath, At: now,
		Kind: bellhop.Services, ID: doc.ID, Verb: "reported an error of service " + service.Name,
		Data: []event.Member{{Name: bellhop.Services.Name, Value: doc.Body}, {Name: "error", Value: detail}},
	})
	if err != nil {
		return err
	}
	return tx.DeathsTold(ctx, doc.ID, now)
}

// deactivate switches a service off whose endpoint answered 410
// (docs/contract/delivery.md section 5).
func (s *Subscriptions) deactivate(ctx context.Context, tx *store.Tx, doc *bellhop.Document, service *bellhop.Service, now bellhop.Time) error {
	old := *doc
	service.Status, service.UpdatedAt = bellhop.ServiceInactive, now
	doc.UpdatedAt = now
	var err error
	if doc.Body, err = event.AppendValue(nil, service); err != nil {
		return err
	}
	if err := tx.Replace(ctx, bellhop.Services, doc); err != nil {
		return err
	}
	if err := s.remember(ctx, tx, doc.ID, now); err != nil {
		return err
	}
	record := audit.Of(bellhop.Services, bellhop.AuditUpdate, doc)
	record.Reason = "The endpoint answered 410 Gone"
	if record.Changes, err = audit.Changes(&old, doc); err != nil {
		return err
	}
	if err := audit.Write(ctx, tx, audit.Actor{}, now, record); err != nil {
		return err
	}
	return s.Announce(ctx, tx, &Happening{
		Event: "service.update", Organization: doc.Organization, OrgPath: doc.OrgPath, At: now,
		Kind: bellhop.Services, ID: doc.ID,
		Data: []event.Member{{Name: bellhop.Services.Name, Value: json.RawMessage(doc.Body)}},
	})
}

func (s *Subscriptions) tellRest(ctx context.Context) error {
	var untold []store.Deaths
	err := s.db.View(ctx, func(tx *store.Tx) (err error) {
		untold, err = tx.UntoldDeaths(ctx)
		return err
	})
	if err != nil || len(untold) == 0 {
		return err
	}
	return s.db.UpdateSoon(ctx, func(tx *store.Tx) error {
		// They are read again: more may have died, and been told of.
		if err := tx.HoldDeaths(ctx); err != nil {
			return err
		}
		untold, err := tx.UntoldDeaths(ctx)
		if err != nil {
			return err
		}
		now := bellhop.TimeOf(s.now())
		for _, deaths := range untold {
			if !s.owns(deaths.Service) {
				continue
			}
			if err := s.tellOf(ctx, tx, deaths, now); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Subscriptions) tellOf(ctx context.Context, tx *store.Tx, deaths store.Deaths, now bellhop.Time) error {
	doc, err := tx.Document(ctx, bellhop.Services, deaths.Service)
	if bellhop.HasCode(err, bellhop.NotFound) {
		return tx.DeathsTold(ctx, deaths.Service, now)
	}
	if err != nil {
		return err
	}
	var service bellhop.Service
	if err := doc.Decode(&service); err != nil {
		return err
	}
	if service.Status == bellhop.ServiceInactive {
		return nil // told when it is active again
	}
	return s.tell(ctx, tx, doc, &service, deaths, now)
}
