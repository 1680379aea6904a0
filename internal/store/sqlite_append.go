package store

import (
	"context"
	"fmt"
	"math/rand/v2"

	"bellhop"
)

func (e sqliteEngine) newEvents(_ context.Context, n int) ([]int64, error) {
	last := e.db.lastEvent.Add(int64(n))
	numbers := make([]int64, n)
	for i := range numbers {
		numbers[i] = last - int64(n-1-i)
	}
	return numbers, nil
}

func (e sqliteEngine) newestEvent(context.Context, *Tx) (int64, error) {
	return e.db.lastEvent.Load(), nil
}

func (e sqliteEngine) latestDue(context.Context, *Tx) (bellhop.Time, error) {
	return bellhop.Time(e.db.lastDue.Load()), nil
}

func (e sqliteEngine) append(ctx context.Context, tx *Tx, event *bellhop.Event, deliveries []bellhop.Delivery) error {
	db := e.db
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

// number makes d the next delivery, one of event.
func (tx *Tx) number(event *bellhop.Event, d *bellhop.Delivery) {
	db := tx.db
	db.lastDelivery++
	d.Seq = db.lastDelivery
	d.ID = bellhop.NewUUID(event.CreatedAt, d.Seq, rand.Uint32())
	d.Status = bellhop.Pending
	d.CreatedAt = event.CreatedAt
	// Due times ascend with the numbers even when the clock goes back, so that reading
	// by due time keeps the order of events.
	d.Due = bellhop.Time(db.lastDue.Load())
	d.Ends = event.CreatedAt.Add(bellhop.DeliveryLife)
	if d.Lane == "" {
		d.Lane = d.Service
	}
}

// insertPending writes the row of a delivery that waits for its first attempt.
func (tx *Tx) insertPending(ctx context.Context, event int64, key string, d *bellhop.Delivery) error {
	var replayOf any
	if !d.ReplayOf.IsZero() {
		replayOf = d.ReplayOf[:]
	}
	err := tx.execHot(ctx, `INSERT INTO deliveries (seq, salt, event, service, partition, status, due, ends,
		attempts, last_status, last_error, created_at, delivered_at, replay_of, instance, lane, key)
		VALUES (?, ?, ?, ?, ?, 0, ?, ?, 0, 0, '', ?, 0, ?, ?, ?, ?)`,
		d.Seq, int64(d.ID.Salt()), event, string(d.Service), int64(PartitionOf(d.Service)), int64(d.Due), int64(d.Ends), int64(d.CreatedAt),
		replayOf, d.Instance, string(d.Lane), key)
	if err != nil {
		return fmt.Errorf("insert a delivery of event %d: %w", event, err)
	}
	return nil
}

func (e sqliteEngine) appendLate(ctx context.Context, tx *Tx, event *bellhop.Event, d *bellhop.Delivery, origin string, now bellhop.Time) error {
	db := e.db
	db.lastDelivery++
	// Due times ascend with the numbers, as those of new events do.
	db.lastDue.Store(max(db.lastDue.Load(), int64(now)))
	d.Seq = db.lastDelivery
	d.ID = bellhop.NewUUID(now, d.Seq, rand.Uint32())
	d.Status, d.CreatedAt = bellhop.Pending, now
	d.Due, d.Ends = bellhop.Time(db.lastDue.Load()), now.Add(bellhop.DeliveryLife)
	if d.Lane == "" {
		d.Lane = d.Service
	}
	var replayOf any
	if !d.ReplayOf.IsZero() {
		replayOf = d.ReplayOf[:]
	}
	_, err := tx.exec(ctx, `INSERT INTO deliveries (seq, salt, event, service, partition, status, due, ends,
		attempts, last_status, last_error, created_at, delivered_at, replay_of, instance, lane, key, origin)
		VALUES ($1, $2, $3, $4, $5, 0, $6, $7, 0, 0, '', $8, 0, $9, $10, $11, $12, $13)`,
		d.Seq, d.ID.Salt(), event.Seq, d.Service, PartitionOf(d.Service), d.Due, d.Ends, d.CreatedAt, replayOf, d.Instance,
		d.Lane, event.Key, origin)
	if err != nil {
		return fmt.Errorf("insert a delivery of event %s: %w", event.ID, err)
	}
	tx.appended = append(tx.appended, Pending{Delivery: *d, Event: event})
	return nil
}

// readNumbers finds where the sequences of rows go on. Deliveries may have been dropped,
// but the newest events know their numbers; that events are numbered before they are
// appended puts only few of them out of order. Of those that retention has removed it
// knows the newest. Due times go on behind those that wait for
// their first attempt: the clock may have gone back since.
func (e sqliteEngine) readNumbers(ctx context.Context) error {
	db := e.db
	var lastEvent, lastDue, removedEvent, removedDelivery, newestDelivery int64
	err := db.writer.conn.QueryRowContext(ctx, `
		SELECT coalesce((SELECT max(seq) FROM events), 0), r.event, coalesce((SELECT max(seq) FROM deliveries), 0), r.delivery,
		       coalesce((SELECT max(first_delivery + deliveries - 1) FROM (
		           SELECT first_delivery, deliveries FROM events ORDER BY seq DESC LIMIT 1000) AS newest), 0),
		       coalesce((SELECT created_at FROM events ORDER BY seq DESC LIMIT 1), 0)
		FROM removed AS r`,
	).Scan(&lastEvent, &removedEvent, &db.lastDelivery, &removedDelivery, &newestDelivery, &lastDue)
	if err != nil {
		return fmt.Errorf("read the newest events: %w", err)
	}
	err = db.writer.conn.QueryRowContext(ctx, `SELECT coalesce(max(due), $1) FROM deliveries INDEXED BY deliveries_lane
		WHERE status = 0 AND due > $1 AND attempts = 0`, lastDue).Scan(&lastDue)
	if err != nil {
		return fmt.Errorf("read the latest due time: %w", err)
	}
	db.lastEvent.Store(max(lastEvent, removedEvent))
	db.lastDelivery = max(db.lastDelivery, removedDelivery, newestDelivery)
	db.lastDue.Store(lastDue)
	return nil
}
