package subscription

import (
	"context"
	"encoding/json"
	"net/url"
	"sync"
	"time"

	"bellhop"
	"bellhop/internal/egress"
	"bellhop/internal/event"
	"bellhop/internal/store"
)

// Health is how the endpoint of a service is, as who delivers to it sees it. The zero Health
// is that of one that nothing is known of.
type Health struct {
	State    string       // ok, failing or paused; empty means ok. Where nobody listens at a tunnel it is StateAway
	Since    bellhop.Time // when that began; zero if it is not known
	Failures int          // attempts that failed in a row
	Reason   string       // what the last of them met
	Next     bellhop.Time // when a paused endpoint is asked again; zero if it is not known
}

// shownHealth is the field health of a service (docs/contract/extensions.md section 3).
type shownHealth struct {
	State    string       `json:"state"`
	Since    bellhop.Time `json:"since"`
	Failures int          `json:"consecutiveFailures"`
	Reason   string       `json:"reason,omitempty"`
	Next     bellhop.Time `json:"nextProbeAt,omitzero"`
	Off      bellhop.Time `json:"inactiveSince,omitzero"`
	Pending  int          `json:"pending"`
	Oldest   bellhop.Time `json:"oldestPendingAt"`
}

// Show returns a service as admins are shown it: showService and, of a webhook, its health.
func (s *Subscriptions) Show(ctx context.Context, tx *store.Tx, doc *bellhop.Document) (json.RawMessage, error) {
	body, err := showService(doc)
	if err != nil {
		return nil, err
	}
	var service struct {
		Type, Status string
		Params       struct{ URL string }
	}
	if err := doc.Decode(&service); err != nil || service.Type != bellhop.WebhookType {
		return body, err
	}
	backlog, err := s.backlogs.of(doc.ID, func() (store.Backlog, error) { return tx.Backlog(ctx, doc.ID) })
	if err != nil {
		return nil, err
	}
	shown := shownHealth{State: "ok", Pending: backlog.Pending, Oldest: backlog.Oldest}
	if s.health != nil {
		h := s.health(doc.ID)
		shown.Since, shown.Failures, shown.Reason, shown.Next = h.Since, h.Failures, h.Reason, h.Next
		if h.State != "" {
			shown.State = h.State
		}
	}
	if since, away := s.AwayAt(service.Params.URL); away {
		shown.State, shown.Since, shown.Reason, shown.Next = StateAway, since, egress.ErrAway.Error(), 0
	}
	if service.Status == bellhop.ServiceInactive {
		if shown.Off, err = inactiveSince(ctx, tx, doc.ID); err != nil {
			return nil, err
		}
	}
	body = append(body[:len(body)-1], `,"health":`...)
	if body, err = event.AppendValue(body, shown); err != nil {
		return nil, err
	}
	return append(body, '}'), nil
}

// StateAway is the state of a webhook whose URL is a tunnel of this server that nobody listens at:
// its deliveries wait (docs/contract/extensions.md section 5.3).
const StateAway = "away"

// AwayAt reports whether a URL, as it is stored, leads to a tunnel of this server that nobody
// listens at, and since when.
func (s *Subscriptions) AwayAt(raw string) (since bellhop.Time, away bool) {
	u, err := url.Parse(raw)
	if err != nil {
		return 0, false
	}
	return s.away(u)
}

// Unhealthy returns the webhooks that are paused and those that fail, whoever owns them: who asks
// may be shown those that he may list.
func (s *Subscriptions) Unhealthy() (paused, failing []bellhop.ID) { return s.sick() }

// backlogs remembers the big ones, so that a list of services is cheap although they have
// such: each counts for a hundred times as long as it took, but for oldestCount at most. A
// busy machine counts slowly, and then the number matters most. A small one is counted each
// time, however slow the machine: who reads that 2 are pending has just seen why.
type backlogs struct {
	mu    sync.Mutex
	known map[bellhop.ID]knownBacklog
}

type knownBacklog struct {
	store.Backlog
	until time.Time
}

const (
	bigBacklog  = 10_000 // takes about a millisecond
	share       = 100
	oldestCount = 5 * time.Second
	maxBacklogs = 10_000
)

func (b *backlogs) of(service bellhop.ID, count func() (store.Backlog, error)) (store.Backlog, error) {
	start := time.Now()
	b.mu.Lock()
	known, ok := b.known[service]
	b.mu.Unlock()
	if ok && start.Before(known.until) {
		return known.Backlog, nil
	}
	backlog, err := count()
	end := time.Now()
	if err == nil && backlog.Pending >= bigBacklog {
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.known == nil || len(b.known) >= maxBacklogs {
			b.known = map[bellhop.ID]knownBacklog{}
		}
		b.known[service] = knownBacklog{backlog, end.Add(min(share*end.Sub(start), oldestCount))}
	}
	return backlog, err
}
