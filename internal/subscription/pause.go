package subscription

import (
	"context"

	"bellhop"
	"bellhop/internal/event"
	"bellhop/internal/store"
)

// The events that tell others of a pause (docs/contract/extensions.md section 4).
const (
	servicePaused  = "service.paused"
	serviceResumed = "service.resumed"
)

// Paused fires service.paused, in the transaction that notes the pause: the endpoint of a
// service is down. reason is what its last attempt met.
func (s *Subscriptions) Paused(ctx context.Context, tx *store.Tx, service bellhop.ID, reason string) error {
	detail, err := event.AppendValue(nil, struct {
		Message string `json:"message"`
	}{reason})
	if err != nil {
		return err
	}
	return s.tellOthers(ctx, tx, service, servicePaused, "paused service", event.Member{Name: "error", Value: detail})
}

// Resumed fires service.resumed: the endpoint has answered again.
func (s *Subscriptions) Resumed(ctx context.Context, tx *store.Tx, service bellhop.ID) error {
	return s.tellOthers(ctx, tx, service, serviceResumed, "resumed service")
}

// aboutItself reports whether e tells others about a service, which hears nothing of it.
func aboutItself(e *bellhop.Event, service bellhop.ID) bool {
	return (e.Name == servicePaused || e.Name == serviceResumed) && e.Key == string(service)
}

// tellOthers fires an event about a service, which hears nothing of it itself.
func (s *Subscriptions) tellOthers(ctx context.Context, tx *store.Tx, id bellhop.ID, name, verb string, more ...event.Member) error {
	doc, err := tx.Document(ctx, bellhop.Services, id)
	if bellhop.HasCode(err, bellhop.NotFound) {
		return nil // deleted meanwhile
	}
	if err != nil {
		return err
	}
	var service bellhop.Service
	if err := doc.Decode(&service); err != nil {
		return err
	}
	return s.Announce(ctx, tx, &Happening{
		Event: name, Organization: doc.Organization, OrgPath: doc.OrgPath, At: bellhop.TimeOf(s.now()),
		Kind: bellhop.Services, ID: doc.ID, Verb: verb + " " + service.Name,
		Data:   append([]event.Member{{Name: bellhop.Services.Name, Value: doc.Body}}, more...),
		Silent: func(other bellhop.ID) bool { return other == id },
	})
}
