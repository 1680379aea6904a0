package subscription

import (
	"context"
	"encoding/json"
	"fmt"

	"bellhop"
	"bellhop/internal/store"
)

// state is what decides which events a webhook gets, as it is kept for Explain.
type state struct {
	Status string     `json:"status"`
	Events []string   `json:"events,omitempty"`
	Bot    bellhop.ID `json:"bot,omitempty"`
	Scope  scope      `json:"scope"`
}

func stateOf(t *table, w *Webhook) ([]byte, error) {
	return json.Marshal(state{Status: w.Status, Events: w.events, Bot: w.Bot, Scope: t.scopeOf(w)})
}

// Remember keeps what decides from now on which events the services get that the change of
// doc concerns. It runs in the transaction of the change, when that is stored.
func (s *Subscriptions) Remember(ctx context.Context, tx *store.Tx, kind *bellhop.Kind, doc *bellhop.Document, now bellhop.Time) error {
	var bot bellhop.ID
	switch kind {
	case bellhop.Services:
		return s.remember(ctx, tx, doc.ID, now)
	case bellhop.Bots, bellhop.Users: // with its user a bot is deleted
		bot = doc.ID
	case bellhop.BotInstances:
		i, err := instanceOf(doc)
		if err != nil {
			return err
		}
		bot = i.Bot
	default:
		return nil
	}
	if err := tx.Lock(ctx, statesLock); err != nil {
		return err
	}
	t, err := s.listening(ctx, tx)
	if err != nil {
		return err
	}
	for _, w := range under(&t.ofBots, botKey(bot, "")) {
		if err := s.remember(ctx, tx, w.Service, now); err != nil {
			return err
		}
	}
	return nil
}

// statesLock is held by who keeps states. A state is made of several documents, services and
// bots: who changes one waits for who has changed another, and sees it.
const statesLock = "states of services"

func (s *Subscriptions) remember(ctx context.Context, tx *store.Tx, service bellhop.ID, now bellhop.Time) error {
	if err := tx.Lock(ctx, statesLock); err != nil {
		return err
	}
	t, err := s.listening(ctx, tx)
	if err != nil {
		return err
	}
	w := t.webhook(service)
	if w == nil {
		return tx.KeepServiceState(ctx, service, nil, now)
	}
	body, err := stateOf(t, w)
	if err != nil {
		return err
	}
	return tx.KeepServiceState(ctx, service, body, now)
}

// rememberFirst keeps a state of each service of which none is known, as after an upgrade.
func (s *Subscriptions) rememberFirst(ctx context.Context) error {
	var unknown []*Webhook
	err := s.db.View(ctx, func(tx *store.Tx) error {
		t, err := s.listening(ctx, tx)
		if err != nil {
			return err
		}
		for _, w := range t.webhooks.Values() {
			known, err := tx.HasServiceState(ctx, w.Service)
			if err != nil {
				return err
			}
			if !known {
				unknown = append(unknown, w)
			}
		}
		return nil
	})
	if err != nil || len(unknown) == 0 {
		return err
	}
	return s.db.UpdateSoon(ctx, func(tx *store.Tx) error {
		t, err := s.listening(ctx, tx)
		if err != nil {
			return err
		}
		for _, w := range unknown {
			if w = t.webhook(w.Service); w == nil {
				continue // deleted meanwhile
			}
			body, err := stateOf(t, w)
			if err != nil {
				return err
			}
			if err := tx.FirstServiceState(ctx, w.Service, body); err != nil {
				return err
			}
		}
		return nil
	})
}

// maxStates is how many changes of a service Explain looks back over.
const maxStates = 1000

// stateAt returns the state of a service that decided about the event with that number, and
// since when and until when the service had its status. It is nil if the service was
// not there; known is false if nothing is kept of that time.
func stateAt(states []store.ServiceState, seq int64) (at *store.ServiceState, known *state, err error) {
	for i := range states {
		s := &states[i]
		if seq <= s.AfterEvent || s.Until > 0 && seq > s.UntilEvent {
			continue
		}
		if s.Body == nil {
			return s, nil, nil
		}
		known = new(state)
		if err := json.Unmarshal(s.Body, known); err != nil {
			return nil, nil, fmt.Errorf("a kept state of a service: %w", err)
		}
		return s, known, nil
	}
	return nil, nil, nil
}

// inactiveSince returns when an inactive service ceased to get events, zero if that is not
// known any more.
func inactiveSince(ctx context.Context, tx *store.Tx, service bellhop.ID) (bellhop.Time, error) {
	states, err := tx.ServiceStates(ctx, service, maxStates)
	if err != nil || len(states) == 0 {
		return 0, err
	}
	since, _ := statusSpan(states, &states[len(states)-1], bellhop.ServiceInactive)
	return since, nil
}

// statusSpan returns since when and until when the status of a state lasted, zero for what
// is not known and for what lasts.
func statusSpan(states []store.ServiceState, at *store.ServiceState, status string) (since, until bellhop.Time) {
	same := func(s *store.ServiceState) bool {
		var other state
		return s.Body != nil && json.Unmarshal(s.Body, &other) == nil && other.Status == status
	}
	i := 0
	for i < len(states) && &states[i] != at {
		i++
	}
	first, last := i, i
	for first > 0 && same(&states[first-1]) {
		first--
	}
	for last+1 < len(states) && same(&states[last+1]) {
		last++
	}
	return states[first].Since, states[last].Until
}
