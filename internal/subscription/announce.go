package subscription

import (
	"context"
	"fmt"

	"bellhop"
	"bellhop/internal/event"
	"bellhop/internal/store"
)

// Announce appends the event of what happened, with a delivery for each webhook that
// listens, in the transaction of what happened.
func (s *Subscriptions) Announce(ctx context.Context, tx *store.Tx, h *Happening) error {
	t, err := s.listening(ctx, tx)
	if err != nil {
		return err
	}
	payload, err := s.envelope(h).Payload(event.Fit)
	if err != nil {
		return fmt.Errorf("announce %s of %s: %w", h.Event, h.ID, err)
	}
	key := h.Key
	if key == "" {
		key = h.ID
	}
	e := &bellhop.Event{
		Name: h.Event, Organization: h.Organization, OrgPath: h.OrgPath, Key: string(key), Message: h.Message,
		CreatedAt: h.At, Payload: payload.Bytes, InstanceAt: payload.InstanceAt, Trace: s.traceOf(ctx),
	}
	return tx.Append(ctx, e, t.deliveries(e, h.isSilent))
}

// deliveries returns a new delivery for each webhook that hears of e.
func (t *table) deliveries(e *bellhop.Event, silent func(*Webhook) bool) []bellhop.Delivery {
	webhooks := t.match(e.Name, e.Organization, e.OrgPath)
	deliveries := make([]bellhop.Delivery, 0, len(webhooks))
	for _, w := range webhooks {
		if silent != nil && silent(w) {
			continue
		}
		deliveries = append(deliveries, bellhop.Delivery{Service: w.Service, Instance: t.instanceFor(w, e)})
	}
	return deliveries
}

func (s *Subscriptions) envelope(h *Happening) *event.Envelope {
	verb, thing := h.sentence()
	return &event.Envelope{
		Timestamp:    h.At.Time(),
		Event:        h.Event,
		Organization: string(h.Organization),
		Activity: event.Activity{
			ActorID:   s.actorURL(h.Actor),
			ActorType: h.Actor.Kind.activityType(),
			ObjectID:  s.resourceURL(h.Kind, h.ID),
			Summary:   event.Summary(h.Actor.Kind.String(), h.Actor.name(), verb, thing),
		},
		Data:  h.Data,
		Links: s.links(h),
	}
}

// sentence returns verb and thing of the summary.
func (h *Happening) sentence() (verb, thing string) {
	verb, thing = h.Verb, h.Thing
	if verb != "" {
		return verb, thing
	}
	if thing == "" {
		thing = h.Kind.Name
	}
	switch event.ActivityType(h.Event) {
	case "Create":
		return "created", thing
	case "Update":
		return "updated", thing
	case "Delete":
		return "deleted", thing
	}
	return "reported", thing
}

func (s *Subscriptions) links(h *Happening) []event.Link {
	links := []event.Link{{Name: "organization", URL: s.resourceURL(bellhop.Organizations, h.Organization)}}
	for _, link := range []struct {
		kind *bellhop.Kind
		id   bellhop.ID
	}{
		{bellhop.Conversations, h.Links.Conversation},
		{bellhop.Messages, h.Links.Message},
		{bellhop.Contacts, h.Links.Contact},
		{bellhop.Users, h.Links.User},
	} {
		if link.id != "" {
			links = append(links, event.Link{Name: link.kind.Name, URL: s.resourceURL(link.kind, link.id)})
		}
	}
	return links
}

func (s *Subscriptions) actorURL(a Actor) string {
	switch a.Kind {
	case User, Bot:
		return s.resourceURL(bellhop.Users, a.ID)
	case Contact:
		return s.resourceURL(bellhop.Contacts, a.ID)
	}
	return s.api + "/v2"
}

// String is the word that begins a summary.
func (k ActorKind) String() string {
	return [...]string{"System", "User", "Bot", "Contact"}[k]
}

func (k ActorKind) activityType() string {
	return [...]string{"Service", "Person", "Application", "Person"}[k]
}

// name is the actor's name as a summary has it; the system has none.
func (a Actor) name() string {
	if a.Kind == System {
		return ""
	}
	return a.Name
}

// LoggedIn fires user.login, in the transaction of the login.
func (s *Subscriptions) LoggedIn(ctx context.Context, tx *store.Tx, user *bellhop.Document, now bellhop.Time) error {
	var who struct{ DisplayName string }
	if err := user.Decode(&who); err != nil {
		return err
	}
	return s.Announce(ctx, tx, &Happening{
		Event: "user.login", Organization: user.Organization, OrgPath: user.OrgPath, At: now,
		Actor: Actor{Kind: User, ID: user.ID, Name: who.DisplayName},
		Kind:  bellhop.Users, ID: user.ID, Verb: "logged in",
		Data:  []event.Member{{Name: bellhop.Users.Name, Value: user.Body}},
		Links: Links{User: user.ID},
	})
}
