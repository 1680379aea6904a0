package store

import (
	"context"
	"fmt"
	"math/rand/v2"

	"bellhop"
)

// Partitions is how many shares all services are divided into.
const Partitions = 256

// PartitionOf returns the share that a service belongs to.
func PartitionOf(service bellhop.ID) int {
	hash := uint32(2166136261) // FNV-1a, as rows have it
	for i := range len(service) {
		hash = (hash ^ uint32(service[i])) * 16777619
	}
	return int(hash % Partitions)
}

// Pending is a delivery that waits, with the event that it is to bring.
type Pending struct {
	Delivery bellhop.Delivery
	Event    *bellhop.Event
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
