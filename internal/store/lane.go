package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"bellhop"
)

// LaneID names what pending deliveries wait in. It belongs to the partition of its service.
type LaneID struct {
	Service bellhop.ID
	Lane    bellhop.ID // the service, or what a delivery names instead
}

// ServiceLane is the lane of a service's own deliveries.
func ServiceLane(service bellhop.ID) LaneID { return LaneID{service, service} }

// Cursor is a place in a lane: what comes behind it is due later, or together with it but
// has a higher number. The zero Cursor is before all.
type Cursor struct {
	Due bellhop.Time
	Seq int64
}

// CursorAt is the place of a delivery.
func CursorAt(d *bellhop.Delivery) Cursor { return Cursor{d.Due, d.Seq} }

// Before reports whether c comes before o.
func (c Cursor) Before(o Cursor) bool { return c.Due < o.Due || c.Due == o.Due && c.Seq < o.Seq }

const pendingColumns = `d.seq, d.salt, d.service, d.lane, d.due, d.ends, d.attempts, d.last_status, d.last_error, d.created_at,
		d.replay_of, d.instance, d.origin,
		e.seq, e.salt, e.chosen_id, e.name, e.organization, e.org_path, e.key, e.created_at, e.payload, e.instance_at, e.trace`

// Due returns up to n deliveries of lane that wait behind after and are due at now, those
// due first first, and of those due together the older one first. What was never attempted
// is due even if the clock has gone back since. Of the keys in skip, what was never attempted
// is left out, which costs a step in an index each.
func (tx *Tx) Due(ctx context.Context, lane LaneID, now bellhop.Time, after Cursor, skip []string, n int) ([]Pending, error) {
	text := `SELECT ` + pendingColumns + ` FROM deliveries AS d JOIN events AS e ON e.seq = d.event
		WHERE d.partition = $1 AND d.lane = $2 AND d.status = 0 AND (d.due, d.seq) > ($3, $4)
			AND d.due <= $5 AND (d.due <= $6 OR d.attempts = 0)`
	latest, err := tx.latestDue(ctx, now)
	if err != nil {
		return nil, err
	}
	args := []any{PartitionOf(lane.Service), lane.Lane, after.Due, after.Seq, latest, now, n}
	if len(skip) > 0 {
		array, err := json.Marshal(skip)
		if err != nil {
			return nil, err
		}
		rows, key := tx.db.engine.rows("$8", "skipped")
		text += " AND (d.key IS NULL OR d.key NOT IN (SELECT " + key + " FROM " + rows + "))"
		args = append(args, string(array))
	}
	return tx.pending(ctx, lane, text+" ORDER BY d.due, d.seq LIMIT $7", args)
}

// DueOfKey is Due for the deliveries of one key that were never attempted.
func (tx *Tx) DueOfKey(ctx context.Context, lane LaneID, key string, now bellhop.Time, after Cursor, n int) ([]Pending, error) {
	latest, err := tx.latestDue(ctx, now)
	if err != nil {
		return nil, err
	}
	return tx.pending(ctx, lane, `SELECT `+pendingColumns+` FROM deliveries AS d JOIN events AS e ON e.seq = d.event
		WHERE d.partition = $1 AND d.lane = $2 AND d.key = $3 AND d.status = 0 AND (d.due, d.seq) > ($4, $5)
			AND d.due <= $6
		ORDER BY d.due, d.seq LIMIT $7`,
		[]any{PartitionOf(lane.Service), lane.Lane, key, after.Due, after.Seq, latest, n})
}

// Oldest returns the pending delivery of lane that is due before all others, whether it is
// due yet or not; nil if nothing waits.
func (tx *Tx) Oldest(ctx context.Context, lane LaneID) (*Pending, error) {
	found, err := tx.pending(ctx, lane, `SELECT `+pendingColumns+` FROM deliveries AS d JOIN events AS e ON e.seq = d.event
		WHERE d.partition = $1 AND d.lane = $2 AND d.status = 0 ORDER BY d.due, d.seq LIMIT 1`,
		[]any{PartitionOf(lane.Service), lane.Lane})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

// latestDue is the latest due time that something may have that was never attempted and is
// due at now.
func (tx *Tx) latestDue(ctx context.Context, now bellhop.Time) (bellhop.Time, error) {
	latest, err := tx.db.engine.latestDue(ctx, tx)
	if err != nil {
		return 0, fmt.Errorf("read the latest due time: %w", err)
	}
	return max(now, latest), nil
}

func (tx *Tx) pending(ctx context.Context, lane LaneID, text string, args []any) ([]Pending, error) {
	if err := tx.see(ctx, lane.Lane); err != nil {
		return nil, err
	}
	var found []Pending
	err := tx.each(ctx, text, args, func(row scanner) error {
		p, err := scanPending(row)
		found = append(found, p)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read what waits in lane %s: %w", lane.Lane, err)
	}
	return found, nil
}

func scanPending(row scanner) (Pending, error) {
	var d bellhop.Delivery
	e := new(bellhop.Event)
	var salt, eventSalt uint32
	var chosen, trace, origin sql.NullString
	var replayOf []byte
	err := row.Scan(&d.Seq, &salt, &d.Service, &d.Lane, &d.Due, &d.Ends, &d.Attempts, &d.LastStatus, &d.LastError, &d.CreatedAt,
		&replayOf, &d.Instance, &origin,
		&e.Seq, &eventSalt, &chosen, &e.Name, &e.Organization, &e.OrgPath, &e.Key, &e.CreatedAt, &e.Payload, &e.InstanceAt, &trace)
	if err != nil {
		return Pending{}, err
	}
	copy(d.ReplayOf[:], replayOf)
	d.Replay = replayOfOrigin(origin)
	d.ID = bellhop.NewUUID(d.CreatedAt, d.Seq, salt)
	e.Trace = trace.String
	e.ID, err = eventID(e.CreatedAt, e.Seq, eventSalt, chosen)
	return Pending{Delivery: d, Event: e}, err
}

// NextDue returns when the first delivery of lane that waits until after now is due, or
// zero if none does.
func (tx *Tx) NextDue(ctx context.Context, lane LaneID, now bellhop.Time) (bellhop.Time, error) {
	if err := tx.see(ctx, lane.Lane); err != nil {
		return 0, err
	}
	var next bellhop.Time
	// Not min(due): PostgreSQL would look for it in all that waits where it takes that for little.
	err := tx.get(ctx, "SELECT due FROM deliveries WHERE partition = $1 AND lane = $2 AND status = 0 AND due > $3 ORDER BY due LIMIT 1",
		[]any{PartitionOf(lane.Service), lane.Lane, now}, &next)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("read when lane %s is due: %w", lane.Lane, err)
	}
	return next, nil
}

// Waiting returns the lanes that have pending deliveries.
func (tx *Tx) Waiting(ctx context.Context) ([]LaneID, error) {
	if err := tx.see(ctx, ""); err != nil {
		return nil, err
	}
	var lanes []LaneID
	partition, lane := -1, LaneID{}
	for {
		// One step in the index a lane, however long its backlog is.
		err := tx.get(ctx, `SELECT partition, lane, service FROM deliveries
			WHERE status = 0 AND (partition, lane) > ($1, $2)
			ORDER BY partition, lane LIMIT 1`, []any{partition, lane.Lane}, &partition, &lane.Lane, &lane.Service)
		if errors.Is(err, sql.ErrNoRows) {
			return lanes, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read which lanes wait: %w", err)
		}
		lanes = append(lanes, lane)
	}
}

// Ended returns up to n pending deliveries of lane behind after whose end is before now,
// those due first first.
func (tx *Tx) Ended(ctx context.Context, lane LaneID, now bellhop.Time, after Cursor, n int) ([]bellhop.Delivery, error) {
	if err := tx.see(ctx, lane.Lane); err != nil {
		return nil, err
	}
	var ended []bellhop.Delivery
	err := tx.each(ctx, `SELECT seq, salt, service, lane, due, ends, attempts, last_status, last_error, created_at, origin FROM deliveries
		WHERE partition = $1 AND lane = $2 AND status = 0 AND (due, seq) > ($3, $4) AND ends < $5 ORDER BY due, seq LIMIT $6`,
		[]any{PartitionOf(lane.Service), lane.Lane, after.Due, after.Seq, now, n}, func(row scanner) error {
			var d bellhop.Delivery
			var salt uint32
			var origin sql.NullString
			err := row.Scan(&d.Seq, &salt, &d.Service, &d.Lane, &d.Due, &d.Ends, &d.Attempts, &d.LastStatus, &d.LastError, &d.CreatedAt, &origin)
			d.Replay = replayOfOrigin(origin)
			d.ID = bellhop.NewUUID(d.CreatedAt, d.Seq, salt)
			ended = append(ended, d)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("read what has ended in lane %s: %w", lane.Lane, err)
	}
	return ended, nil
}
