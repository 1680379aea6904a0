package store

import (
	"context"
	"encoding/json"
	"fmt"

	"bellhop"
)

// Result is what became of a delivery: by an attempt, or by its end.
type Result struct {
	Delivery int64      // sequence number
	Replay   bellhop.ID // the replay of a range that made it, as Delivery.Replay is
	Status   bellhop.DeliveryStatus
	Due      bellhop.Time     // if it stays pending, when it is attempted next
	Attempt  *bellhop.Attempt // nil if it ended without another one
	At       bellhop.Time
	Error    string // why it died without another attempt
}

// Record stores a result and reports whether the delivery was still pending; if it was
// not, or if the attempt was recorded before, nothing is stored.
func (tx *Tx) Record(ctx context.Context, r Result) (bool, error) {
	pending, err := tx.RecordAll(ctx, []Result{r})
	if err != nil {
		return false, err
	}
	return pending[0], nil
}

// RecordAll is Record for several results of different deliveries.
func (tx *Tx) RecordAll(ctx context.Context, results []Result) (pending []bool, err error) {
	return tx.db.engine.record(ctx, tx, results)
}

// countEnd counts the end of a delivery that the replay of a range made, unless err is set,
// which it returns.
func (tx *Tx) countEnd(ctx context.Context, r *Result, pending bool, err error) error {
	if err != nil || !pending || r.Replay == "" || r.Status == bellhop.Pending {
		return err
	}
	return tx.countReplayed(ctx, r.Replay, r.Status)
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
