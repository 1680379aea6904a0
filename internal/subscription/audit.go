package subscription

import (
	"context"
	"encoding/json"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/audit"
	"bellhop/internal/store"
)

// auditService keeps a record of what is done with a service, beside changes of it, in the transaction
// that does it (docs/contract/extensions.md section 8).
func (s *Subscriptions) auditService(ctx context.Context, tx *store.Tx, caller *account.Caller, verb bellhop.AuditVerb, service *bellhop.Document, changes ...bellhop.AuditChange) error {
	record := audit.Of(bellhop.Services, verb, service)
	record.Changes = changes
	return audit.Write(ctx, tx, caller.Actor(), bellhop.TimeOf(s.now()), record)
}

// auditReplay keeps a record of what is done with a replay, which is about its service.
func (s *Subscriptions) auditReplay(ctx context.Context, tx *store.Tx, caller *account.Caller, r *bellhop.Replay, changes ...bellhop.AuditChange) error {
	service, err := tx.Document(ctx, bellhop.Services, r.Service)
	if bellhop.HasCode(err, bellhop.NotFound) {
		service = &bellhop.Document{ID: r.Service, Organization: r.Organization, OrgPath: r.OrgPath, Body: json.RawMessage("{}")}
	} else if err != nil {
		return err
	}
	changes = append([]bellhop.AuditChange{audit.Set("replay", string(r.ID))}, changes...)
	return s.auditService(ctx, tx, caller, bellhop.AuditReplay, service, changes...)
}

// rangeOf says what r sends again.
func rangeOf(r *bellhop.Replay, target string) []bellhop.AuditChange {
	changes := []bellhop.AuditChange{audit.Set("from", r.From.String()), audit.Set("to", r.To.String()), audit.Set("status", string(r.Status))}
	for _, pattern := range r.Events {
		changes = append(changes, audit.Set("events", pattern))
	}
	if target != "" {
		changes = append(changes, audit.Set("url", target))
	}
	return changes
}

// auditDelivery keeps a record of a delivery that is sent again.
func (s *Subscriptions) auditDelivery(ctx context.Context, tx *store.Tx, caller *account.Caller, w *Webhook, old bellhop.UUID, name string) error {
	service := &bellhop.Document{ID: w.Service, Organization: w.Organization, OrgPath: w.OrgPath, Body: json.RawMessage("{}")}
	record := audit.Of(bellhop.Services, bellhop.AuditReplay, service)
	record.Name = w.Name
	record.Changes = []bellhop.AuditChange{audit.Set("delivery", old.String()), audit.Set("event", name)}
	return audit.Write(ctx, tx, caller.Actor(), bellhop.TimeOf(s.now()), record)
}
