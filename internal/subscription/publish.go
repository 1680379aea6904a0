package subscription

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/event"
	"bellhop/internal/store"
)

// Limits of docs/contract/extensions.md section 1.
const (
	maxPublished  = 1000   // events in one request
	maxDeliveries = 10_000 // that one request may make
	maxKey        = 256
)

// Published is the answer for one published event.
type Published struct {
	ID           bellhop.UUID `json:"id"`
	Event        string       `json:"event"`
	Organization bellhop.ID   `json:"organization"`
	Deliveries   int          `json:"deliveries"` // how many services get it
}

// Publication is what became of a request to publish.
type Publication struct {
	Events []Published
	Array  bool // the request was an array
	Repeat bool // the request was a single event that was published before
}

// publication is one event that is about to be published.
type publication struct {
	Event        string
	Organization bellhop.ID
	Key          string
	ID           string
	Data         json.RawMessage // nil if there is none

	id    bellhop.UUID // chosen by the publisher, or zero
	event *bellhop.Event
}

// Publish takes events of a client's own (docs/contract/extensions.md section 1): body is
// one object or an array of them, idempotencyKey the header of that name. It returns when
// they and their deliveries are on disk. All are stored or none.
func (s *Subscriptions) Publish(ctx context.Context, caller *account.Caller, body []byte, idempotencyKey string) (*Publication, error) {
	result := new(Publication)
	publications, err := readPublications(body, idempotencyKey, result)
	if err != nil {
		return nil, err
	}
	if err := s.own(ctx, caller, publications); err != nil {
		return nil, err
	}
	now, trace := bellhop.TimeOf(s.now()), s.traceOf(ctx)
	if err := s.identify(ctx, publications, now); err != nil {
		return nil, err
	}
	for i, p := range publications {
		p.event.Trace = trace
		if err := s.render(caller, p, now); err != nil {
			return nil, element(result, i, err)
		}
		p.Data = nil // a part of the request, which need not stay in memory while others go first
	}
	defer s.makeWay(ctx, publications)()
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		result.Events, result.Repeat = make([]Published, 0, len(publications)), false
		return s.append(ctx, tx, publications, result)
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

const (
	wayServices = 16          // for how many services a publication makes way
	wayMost     = time.Second // and how long, for all of them together
)

// makeWay lets what is queued for those who will hear of publications go first, if it goes
// fast. Who that is may change until they are stored; it is only about when.
func (s *Subscriptions) makeWay(ctx context.Context, publications []*publication) (passed func()) {
	s.mu.Lock()
	t := s.table
	s.mu.Unlock()
	if t == nil {
		return func() {}
	}
	var services []bellhop.ID
	var counts []int
	for _, p := range publications {
		for _, w := range t.match(p.Event, p.Organization, p.event.OrgPath) {
			if i := slices.Index(services, w.Service); i >= 0 {
				counts[i]++
			} else if len(services) < wayServices {
				services, counts = append(services, w.Service), append(counts, 1)
			}
		}
	}
	ctx, cancel := context.WithTimeout(ctx, wayMost)
	defer cancel()
	through := make([]func(), len(services))
	for i, service := range services {
		through[i] = s.way(ctx, service, counts[i])
	}
	return func() {
		for _, f := range through {
			f()
		}
	}
}

func readPublications(body []byte, idempotencyKey string, result *Publication) ([]*publication, error) {
	clean, err := event.Clean(make([]byte, 0, len(body)), body)
	if err != nil {
		return nil, invalidJSON(err)
	}
	var publications []*publication
	if result.Array = clean[0] == '['; result.Array {
		var elements []json.RawMessage
		elements, err = event.Elements(clean)
		publications = make([]*publication, len(elements))
		for i := 0; i < len(elements) && err == nil; i++ {
			publications[i], err = readPublication(elements[i])
			err = element(result, i, err)
		}
	} else {
		publications = make([]*publication, 1)
		publications[0], err = readPublication(clean)
	}
	switch {
	case err != nil:
		return nil, err
	case len(publications) == 0:
		return nil, bellhop.Errorf(bellhop.Invalid, "Validation failed: the array is empty")
	case len(publications) > maxPublished:
		return nil, bellhop.Errorf(bellhop.TooLarge, "Too many events: at most %d in one request", maxPublished)
	case idempotencyKey != "" && result.Array:
		return nil, bellhop.Errorf(bellhop.Invalid, "Idempotency-Key is for a single event")
	}
	for i, p := range publications {
		if err := p.check(idempotencyKey); err != nil {
			return nil, element(result, i, err)
		}
	}
	return publications, nil
}

// invalidJSON is the error for a text that event.Clean refused.
func invalidJSON(err error) error {
	if errors.Is(err, event.ErrDepth) || errors.Is(err, event.ErrNumber) {
		return &bellhop.Error{Code: bellhop.Invalid, Message: "Validation failed: " + err.Error()}
	}
	return &bellhop.Error{Code: bellhop.Invalid, Message: "Invalid JSON", Err: err}
}

// readPublication reads a canonical object.
func readPublication(text json.RawMessage) (*publication, error) {
	if text[0] != '{' {
		return nil, bellhop.Errorf(bellhop.Invalid, "Validation failed: an event must be an object")
	}
	members, err := event.Members(text)
	if err != nil {
		return nil, err
	}
	p := new(publication)
	for _, m := range members {
		raw := m.Value
		switch m.Name {
		case "event":
			p.Event, err = stringField(m.Name, raw)
		case "organization":
			var id string
			id, err = stringField(m.Name, raw)
			p.Organization = bellhop.ID(id)
		case "key":
			p.Key, err = stringField(m.Name, raw)
		case "id":
			p.ID, err = stringField(m.Name, raw)
		case "data":
			if string(raw) != "null" {
				p.Data = raw
			}
		}
		if err != nil {
			return nil, err
		}
	}
	return p, nil
}

// stringField reads a member that is a string; null is as good as none.
func stringField(name string, raw json.RawMessage) (string, error) {
	if string(raw) == "null" {
		return "", nil
	}
	text, ok := event.Text(raw)
	if !ok {
		return "", bellhop.InvalidField(name, "must be a string")
	}
	return text, nil
}

// element says which element of an array an error is about.
func element(p *Publication, i int, err error) error {
	e, ok := errors.AsType[*bellhop.Error](err)
	if !ok || !p.Array {
		return err
	}
	with := *e
	with.Message = fmt.Sprintf("%s (element %d)", e.Message, i)
	return &with
}

func (p *publication) check(idempotencyKey string) error {
	first, _, _ := strings.Cut(p.Event, ".")
	switch {
	case p.Event == "":
		return bellhop.InvalidField("event", "is required")
	case !event.ValidName(p.Event):
		return invalidName()
	case bellhop.ReservedName(first):
		return bellhop.InvalidField("event", "must not begin with %s, which is a resource", first)
	case len(p.Key) > maxKey:
		return bellhop.InvalidField("key", "is longer than %d bytes", maxKey)
	case p.Data != nil && p.Data[0] != '{':
		return bellhop.InvalidField("data", "must be an object")
	case idempotencyKey != "" && p.ID != "" && !strings.EqualFold(idempotencyKey, p.ID):
		return bellhop.InvalidField("id", "differs from the header Idempotency-Key")
	}
	if p.ID == "" {
		p.ID = idempotencyKey
	}
	if p.ID == "" {
		return nil
	}
	var err error
	if p.id, err = bellhop.ParseUUID(p.ID); err != nil || p.id.IsZero() {
		return bellhop.InvalidField("id", "must be a UUID")
	}
	return nil
}

func invalidName() error {
	return bellhop.InvalidField("event", "must be lower-case segments joined by dots, such as order.created, of at most 128 bytes")
}

// own finds the owners of publications; the caller must be a bot or more there.
func (s *Subscriptions) own(ctx context.Context, caller *account.Caller, publications []*publication) error {
	paths := map[bellhop.ID]string{caller.Organization: caller.OrgPath}
	for _, p := range publications {
		if p.Organization == "" {
			p.Organization = caller.Organization
		}
		path, known := paths[p.Organization]
		if !known {
			var err error
			if path, err = s.pathOf(ctx, p.Organization); err != nil {
				return err
			}
			paths[p.Organization] = path
		}
		if err := caller.MayCreate(bellhop.Events, p.Organization, path); err != nil {
			return err
		}
		p.event = &bellhop.Event{Organization: p.Organization, OrgPath: path}
	}
	return nil
}

// identify gives the events of publications their ids.
func (s *Subscriptions) identify(ctx context.Context, publications []*publication, now bellhop.Time) error {
	n := 0
	for _, p := range publications {
		if p.event.ID = p.id; p.id.IsZero() {
			n++
		}
	}
	ids, err := s.db.NewEventIDs(ctx, now, n)
	if err != nil {
		return err
	}
	for _, p := range publications {
		if p.id.IsZero() {
			p.event.ID, ids = ids[0], ids[1:]
		}
	}
	return nil
}

// render makes the event of a publication, whole: nothing of a client's own is cut.
func (s *Subscriptions) render(caller *account.Caller, p *publication, now bellhop.Time) error {
	e := p.event
	e.Name, e.Key, e.CreatedAt = p.Event, p.Key, now
	if !p.id.IsZero() {
		e.Digest = p.digest()
	}
	var data []event.Member
	if p.Data != nil {
		var err error
		if data, err = event.Members(p.Data); err != nil {
			return err
		}
	}
	return s.renderPublished(e, ActorOf(caller), data)
}

// renderPublished makes the payload of an event of a publisher's own.
func (s *Subscriptions) renderPublished(e *bellhop.Event, actor Actor, data []event.Member) error {
	payload, err := (&event.Envelope{
		Timestamp: e.CreatedAt.Time(), Event: e.Name, Organization: string(e.Organization),
		Activity: event.Activity{
			ActorID: s.actorURL(actor), ActorType: actor.Kind.activityType(),
			ObjectID: s.api + "/v2/events/" + e.ID.String(),
			Summary:  event.Summary(actor.Kind.String(), actor.name(), "published "+e.Name, ""),
		},
		Data:  data,
		Links: []event.Link{{Name: "organization", URL: s.resourceURL(bellhop.Organizations, e.Organization)}},
	}).Payload(event.Whole)
	if errors.Is(err, event.ErrTooLarge) {
		return bellhop.Errorf(bellhop.TooLarge, "Event too large")
	}
	e.Payload = payload.Bytes
	return err
}

// digest tells whether a publication is the same as another one with its id.
func (p *publication) digest() []byte {
	h := sha256.New()
	for _, part := range []string{p.Event, p.Key, string(p.Data)} {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return h.Sum(nil)
}

func (s *Subscriptions) append(ctx context.Context, tx *store.Tx, publications []*publication, result *Publication) error {
	t, err := s.listening(ctx, tx)
	if err != nil {
		return err
	}
	made := 0
	for _, p := range publications {
		if made += len(t.match(p.Event, p.Organization, p.event.OrgPath)); made > maxDeliveries {
			return bellhop.Errorf(bellhop.TooLarge, "More than %d deliveries: send fewer events at once", maxDeliveries)
		}
	}
	for i, p := range publications {
		if p.event.Digest != nil {
			known, err := tx.ChosenEvent(ctx, p.Organization, p.id)
			if err == nil {
				if !bytes.Equal(known.Digest, p.event.Digest) {
					return element(result, i, bellhop.Errorf(bellhop.Conflict, "Another event has the id %s", p.id))
				}
				result.Events = append(result.Events, publishedOf(&known.Event, known.Deliveries))
				result.Repeat = !result.Array
				continue
			}
			if !errors.Is(err, store.ErrNoEvent) {
				return err
			}
		}
		deliveries := t.deliveries(p.event, nil)
		if err := tx.Append(ctx, p.event, deliveries); err != nil {
			return err
		}
		result.Events = append(result.Events, publishedOf(p.event, len(deliveries)))
	}
	return nil
}

func publishedOf(e *bellhop.Event, deliveries int) Published {
	return Published{ID: e.ID, Event: e.Name, Organization: e.Organization, Deliveries: deliveries}
}
