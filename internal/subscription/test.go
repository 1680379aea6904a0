package subscription

import (
	"context"
	"encoding/json"
	"strings"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/audit"
	"bellhop/internal/event"
	"bellhop/internal/store"
)

// TestService sends a sample of an event to a service, whether its patterns want it or not,
// and returns the delivery as it is listed (docs/contract/extensions.md section 2). The
// payload says that it is a sample, and an answer with messages posts nothing: the
// conversation does not exist.
func (s *Subscriptions) TestService(ctx context.Context, caller *account.Caller, service bellhop.ID, body []byte) (json.RawMessage, error) {
	doc, stored, err := s.webhookService(ctx, caller, service)
	if err != nil {
		return nil, err
	}
	var asked struct {
		Event string          `json:"event"`
		Data  json.RawMessage `json:"data"`
	}
	if err := readRequest(body, &asked); err != nil {
		return nil, err
	}
	if string(asked.Data) == "null" {
		asked.Data = nil
	}
	if stored.Status != bellhop.ServiceActive {
		return nil, notActive(stored.Status)
	}
	m := &sampler{
		api: s.api, now: bellhop.TimeOf(s.now()), service: doc, bot: stored.Bot, actor: ActorOf(caller),
	}
	m.newID = func() bellhop.ID { return s.db.NewID(m.now) }
	err = s.db.View(ctx, func(tx *store.Tx) (err error) {
		if m.organization, err = tx.Document(ctx, bellhop.Organizations, doc.Organization); err != nil || caller.IsSystem() {
			return err
		}
		user, err := tx.Document(ctx, bellhop.Users, caller.ID)
		if err == nil {
			m.user = user.Body
		}
		return err
	})
	if err != nil && !bellhop.HasCode(err, bellhop.NotFound) {
		return nil, err
	}
	e, err := s.sample(ctx, m, asked.Event, asked.Data)
	if err != nil {
		return nil, err
	}
	d := bellhop.Delivery{Service: service}
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		t, err := s.listening(ctx, tx)
		if err != nil {
			return err
		}
		w := t.webhook(service)
		if w == nil {
			return bellhop.Services.NotFound()
		}
		e.Key = "" // its own id: it stands behind nothing real
		d = bellhop.Delivery{Service: service, Instance: t.instanceFor(w, e)}
		if err := tx.AppendTest(ctx, e, &d); err != nil {
			return err
		}
		return s.auditService(ctx, tx, caller, bellhop.AuditTest, doc, audit.Set("event", e.Name))
	})
	if err != nil {
		return nil, err
	}
	return event.AppendValue(nil, newDelivery(&d, e))
}

// sample renders a sample of the named event: one of the server's by the code that renders
// real ones, one of a publisher's own with his data.
func (s *Subscriptions) sample(ctx context.Context, m *sampler, name string, data json.RawMessage) (*bellhop.Event, error) {
	e := &bellhop.Event{
		Name: name, Organization: m.organization.ID, OrgPath: m.organization.OrgPath, CreatedAt: m.now,
	}
	first, _, _ := strings.Cut(name, ".")
	switch {
	case name == "":
		return nil, bellhop.InvalidField("event", "is required")
	case bellhop.ReservedName(first) && data != nil:
		return nil, bellhop.InvalidField("data", "is for events of your own")
	case bellhop.ReservedName(first):
		h, err := m.happening(name)
		if err != nil {
			return nil, err
		}
		payload, err := s.envelope(h).Payload(event.Fit)
		e.Payload, e.InstanceAt = payload.Bytes, payload.InstanceAt
		return e, err
	case !event.ValidName(name):
		return nil, invalidName()
	}
	members := []event.Member{{Name: "example", Value: json.RawMessage("true")}}
	if data != nil {
		if data[0] != '{' {
			return nil, bellhop.InvalidField("data", "must be an object")
		}
		var err error
		if members, err = event.Members(data); err != nil {
			return nil, err
		}
	}
	var err error
	if e.ID, err = s.db.NewEventID(ctx, m.now); err != nil {
		return nil, err
	}
	return e, s.renderPublished(e, m.actor, append(members, sampleMark))
}
