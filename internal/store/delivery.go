package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"

	"bellhop"
)

// Partitions is how many shares all services are divided into.
const Partitions = 256

// PartitionOf returns the share that a service belongs to.
func PartitionOf(service bellhop.ID) int {
	h := fnv.New32a()
	h.Write([]byte(service))
	return int(h.Sum32() % Partitions)
}

// Pending is a delivery that waits, with the event that it is to bring.
type Pending struct {
	Delivery bellhop.Delivery
	Event    *bellhop.Event
}

func (tx *Tx) appendDelivery(ctx context.Context, event *bellhop.Event, d *bellhop.Delivery) error {
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
	var replayOf any
	if !d.ReplayOf.IsZero() {
		replayOf = d.ReplayOf[:]
	}
	_, err := tx.exec(ctx, `INSERT INTO deliveries (seq, salt, event, service, partition, status, due, ends,
		attempts, last_status, last_error, created_at, delivered_at, replay_of, instance)
		VALUES ($1, $2, $3, $4, $5, 0, $6, $7, 0, 0, '', $8, 0, $9, $10)`,
		d.Seq, d.ID.Salt(), event.Seq, d.Service, PartitionOf(d.Service), d.Due, d.Ends, d.CreatedAt, replayOf, d.Instance)
	if err != nil {
		return fmt.Errorf("insert a delivery of event %s: %w", event.Name, err)
	}
	tx.appended = append(tx.appended, Pending{Delivery: *d, Event: event})
	return nil
}

// Due returns up to n deliveries of service that wait and are due at now, those due
// first first, and of those due together the older event first. What was never attempted
// is due even if the clock has gone back since.
func (tx *Tx) Due(ctx context.Context, service bellhop.ID, now bellhop.Time, n int) ([]Pending, error) {
	var due []Pending
	latest := max(now, bellhop.Time(tx.db.lastDue.Load()))
	err := tx.each(ctx, `SELECT d.seq, d.salt, d.due, d.ends, d.attempts, d.last_status, d.last_error, d.created_at, d.instance,
		e.seq, e.salt, e.chosen_id, e.name, e.organization, e.org_path, e.key, e.created_at, e.payload, e.instance_at
		FROM deliveries d JOIN events e ON e.seq = d.event
		WHERE d.partition = $1 AND d.service = $2 AND d.status = 0 AND d.due <= $3 AND (d.due <= $4 OR d.attempts = 0)
		ORDER BY d.due, d.seq LIMIT $5`,
		[]any{PartitionOf(service), service, latest, now, n}, func(row scanner) error {
			p, err := scanPending(row)
			p.Delivery.Service = service
			due = append(due, p)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("read what is due for service %s: %w", service, err)
	}
	return due, nil
}

func scanPending(row scanner) (Pending, error) {
	var d bellhop.Delivery
	e := new(bellhop.Event)
	var salt, eventSalt uint32
	var chosen sql.NullString
	err := row.Scan(&d.Seq, &salt, &d.Due, &d.Ends, &d.Attempts, &d.LastStatus, &d.LastError, &d.CreatedAt, &d.Instance,
		&e.Seq, &eventSalt, &chosen, &e.Name, &e.Organization, &e.OrgPath, &e.Key, &e.CreatedAt, &e.Payload, &e.InstanceAt)
	if err != nil {
		return Pending{}, err
	}
	d.ID = bellhop.NewUUID(d.CreatedAt, d.Seq, salt)
	e.ID, err = eventID(e.CreatedAt, e.Seq, eventSalt, chosen)
	return Pending{Delivery: d, Event: e}, err
}

// NextDue returns when the first delivery of service that waits until after now is
// due, or zero if none does.
func (tx *Tx) NextDue(ctx context.Context, service bellhop.ID, now bellhop.Time) (bellhop.Time, error) {
	var next sql.NullInt64
	err := tx.get(ctx, "SELECT min(due) FROM deliveries WHERE partition = $1 AND service = $2 AND status = 0 AND due > $3",
		[]any{PartitionOf(service), service, now}, &next)
	if err != nil {
		return 0, fmt.Errorf("read when service %s is due: %w", service, err)
	}
	return bellhop.Time(next.Int64), nil
}

// Waiting returns the services that have pending deliveries.
func (tx *Tx) Waiting(ctx context.Context) ([]bellhop.ID, error) {
	var services []bellhop.ID
	partition, service := -1, bellhop.ID("")
	for {
		// One step in the index a service, however long its backlog is.
		err := tx.get(ctx, `SELECT partition, service FROM deliveries WHERE status = 0 AND (partition, service) > ($1, $2)
			ORDER BY partition, service LIMIT 1`, []any{partition, service}, &partition, &service)
		if errors.Is(err, sql.ErrNoRows) {
			return services, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read which services wait: %w", err)
		}
		services = append(services, service)
	}
}

// Ended returns up to n pending deliveries of service whose end is before now, those due
// first first, beginning behind after; the zero Delivery is before all.
func (tx *Tx) Ended(ctx context.Context, service bellhop.ID, now bellhop.Time, after bellhop.Delivery, n int) ([]bellhop.Delivery, error) {
	var ended []bellhop.Delivery
	err := tx.each(ctx, `SELECT seq, salt, due, ends, attempts, last_status, last_error, created_at FROM deliveries
		WHERE partition = $1 AND service = $2 AND status = 0 AND (due, seq) > ($3, $4) AND ends < $5 ORDER BY due, seq LIMIT $6`,
		[]any{PartitionOf(service), service, after.Due, after.Seq, now, n}, func(row scanner) error {
			d := bellhop.Delivery{Service: service}
			var salt uint32
			err := row.Scan(&d.Seq, &salt, &d.Due, &d.Ends, &d.Attempts, &d.LastStatus, &d.LastError, &d.CreatedAt)
			d.ID = bellhop.NewUUID(d.CreatedAt, d.Seq, salt)
			ended = append(ended, d)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("read what has ended for service %s: %w", service, err)
	}
	return ended, nil
}
