package store

import (
	"context"
	"fmt"

	"bellhop"
)

// replayStep is how many rows are looked at in one step of a replay.
const replayStep = 2000

// Replayed is an event that a replay is to send.
type Replayed struct {
	Event    int64 // its number
	Delivery int64 // number of the delivery that is repeated; 0 if there never was one
}

// Found is what one step of a replay has found.
type Found struct {
	Events []Replayed
	At     bellhop.ReplayPoint // how far the step has come
	Whole  bool                // to the end of the range
}

// NextReplayed takes the next step of r, of bounded length, from r.At on: it returns up to
// room events, in their order, that are in the range of r, of its status, and wanted. Of
// the event, wanted is told name, time, organization, and, if it is missing, the key. What was sent to other URLs and
// samples do not count as deliveries to the service, whose lane tx has to see.
func (tx *Tx) NextReplayed(ctx context.Context, r *bellhop.Replay, room int, wanted func(*bellhop.Event) bool) (Found, error) {
	if err := tx.see(ctx, r.Service); err != nil {
		return Found{}, err
	}
	inRange := func(e *bellhop.Event) bool {
		return e.CreatedAt >= r.From && e.CreatedAt < r.To && wanted(e)
	}
	if r.Status == bellhop.ReplayMissing {
		return tx.nextMissing(ctx, r, room, inRange)
	}
	return tx.nextDelivered(ctx, r, room, inRange)
}

func (tx *Tx) nextMissing(ctx context.Context, r *bellhop.Replay, room int, wanted func(*bellhop.Event) bool) (Found, error) {
	f := Found{At: r.At}
	var step missingStep
	n := 0
	err := tx.each(ctx, `SELECT seq, name, organization, org_path, key, created_at, first_delivery, deliveries FROM events
		WHERE seq > $1 AND seq <= $2 ORDER BY seq LIMIT $3`, []any{r.At.Event, r.Range.LastEvent, replayStep}, func(row scanner) error {
		var e StoredEvent
		err := row.Scan(&e.Seq, &e.Name, &e.Organization, &e.OrgPath, &e.Key, &e.CreatedAt, &e.FirstDelivery, &e.Deliveries)
		if n, f.At.Event = n+1, e.Seq; err == nil && wanted(&e.Event) {
			step.add(&e)
		}
		return err
	})
	var had map[int64]bool
	if err == nil && len(step.events) > 0 {
		had, err = tx.hadDeliveries(ctx, &step, r.Service)
	}
	if err != nil {
		return f, fmt.Errorf("find what replay %s is to send: %w", r.ID, err)
	}
	for _, event := range step.events {
		if had[event] {
			continue
		}
		f.Events = append(f.Events, Replayed{Event: event})
		if len(f.Events) == room {
			f.At.Event = event
			return f, nil
		}
	}
	f.Whole = n < replayStep
	return f, nil
}

// missingStep are some events, and where the deliveries lie that were made with them.
type missingStep struct {
	events      []int64
	first, last int64
}

func (s *missingStep) add(e *StoredEvent) {
	if last := e.FirstDelivery + int64(e.Deliveries) - 1; len(s.events) == 0 {
		s.first, s.last = e.FirstDelivery, last
	} else {
		s.first, s.last = min(s.first, e.FirstDelivery), max(s.last, last)
	}
	s.events = append(s.events, e.Seq)
}

// hadDeliveries returns the events of which there was a delivery to service itself, and
// those that are samples for somebody.
func (tx *Tx) hadDeliveries(ctx context.Context, s *missingStep, service bellhop.ID) (map[int64]bool, error) {
	had := map[int64]bool{}
	err := tx.each(ctx, `SELECT event FROM deliveries WHERE service = $1 AND seq >= $2 AND seq <= $3 AND origin IS NULL
		UNION ALL SELECT event FROM deliveries WHERE service = $1 AND event >= $4 AND event <= $5 AND origin IS NOT NULL AND lane = service
		UNION ALL SELECT event FROM deliveries`+tx.db.engine.indexedBy("deliveries_test")+` WHERE event >= $4 AND event <= $5 AND origin = 'test'`,
		[]any{service, s.first, s.last, s.events[0], s.events[len(s.events)-1]}, func(row scanner) error {
			var event int64
			err := row.Scan(&event)
			had[event] = true
			return err
		})
	return had, err
}

// candidate is an event with a delivery to the service.
type candidate struct {
	Replayed
	event  bellhop.Event
	status bellhop.DeliveryStatus // of the newest delivery
}

const candidateColumns = ` d.event, e.name, e.organization, e.org_path, e.created_at, coalesce((
	SELECT n.status FROM deliveries AS n WHERE n.service = d.service AND n.event = d.event AND n.origin IS NOT NULL AND n.lane = n.service
	ORDER BY n.seq DESC LIMIT 1), d.status) FROM deliveries AS d JOIN events AS e ON e.seq = d.event `

// nextDelivered merges two streams by the order of events: the deliveries that were made
// with their event, by their own numbers, and those that a replay of what was missing
// made later.
func (tx *Tx) nextDelivered(ctx context.Context, r *bellhop.Replay, room int, wanted func(*bellhop.Event) bool) (Found, error) {
	f := Found{At: r.At}
	own, err := tx.candidates(ctx, "SELECT d.seq,"+candidateColumns+`WHERE d.service = $1 AND d.seq > $2 AND d.seq <= $3
		AND d.origin IS NULL ORDER BY d.seq LIMIT $4`, r.Service, r.At.Delivery, r.Range.LastDelivery, replayStep)
	if err != nil {
		return f, fmt.Errorf("find what replay %s is to send: %w", r.ID, err)
	}
	late, err := tx.candidates(ctx, "SELECT d.seq,"+candidateColumns+`WHERE d.service = $1 AND d.event > $2 AND d.event <= $3
		AND d.origin IS NOT NULL AND d.origin <> 'test' AND d.replay_of IS NULL AND d.lane = d.service
		AND NOT EXISTS (SELECT 1 FROM deliveries AS b WHERE b.service = d.service AND b.event = d.event AND b.origin IS NOT NULL
			AND b.replay_of IS NULL AND b.lane = b.service AND b.seq < d.seq)
		ORDER BY d.event LIMIT $4`, r.Service, r.At.Event, r.Range.LastEvent, replayStep)
	if err != nil {
		return f, fmt.Errorf("find what replay %s is to send: %w", r.ID, err)
	}
	ownMore, lateMore := len(own) == replayStep, len(late) == replayStep
	for len(f.Events) < room {
		var c *candidate
		switch {
		case len(own) == 0 && ownMore, len(late) == 0 && lateMore:
			return f, nil // what comes next is not read yet
		case len(own) == 0 && len(late) == 0:
			f.Whole = true
			return f, nil
		case len(late) == 0 || len(own) > 0 && own[0].Event < late[0].Event:
			c, own = &own[0], own[1:]
			f.At.Delivery = c.Delivery
		default:
			c, late = &late[0], late[1:]
			f.At.Event = c.Event
		}
		if ofStatus(c.status, r.Status) && wanted(&c.event) {
			f.Events = append(f.Events, c.Replayed)
		}
	}
	return f, nil
}

func (tx *Tx) candidates(ctx context.Context, text string, args ...any) ([]candidate, error) {
	var all []candidate
	err := tx.each(ctx, text, args, func(row scanner) error {
		var c candidate
		err := row.Scan(&c.Delivery, &c.Event, &c.event.Name, &c.event.Organization, &c.event.OrgPath, &c.event.CreatedAt, &c.status)
		all = append(all, c)
		return err
	})
	return all, err
}

func ofStatus(status bellhop.DeliveryStatus, want bellhop.ReplayStatus) bool {
	switch want {
	case bellhop.ReplayDead:
		return status == bellhop.Dead
	case bellhop.ReplayDelivered:
		return status == bellhop.Delivered
	}
	return true
}
