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
	first := db.lastEvent.Add(int64(n)) - int64(n) + 1
	ids := make([]bellhop.UUID, n)
	for i := range ids {
		ids[i] = bellhop.NewUUID(at, first+int64(i), rand.Uint32())
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
	db := tx.db
	var chosen any
	id := event.ID
	if event.Digest != nil || id.IsZero() {
		id = bellhop.NewUUID(event.CreatedAt, db.lastEvent.Add(1), rand.Uint32())
	}
	event.Seq = id.Seq()
	if event.Digest == nil {
		event.ID = id
	} else {
		chosen = event.ID.String()
		_, err := tx.exec(ctx, "INSERT INTO event_ids (organization, id, event, digest) VALUES ($1, $2, $3, $4)",
			event.Organization, chosen, event.Seq, event.Digest)
		if err != nil {
			return fmt.Errorf("insert the id of event %s: %w", event.ID, err)
		}
	}
	if event.Key == "" {
		event.Key = event.ID.String()
	}
	db.lastDue.Store(max(db.lastDue.Load(), int64(event.CreatedAt)))
	first := db.lastDelivery + 1
	var list []byte // of what is deferred
	var rows []*bellhop.Delivery
	var trace, message any
	if event.Trace != "" {
		trace = event.Trace
	}
	if event.Message != "" {
		message = string(event.Message)
	}
	for i := range deliveries {
		d := &deliveries[i]
		tx.number(event, d)
		if tx.mayDefer(event, d) {
			list = appendDeferred(list, first, d)
			tx.deferRow(event, d)
		} else {
			rows = append(rows, d)
		}
		tx.appended = append(tx.appended, Pending{Delivery: *d, Event: event})
	}
	err := tx.execHot(ctx, `INSERT INTO events (seq, salt, chosen_id, name, organization, org_path, key,
		created_at, payload, instance_at, first_delivery, deliveries, trace, deferred, message)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		event.Seq, int64(id.Salt()), chosen, event.Name, string(event.Organization), event.OrgPath, event.Key,
		int64(event.CreatedAt), event.Payload, int64(event.InstanceAt), first, int64(len(deliveries)), trace, list, message)
	if err != nil {
		tx.writes++ // its deliveries must not be committed
		return fmt.Errorf("insert event %s: %w", event.Name, err)
	}
	tx.events++
	for _, d := range rows {
		if err := tx.insertPending(ctx, event.Seq, event.Key, d); err != nil {
			return err
		}
	}
	return nil
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
	var found []StoredEvent
	err := tx.each(ctx, "SELECT "+eventColumns+" FROM events WHERE seq = $1 OR seq IN (SELECT event FROM event_ids WHERE id = $2)",
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
