package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"

	"bellhop"
)

// NewEventID returns an id for an event that will be appended soon, for those who need
// it before; ids ascend.
func (db *DB) NewEventID(ctx context.Context, at bellhop.Time) (bellhop.UUID, error) {
	ids, err := db.NewEventIDs(ctx, at, 1)
	if err != nil {
		return bellhop.UUID{}, err
	}
	return ids[0], nil
}

// NewEventIDs is NewEventID for n events, in their order.
func (db *DB) NewEventIDs(ctx context.Context, at bellhop.Time, n int) ([]bellhop.UUID, error) {
	if n == 0 {
		return nil, nil
	}
	numbers, err := db.engine.newEvents(ctx, n)
	if err != nil {
		return nil, fmt.Errorf("number events: %w", err)
	}
	ids := make([]bellhop.UUID, n)
	for i, number := range numbers {
		ids[i] = bellhop.NewUUID(at, number, rand.Uint32())
	}
	return ids, nil
}

// Append stores event with a delivery for each element of deliveries, in that order.
// Of each delivery it needs Service, Lane, ReplayOf and Instance; it sets the rest, a Lane
// that is empty to the Service, and the event's
// Seq, ID and Key where they are empty. An ID that the event has already is from
// NewEventID, or, if there is a Digest, chosen by its publisher. What is set is there when
// Update returns, or earlier: who needs the ID within the transaction gets it from NewEventID.
func (tx *Tx) Append(ctx context.Context, event *bellhop.Event, deliveries []bellhop.Delivery) error {
	return tx.db.engine.append(ctx, tx, event, deliveries)
}

// StoredEvent is an event as it is read back.
type StoredEvent struct {
	bellhop.Event
	FirstDelivery int64 // sequence number of its first delivery
	Deliveries    int   // how many it was given when it happened
}

const eventColumns = "seq, salt, chosen_id, name, organization, org_path, key, created_at, payload, instance_at, first_delivery, deliveries, trace"

// ErrNoEvent is returned for an event that is not there.
var ErrNoEvent = bellhop.Errorf(bellhop.NotFound, "Event not found")

// Event returns the events of that id: one, or, since publishers choose ids by
// organization, several. It returns ErrNoEvent if there is none.
func (tx *Tx) Event(ctx context.Context, id bellhop.UUID) ([]StoredEvent, error) {
	if err := tx.seeKept(ctx); err != nil {
		return nil, err
	}
	var found []StoredEvent
	// Each half is one lookup: for both in one condition PostgreSQL would read all events.
	err := tx.each(ctx, "SELECT "+eventColumns+" FROM events WHERE seq = $1 UNION ALL SELECT "+eventColumns+
		" FROM events WHERE seq IN (SELECT event FROM event_ids WHERE id = $2) AND seq <> $1",
		[]any{id.Seq(), id.String()}, func(row scanner) error {
			event, err := scanEvent(row)
			if err == nil && event.ID == id {
				found = append(found, event)
			}
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("read event %s: %w", id, err)
	}
	if len(found) == 0 {
		return nil, ErrNoEvent
	}
	return found, nil
}

// ChosenEvent returns the event to which a publisher in organization gave this id, with
// its digest, or ErrNoEvent.
func (tx *Tx) ChosenEvent(ctx context.Context, organization bellhop.ID, id bellhop.UUID) (StoredEvent, error) {
	if tx.isKept(organization, id) {
		if err := tx.send(ctx); err != nil {
			return StoredEvent{}, err
		}
	}
	var seq int64
	var digest []byte
	err := tx.get(ctx, "SELECT event, digest FROM event_ids WHERE organization = $1 AND id = $2",
		[]any{organization, id.String()}, &seq, &digest)
	if errors.Is(err, sql.ErrNoRows) {
		return StoredEvent{}, ErrNoEvent
	}
	if err != nil {
		return StoredEvent{}, fmt.Errorf("look up event %s: %w", id, err)
	}
	var event StoredEvent
	err = tx.each(ctx, "SELECT "+eventColumns+" FROM events WHERE seq = $1", []any{seq}, func(row scanner) (err error) {
		event, err = scanEvent(row)
		return err
	})
	if err != nil {
		return StoredEvent{}, fmt.Errorf("read event %s: %w", id, err)
	}
	event.Digest = digest
	return event, nil
}

func scanEvent(row scanner) (StoredEvent, error) {
	var e StoredEvent
	var salt uint32
	var chosen, trace sql.NullString
	err := row.Scan(&e.Seq, &salt, &chosen, &e.Name, &e.Organization, &e.OrgPath, &e.Key, &e.CreatedAt,
		&e.Payload, &e.InstanceAt, &e.FirstDelivery, &e.Deliveries, &trace)
	if err != nil {
		return e, err
	}
	e.Trace = trace.String
	e.ID, err = eventID(e.CreatedAt, e.Seq, salt, chosen)
	return e, err
}

func eventID(at bellhop.Time, seq int64, salt uint32, chosen sql.NullString) (bellhop.UUID, error) {
	if chosen.Valid {
		return bellhop.ParseUUID(chosen.String)
	}
	return bellhop.NewUUID(at, seq, salt), nil
}
