package subscription

import (
	"context"
	"encoding/json"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/event"
	"bellhop/internal/store"
)

// ReplayDelivery sends the event of a delivery to its service once more, at once, with the
// same bytes but for the id, and returns the new delivery as it is listed
// (docs/contract/extensions.md section 2).
func (s *Subscriptions) ReplayDelivery(ctx context.Context, caller *account.Caller, id bellhop.UUID) (json.RawMessage, error) {
	var d bellhop.Delivery
	var e *bellhop.Event
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		old, of, err := tx.Delivery(ctx, id)
		if err != nil {
			return err
		}
		e = of
		if err := caller.Allowed(bellhop.Deliveries, bellhop.Deliveries.Access.Create, "", old.OwnerPath); err != nil {
			return err
		}
		t, err := s.listening(ctx, tx)
		if err != nil {
			return err
		}
		w := t.webhook(old.Service)
		switch {
		case w == nil:
			return bellhop.Errorf(bellhop.Conflict, "Service is deleted")
		case w.Status != bellhop.ServiceActive:
			return notActive(w.Status)
		}
		d = bellhop.Delivery{Service: old.Service, ReplayOf: old.ID, Instance: old.Instance}
		if err := tx.AppendReplay(ctx, e, &d, bellhop.TimeOf(s.now())); err != nil {
			return err
		}
		return s.auditDelivery(ctx, tx, caller, w, old.ID, e.Name)
	})
	if err != nil {
		return nil, err
	}
	return event.AppendValue(nil, newDelivery(&d, e))
}

// newDelivery is how a delivery is listed that was made just now.
func newDelivery(d *bellhop.Delivery, e *bellhop.Event) *delivery {
	return deliveryOf(&store.StoredDelivery{
		Delivery: *d, EventID: e.ID, EventName: e.Name, Organization: e.Organization, OrgPath: e.OrgPath, Key: e.Key,
	})
}
