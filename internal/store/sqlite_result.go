package store

import (
	"context"
	"database/sql/driver"
	"fmt"
	"slices"

	"bellhop"
)

func (sqliteEngine) record(ctx context.Context, tx *Tx, results []Result) (pending []bool, err error) {
	pending = make([]bool, len(results))
	for i := range results {
		if pending[i], err = tx.recordOne(ctx, &results[i]); err != nil {
			return nil, err
		}
	}
	return pending, nil
}

// recordOne records a result that is the only one of its delivery in the batch, or the next one.
func (tx *Tx) recordOne(ctx context.Context, r *Result) (bool, error) {
	if d := tx.unwritten(r.Delivery); d != nil {
		if r.Attempt != nil && r.Attempt.Number == 1 {
			return true, tx.writeResult(ctx, d, r)
		}
		if err := tx.writeRow(ctx, d); err != nil {
			return false, err
		}
	}
	if r.Attempt == nil {
		pending, err := tx.changeHot(ctx, "UPDATE deliveries SET status = ?, last_error = ? WHERE seq = ? AND status = 0",
			int64(r.Status), r.Error, r.Delivery)
		return pending, tx.countEnd(ctx, r, pending, err)
	}
	tx.db.record = appendAttempt(tx.db.record[:0], r.Attempt)
	text := `UPDATE deliveries SET status = ?, due = ?, attempts = ?, last_status = ?, last_error = ?, delivered_at = ?, key = NULL
		WHERE seq = ? AND status = 0 AND attempts < ?`
	number := int64(r.Attempt.Number)
	args := []driver.Value{int64(r.Status), int64(r.Due), number, int64(r.Attempt.Status), r.Attempt.Error, int64(r.deliveredAt()), r.Delivery, number}
	if number == 1 {
		text = `UPDATE deliveries SET status = ?, due = ?, attempts = ?, last_status = ?, last_error = ?, delivered_at = ?, key = NULL,
			first_attempt = ? WHERE seq = ? AND status = 0 AND attempts < ?`
		args = slices.Insert(args, 6, driver.Value(tx.db.record))
	}
	pending, err := tx.changeHot(ctx, text, args...)
	if err = tx.countEnd(ctx, r, pending, err); err != nil {
		return false, fmt.Errorf("record attempt %d of delivery %d: %w", number, r.Delivery, err)
	}
	if !pending || number == 1 {
		return pending, nil
	}
	err = tx.execHot(ctx, "INSERT INTO attempts (delivery, number, record) VALUES (?, ?, ?)", r.Delivery, number, tx.db.record)
	if err != nil {
		return false, fmt.Errorf("insert attempt %d of delivery %d: %w", number, r.Delivery, err)
	}
	return true, nil
}

// writeResult writes the row of a delivery together with its first attempt.
func (tx *Tx) writeResult(ctx context.Context, d *deferred, r *Result) error {
	tx.db.record = appendAttempt(tx.db.record[:0], r.Attempt)
	var lane any // of one that waits again; it has lost its place in the order of its key
	if r.Status == bellhop.Pending {
		lane = string(d.Delivery.Lane)
	}
	err := tx.execHot(ctx, `INSERT INTO deliveries (seq, salt, event, service, partition, status, due, ends,
		attempts, last_status, last_error, created_at, delivered_at, first_attempt, lane)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?)`,
		r.Delivery, int64(d.Delivery.ID.Salt()), d.Event.Seq, string(d.Delivery.Service), int64(PartitionOf(d.Delivery.Service)), int64(r.Status),
		int64(r.Due), int64(d.Delivery.Ends), int64(r.Attempt.Status), r.Attempt.Error, int64(d.Delivery.CreatedAt), int64(r.deliveredAt()),
		tx.db.record, lane)
	if err != nil {
		return fmt.Errorf("insert delivery %d with its attempt: %w", r.Delivery, err)
	}
	tx.hasWritten(d)
	return nil
}
