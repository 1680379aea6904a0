package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"bellhop"
)

// Where deliveries come from that are not of their event; else it is the replay of a range.
const (
	originReplay = "replay"
	originTest   = "test"
)

func replayOfOrigin(origin sql.NullString) bellhop.ID {
	if id := bellhop.ID(origin.String); id.Valid() {
		return id
	}
	return ""
}

// AppendReplay stores a delivery of a stored event once more, to be attempted from now on
// for 24 hours. Of d it needs Service, ReplayOf, Instance, and, if the replay of a range makes it,
// Replay and Lane.
func (tx *Tx) AppendReplay(ctx context.Context, event *bellhop.Event, d *bellhop.Delivery, now bellhop.Time) error {
	origin := originReplay
	if d.Replay != "" {
		origin = string(d.Replay)
	}
	return tx.db.engine.appendLate(ctx, tx, event, d, origin, now)
}

// AppendTest stores an event that is a sample, for the service of d alone.
func (tx *Tx) AppendTest(ctx context.Context, event *bellhop.Event, d *bellhop.Delivery) error {
	if err := tx.Append(ctx, event, nil); err != nil {
		return err
	}
	return tx.db.engine.appendLate(ctx, tx, event, d, originTest, event.CreatedAt)
}

// EventAt returns the event with that number, or ErrNoEvent.
func (tx *Tx) EventAt(ctx context.Context, seq int64) (StoredEvent, error) {
	event := StoredEvent{}
	if err := tx.seeKept(ctx); err != nil {
		return event, err
	}
	err := tx.each(ctx, "SELECT "+eventColumns+" FROM events WHERE seq = $1", []any{seq}, func(row scanner) (err error) {
		event, err = scanEvent(row)
		return err
	})
	if err == nil && event.Seq == 0 {
		return event, ErrNoEvent
	}
	if err != nil {
		return event, fmt.Errorf("read event %d: %w", seq, err)
	}
	return event, nil
}

// Repeated returns id and instance of the delivery with that number, or
// ErrNoDelivery.
func (tx *Tx) Repeated(ctx context.Context, seq int64) (bellhop.UUID, []byte, error) {
	if err := tx.seeOne(ctx, seq); err != nil {
		return bellhop.UUID{}, nil, err
	}
	var salt uint32
	var at bellhop.Time
	var instance []byte
	err := tx.get(ctx, "SELECT salt, created_at, instance FROM deliveries WHERE seq = $1", []any{seq}, &salt, &at, &instance)
	if errors.Is(err, sql.ErrNoRows) {
		return bellhop.UUID{}, nil, ErrNoDelivery
	}
	if err != nil {
		return bellhop.UUID{}, nil, fmt.Errorf("read delivery %d: %w", seq, err)
	}
	return bellhop.NewUUID(at, seq, salt), instance, nil
}

// DeliveriesOf returns the deliveries of an event to a service, the newest first, at most
// n; what was sent to other URLs is not among them.
func (tx *Tx) DeliveriesOf(ctx context.Context, event *StoredEvent, service bellhop.ID, n int) ([]bellhop.Delivery, error) {
	if err := tx.see(ctx, service); err != nil {
		return nil, err
	}
	var all []bellhop.Delivery
	err := tx.each(ctx, `SELECT seq, salt, status, last_status, last_error, created_at FROM (
			SELECT * FROM deliveries WHERE seq >= $1 AND seq < $2 AND service = $3 AND origin IS NULL
			UNION ALL SELECT * FROM deliveries WHERE service = $3 AND event = $4 AND origin IS NOT NULL AND lane = service
		) AS found ORDER BY seq DESC LIMIT $5`,
		[]any{event.FirstDelivery, event.FirstDelivery + int64(event.Deliveries), service, event.Seq, n}, func(row scanner) error {
			d := bellhop.Delivery{Service: service}
			var salt uint32
			err := row.Scan(&d.Seq, &salt, &d.Status, &d.LastStatus, &d.LastError, &d.CreatedAt)
			d.ID = bellhop.NewUUID(d.CreatedAt, d.Seq, salt)
			all = append(all, d)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("read the deliveries of event %s: %w", event.ID, err)
	}
	return all, nil
}

// IsTest reports whether the event with that number is a sample.
func (tx *Tx) IsTest(ctx context.Context, event int64) (test bool, err error) {
	if err := tx.seeKept(ctx); err != nil {
		return false, err
	}
	err = tx.get(ctx, "SELECT EXISTS (SELECT 1 FROM deliveries WHERE event = $1 AND origin = 'test')", []any{event}, &test)
	return test, err
}
