package subscription

import (
	"context"
	"encoding/json"
	"time"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/event"
	"bellhop/internal/query"
	"bellhop/internal/store"
)

// delivery is how a delivery is shown (docs/contract/extensions.md section 2).
type delivery struct {
	ID            bellhop.UUID  `json:"id"`
	Service       bellhop.ID    `json:"service"`
	Organization  bellhop.ID    `json:"organization"`
	OrgPath       string        `json:"orgPath"`
	Event         string        `json:"event"`
	EventID       bellhop.UUID  `json:"eventId"`
	Key           string        `json:"key"`
	Message       bellhop.ID    `json:"message,omitempty"` // that the event tells of, or that made it happen
	Status        string        `json:"status"`
	Attempts      any           `json:"attempts"` // a number in lists, the attempts of a single one
	NextAttemptAt bellhop.Time  `json:"nextAttemptAt,omitzero"`
	LastStatus    int           `json:"lastStatus,omitzero"`
	LastError     string        `json:"lastError,omitzero"`
	CreatedAt     bellhop.Time  `json:"createdAt"`
	DeliveredAt   bellhop.Time  `json:"deliveredAt,omitzero"`
	ReplayOf      *bellhop.UUID `json:"replayOf,omitempty"`
	Replay        bellhop.ID    `json:"replay,omitempty"` // of a range, which made it

	Payload      json.RawMessage `json:"payload,omitempty"`
	PayloadBytes int             `json:"payloadBytes,omitempty"`
}

func deliveryOf(d *store.StoredDelivery) *delivery {
	shown := &delivery{
		ID: d.ID, Service: d.Service, Organization: d.Organization, OrgPath: d.OrgPath,
		Event: d.EventName, EventID: d.EventID, Key: d.Key, Message: d.Message, Status: d.Status.String(), Attempts: d.Attempts,
		LastStatus: d.LastStatus, LastError: d.LastError, CreatedAt: d.CreatedAt, DeliveredAt: d.DeliveredAt, Replay: d.Replay,
	}
	if d.Status == bellhop.Pending {
		shown.NextAttemptAt = d.Due
	}
	if !d.ReplayOf.IsZero() {
		shown.ReplayOf = &d.ReplayOf
	}
	return shown
}

// attempt is how an attempt is shown; times are in milliseconds.
type attempt struct {
	Number   int          `json:"number"`
	At       bellhop.Time `json:"at"`
	Duration struct {
		DNS       float64 `json:"dns"`
		Connect   float64 `json:"connect"`
		TLS       float64 `json:"tls"`
		FirstByte float64 `json:"firstByte"`
		Total     float64 `json:"total"`
	} `json:"duration"`
	Status  int    `json:"status,omitzero"`
	Error   string `json:"error,omitzero"`
	Request struct {
		URL     string            `json:"url"`
		Headers map[string]string `json:"headers"`
	} `json:"request"`
	Response *response    `json:"response,omitempty"` // nil if no answer came
	Next     bellhop.Time `json:"nextAttemptAt,omitzero"`
}

type response struct {
	Headers   map[string]string `json:"headers"`
	Body      string            `json:"body"`
	Truncated bool              `json:"truncated"`
}

func attemptOf(a *bellhop.Attempt) attempt {
	shown := attempt{Number: a.Number, At: a.At, Status: a.Status, Error: a.Error, Next: a.NextAttemptAt}
	shown.Duration.DNS = milliseconds(a.Timing.DNS)
	shown.Duration.Connect = milliseconds(a.Timing.Connect)
	shown.Duration.TLS = milliseconds(a.Timing.TLS)
	shown.Duration.FirstByte = milliseconds(a.Timing.FirstByte)
	shown.Duration.Total = milliseconds(a.Timing.Total)
	shown.Request.URL, shown.Request.Headers = a.URL, a.RequestHeaders.Map()
	if a.Status != 0 {
		shown.Response = &response{Headers: a.ResponseHeaders.Map(), Body: string(a.ResponseBody), Truncated: a.Truncated}
	}
	return shown
}

func milliseconds(d time.Duration) float64 {
	return float64(d.Round(time.Microsecond)) / float64(time.Millisecond)
}

// Deliveries lists the deliveries that an admin may see, newest first: those of the
// services that he may read. They are whole: nothing is selected or populated yet.
func (s *Subscriptions) Deliveries(ctx context.Context, caller *account.Caller, rawQuery string) (*query.Page, error) {
	return s.deliveries(ctx, caller, rawQuery, false, 0)
}

// SomeDeliveries is Deliveries for who need not know how many there are on all pages: to count them takes
// far longer than to find some. They are counted up to most. If that is 0 they are not: the total is that of
// the pages up to this one.
func (s *Subscriptions) SomeDeliveries(ctx context.Context, caller *account.Caller, rawQuery string, most int) (*query.Page, error) {
	return s.deliveries(ctx, caller, rawQuery, most == 0, most)
}

func (s *Subscriptions) deliveries(ctx context.Context, caller *account.Caller, rawQuery string, uncounted bool, most int) (*query.Page, error) {
	return s.list(ctx, s.db.ViewDeliveries, caller, bellhop.Deliveries, rawQuery, func(tx *store.Tx, q *query.Query, v store.Visible) ([]any, int, error) {
		q.Uncounted, q.CountMost = uncounted, most
		found, total, err := tx.Deliveries(ctx, q, v)
		shown := make([]any, len(found))
		for i := range found {
			shown[i] = deliveryOf(&found[i])
		}
		return shown, total, err
	})
}

// viewFunc is a method of store.DB that reads.
type viewFunc = func(context.Context, func(*store.Tx) error) error

// list reads a page and renders its items.
func (s *Subscriptions) list(ctx context.Context, view viewFunc, caller *account.Caller, kind *bellhop.Kind, rawQuery string,
	read func(*store.Tx, *query.Query, store.Visible) ([]any, int, error)) (*query.Page, error) {
	if err := caller.MayList(kind); err != nil {
		return nil, err
	}
	q, err := query.Parse(kind, rawQuery)
	if err != nil {
		return nil, err
	}
	page := &query.Page{Query: q}
	return page, view(ctx, func(tx *store.Tx) error {
		shown, total, err := read(tx, q, caller.Visible(kind))
		if err != nil {
			return err
		}
		page.Items, page.Total = make([]json.RawMessage, 0, len(shown)), total
		for _, item := range shown {
			body, err := event.AppendValue(nil, item)
			if err != nil {
				return err
			}
			page.Items = append(page.Items, body)
		}
		return nil
	})
}

// Delivery returns one delivery with its payload and its attempts.
func (s *Subscriptions) Delivery(ctx context.Context, caller *account.Caller, id bellhop.UUID) (json.RawMessage, error) {
	var shown *delivery
	err := s.db.ViewDeliveries(ctx, func(tx *store.Tx) error {
		d, e, err := tx.Delivery(ctx, id)
		if err != nil {
			return err
		}
		if err := readable(caller, bellhop.Deliveries, d.OwnerPath); err != nil {
			return err
		}
		attempts, err := tx.Attempts(ctx, d.Seq)
		if err != nil {
			return err
		}
		shown = deliveryOf(&d)
		list := make([]attempt, len(attempts))
		for i := range attempts {
			list[i] = attemptOf(&attempts[i])
		}
		shown.Attempts = list
		shown.Payload = event.Payload{Bytes: e.Payload, InstanceAt: e.InstanceAt}.AppendBody(nil, d.ID.String(), d.Instance)
		shown.PayloadBytes = len(shown.Payload)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return event.AppendValue(nil, shown)
}

// readable returns nil if caller may read what is owned in orgPath.
func readable(caller *account.Caller, kind *bellhop.Kind, orgPath string) error {
	return caller.Allowed(kind, kind.Access.Get, "", orgPath)
}

// shownEvent is how an event is shown (docs/contract/extensions.md section 1).
type shownEvent struct {
	ID           bellhop.UUID    `json:"id"`
	Event        string          `json:"event"`
	Organization bellhop.ID      `json:"organization"`
	OrgPath      string          `json:"orgPath"`
	Key          string          `json:"key"`
	CreatedAt    bellhop.Time    `json:"createdAt"`
	Payload      json.RawMessage `json:"payload"`
	Deliveries   int             `json:"deliveries"`
}

func eventOf(e *store.StoredEvent) shownEvent {
	payload := append([]byte{'{'}, e.Payload...)
	return shownEvent{e.ID, e.Name, e.Organization, e.OrgPath, e.Key, e.CreatedAt, payload, e.Deliveries}
}

// Events lists the events that an admin may see, newest first.
func (s *Subscriptions) Events(ctx context.Context, caller *account.Caller, rawQuery string) (*query.Page, error) {
	return s.list(ctx, s.db.View, caller, bellhop.Events, rawQuery, func(tx *store.Tx, q *query.Query, v store.Visible) ([]any, int, error) {
		found, total, err := tx.Events(ctx, q, v)
		shown := make([]any, len(found))
		for i := range found {
			shown[i] = eventOf(&found[i])
		}
		return shown, total, err
	})
}

// Event returns one event. Its payload is the envelope without the id, which each
// delivery has of its own.
func (s *Subscriptions) Event(ctx context.Context, caller *account.Caller, id bellhop.UUID) (json.RawMessage, error) {
	var found []store.StoredEvent
	err := s.db.View(ctx, func(tx *store.Tx) (err error) {
		found, err = tx.Event(ctx, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	// Publishers choose ids by organization: of several events, one that is the caller's.
	err = error(bellhop.Events.NotFound())
	for i := range found {
		denied := readable(caller, bellhop.Events, found[i].OrgPath)
		if denied == nil {
			return event.AppendValue(nil, eventOf(&found[i]))
		}
		if bellhop.HasCode(denied, bellhop.Forbidden) {
			err = denied
		}
	}
	return nil, err
}
