package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"bellhop"
)

// Result is what became of a delivery: by an attempt, or by its end.
type Result struct {
	Delivery int64 // sequence number
	Status   bellhop.DeliveryStatus
	Due      bellhop.Time     // if it stays pending, when it is attempted next
	Attempt  *bellhop.Attempt // nil if it ended without another one
	At       bellhop.Time
	Error    string // why it died without another attempt
}

// Record stores a result and reports whether the delivery was still pending; if it was
// not, or if the attempt was recorded before, nothing is stored.
func (tx *Tx) Record(ctx context.Context, r Result) (bool, error) {
	if d := tx.unwritten(r.Delivery); d != nil {
		if r.Attempt != nil && r.Attempt.Number == 1 {
			return true, tx.writeResult(ctx, d, &r)
		}
		if err := tx.writeRow(ctx, d); err != nil {
			return false, err
		}
	}
	if r.Attempt == nil {
		return tx.updateRow(ctx, &r, "UPDATE deliveries SET status = $1, last_error = $2 WHERE seq = $3 AND status = 0",
			r.Status, r.Error, r.Delivery)
	}
	record := appendAttempt(nil, r.Attempt)
	text := `UPDATE deliveries SET status = $1, due = $2, attempts = $3, last_status = $4, last_error = $5, delivered_at = $6, key = NULL
		WHERE seq = $7 AND status = 0 AND attempts < $3`
	args := []any{r.Status, r.Due, r.Attempt.Number, r.Attempt.Status, r.Attempt.Error, r.deliveredAt(), r.Delivery}
	if r.Attempt.Number == 1 {
		text = `UPDATE deliveries SET status = $1, due = $2, attempts = $3, last_status = $4, last_error = $5, delivered_at = $6, key = NULL,
			first_attempt = $8 WHERE seq = $7 AND status = 0 AND attempts < $3`
		args = append(args, record)
	}
	pending, err := tx.updateRow(ctx, &r, text, args...)
	if err != nil {
		return false, fmt.Errorf("record attempt %d of delivery %d: %w", r.Attempt.Number, r.Delivery, err)
	}
	if !pending || r.Attempt.Number == 1 {
		return pending, nil
	}
	_, err = tx.exec(ctx, "INSERT INTO attempts (delivery, number, record) VALUES ($1, $2, $3)", r.Delivery, r.Attempt.Number, record)
	if err != nil {
		return false, fmt.Errorf("insert attempt %d of delivery %d: %w", r.Attempt.Number, r.Delivery, err)
	}
	return true, nil
}

// updateRow runs the update of a delivery by r and reports whether there was one to change.
// If the replay of a range made it, its end is counted there.
func (tx *Tx) updateRow(ctx context.Context, r *Result, text string, args ...any) (bool, error) {
	var origin sql.NullString
	changed, err := tx.change(ctx, text+" RETURNING origin", args, &origin)
	if err != nil || !changed || r.Status == bellhop.Pending {
		return changed, err
	}
	if replay := replayOfOrigin(origin); replay != "" {
		err = tx.countReplayed(ctx, replay, r.Status)
	}
	return true, err
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

func (r *Result) deliveredAt() bellhop.Time {
	if r.Status == bellhop.Delivered {
		return r.At
	}
	return 0
}

// Attempts returns the attempts of a delivery, the first first.
func (tx *Tx) Attempts(ctx context.Context, delivery int64) ([]bellhop.Attempt, error) {
	if err := tx.seeOne(ctx, delivery); err != nil {
		return nil, err
	}
	var attempts []bellhop.Attempt
	err := tx.each(ctx, `SELECT 1, first_attempt FROM deliveries WHERE seq = $1 AND first_attempt IS NOT NULL
		UNION ALL SELECT number, record FROM attempts WHERE delivery = $1 ORDER BY 1`, []any{delivery},
		func(row scanner) error {
			var number int
			var record []byte
			if err := row.Scan(&number, &record); err != nil {
				return err
			}
			var a bellhop.Attempt
			err := json.Unmarshal(record, &a)
			attempts = append(attempts, a)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("read the attempts of delivery %d: %w", delivery, err)
	}
	return attempts, nil
}
