package subscription

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/event"
	"bellhop/internal/store"
)

// explanation is why a service did or did not get an event (docs/contract/extensions.md
// section 2).
type explanation struct {
	Delivered bool          `json:"delivered"`
	Delivery  *bellhop.UUID `json:"delivery,omitempty"`
	Reasons   []reason      `json:"reasons"`
}

type reason struct {
	Rule   string `json:"rule"`
	Detail string `json:"detail"`
}

// Explain says why a service did or did not get an event, judged by the service as it was
// when the event happened.
func (s *Subscriptions) Explain(ctx context.Context, caller *account.Caller, service bellhop.ID, eventID string) (json.RawMessage, error) {
	if eventID == "" {
		return nil, bellhop.InvalidField("event", "is required")
	}
	doc, _, err := s.webhookService(ctx, caller, service)
	if err != nil {
		return nil, err
	}
	id, err := bellhop.ParseUUID(eventID)
	if err != nil {
		return nil, store.ErrNoEvent
	}
	shown := explanation{Reasons: []reason{}}
	err = s.db.ViewLane(ctx, service, func(tx *store.Tx) error {
		e, deliveries, err := s.explained(ctx, tx, caller, service, id)
		if err != nil {
			return err
		}
		if len(deliveries) > 0 {
			d := &deliveries[0]
			shown.Delivery, shown.Delivered = &d.ID, d.Status == bellhop.Delivered
			if !shown.Delivered {
				shown.Reasons = append(shown.Reasons, reason{"delivery", s.deliveryDetail(doc, d)})
			}
			return nil
		}
		shown.Reasons, err = s.reasons(ctx, tx, doc, e)
		return err
	})
	if err != nil {
		return nil, err
	}
	return event.AppendValue(nil, shown)
}

// explained returns the event of that id that caller may be told of, with its deliveries to
// service: he may read it, or the service has got it.
func (s *Subscriptions) explained(ctx context.Context, tx *store.Tx, caller *account.Caller, service bellhop.ID, id bellhop.UUID) (*store.StoredEvent, []bellhop.Delivery, error) {
	found, err := tx.Event(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	for i := range found {
		e := &found[i]
		deliveries, err := tx.DeliveriesOf(ctx, e, service, 1)
		if err != nil {
			return nil, nil, err
		}
		if len(deliveries) > 0 || readable(caller, bellhop.Events, e.OrgPath) == nil {
			return e, deliveries, nil
		}
	}
	return nil, nil, store.ErrNoEvent
}

func (s *Subscriptions) deliveryDetail(doc *bellhop.Document, d *bellhop.Delivery) string {
	detail := "the delivery is " + d.Status.String()
	if d.LastError != "" {
		detail += ": " + d.LastError
	}
	var service struct{ Params struct{ URL string } }
	if d.Status != bellhop.Pending || doc.Decode(&service) != nil {
		return detail
	}
	if since, away := s.AwayAt(service.Params.URL); away {
		detail += fmt.Sprintf("; it waits: nobody has listened at the other end of the tunnel since %s", since)
	}
	return detail
}

// reasons says what kept e from the service.
func (s *Subscriptions) reasons(ctx context.Context, tx *store.Tx, doc *bellhop.Document, e *store.StoredEvent) ([]reason, error) {
	if aboutItself(&e.Event, doc.ID) {
		return []reason{{"scope", "the event is about the service itself, which is not told of it"}}, nil
	}
	sample, err := tx.IsTest(ctx, e.Seq)
	if err != nil || sample {
		return []reason{{"scope", "the event is a sample that was sent to another service"}}, err
	}
	states, err := tx.ServiceStates(ctx, doc.ID, maxStates)
	if err != nil {
		return nil, err
	}
	at, was, err := stateAt(states, e.Seq)
	switch {
	case err != nil:
		return nil, err
	case was == nil && at == nil && e.CreatedAt < doc.CreatedAt:
		return []reason{{"status", fmt.Sprintf("the service was created at %s, after the event, which happened at %s", doc.CreatedAt, e.CreatedAt)}}, nil
	case was == nil:
		return []reason{{"status", fmt.Sprintf("what the service was at %s is not kept any more", e.CreatedAt)}}, nil
	}
	reasons := []reason{}
	if was.Status != bellhop.ServiceActive {
		reasons = append(reasons, reason{"status", statusDetail(states, at, was.Status)})
	}
	if !was.Scope.holds(e.Organization, e.OrgPath) {
		reasons = append(reasons, scopeReason(was, doc, e))
	}
	patterns, err := event.ParsePatterns(was.Events)
	if err != nil {
		return nil, err
	}
	if !patterns.Match(e.Name) {
		reasons = append(reasons, reason{"pattern", patternDetail(was.Events, e.Name)})
	}
	withheld, err := isWithheld(e.Payload, e.Name, was.Bot)
	if err != nil {
		return nil, err
	}
	if withheld {
		reasons = append(reasons, reason{"bot", "the message is for some users only, and the bot is none of them"})
	}
	if len(reasons) == 0 {
		reasons = append(reasons, reason{"delivery", "all rules let the event pass: its delivery was removed or dropped since, or the service was changed at that very moment"})
	}
	return reasons, nil
}

func statusDetail(states []store.ServiceState, at *store.ServiceState, status string) string {
	since, until := statusSpan(states, at, status)
	detail := "the service was " + status
	if since > 0 {
		detail += " from " + since.String()
	}
	if until > 0 {
		return detail + " to " + until.String()
	}
	return detail + " and still is"
}

func scopeReason(was *state, doc *bellhop.Document, e *store.StoredEvent) reason {
	switch {
	case was.Bot == "":
		return reason{"scope", fmt.Sprintf("the event is of organization %s (%s), which is neither %s nor below it",
			e.Organization, e.OrgPath, was.Scope.Below)}
	case was.Scope.Below != "":
		return reason{"scope", fmt.Sprintf("the event is of organization %s (%s), which is neither %s nor below it; the bot had no instance",
			e.Organization, e.OrgPath, was.Scope.Below)}
	case was.Scope.Instances == 0:
		return reason{"bot", fmt.Sprintf("bot %s was not active and enabled, and had no instance", was.Bot)}
	}
	return reason{"bot", fmt.Sprintf("bot %s had no enabled instance in organization %s: %d of its %d instances were enabled",
		was.Bot, e.Organization, len(was.Scope.In), was.Scope.Instances)}
}

// shownPatterns is how many patterns a detail names.
const shownPatterns = 5

func patternDetail(patterns []string, name string) string {
	list := strings.Join(patterns[:min(len(patterns), shownPatterns)], ", ")
	if len(patterns) > shownPatterns {
		list += ", ..."
	}
	if len(patterns) == 1 {
		return fmt.Sprintf("the pattern %s does not match %s", list, name)
	}
	return fmt.Sprintf("none of %d patterns matches %s: %s", len(patterns), name, list)
}
