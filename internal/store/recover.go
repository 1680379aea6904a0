package store

import (
	"context"
	"fmt"
	"slices"

	"bellhop"
)

// recoverRows writes the rows of deliveries that were deferred when the program died. On a
// disk that is full they stay deferred. Nobody else uses the store yet.
func (db *DB) recoverRows(ctx context.Context) error {
	if !db.engine.defers() {
		return nil
	}
	tx, err := db.begin(ctx, db.writer, false)
	if err != nil {
		return err
	}
	missing, last, err := tx.missing(ctx)
	if err != nil || len(missing) == 0 {
		tx.rollback(ctx) // also a disk that is full serves a store that was closed
		return err
	}
	if err = tx.writeMissing(ctx, missing, last); err != nil {
		tx.rollback(ctx)
	} else {
		err = tx.commit(ctx)
	}
	if bellhop.HasCode(err, bellhop.Unavailable) {
		db.deferral.keep(missing)
		return nil
	}
	return err
}

// writeRowsAtEnd writes the rows that are still deferred, so that the next start need not
// look for them. If that fails, of a full disk say, it will.
func (db *DB) writeRowsAtEnd(ctx context.Context) {
	if !db.deferral.used {
		return
	}
	tx, err := db.begin(ctx, db.writer, false)
	if err != nil {
		return
	}
	if err := tx.settleRows(ctx); err != nil {
		tx.rollback(ctx)
		return
	}
	_ = tx.commit(ctx)
}

// missing returns the deliveries that were deferred and have no row, and the newest event.
func (tx *Tx) missing(ctx context.Context) (missing []*deferred, last int64, err error) {
	var first int64
	err = tx.get(ctx, "SELECT first_event, (SELECT coalesce(max(seq), 0) FROM events) FROM deferral", nil, &first, &last)
	if err != nil {
		return nil, 0, fmt.Errorf("read which events have all their deliveries: %w", err)
	}
	tx.db.deferral.first = first
	err = tx.each(ctx, "SELECT seq, key, created_at, first_delivery, deferred FROM events WHERE seq >= $1 AND deferred IS NOT NULL",
		[]any{first}, func(row scanner) error {
			e := new(bellhop.Event)
			var firstDelivery int64
			var list []byte
			if err := row.Scan(&e.Seq, &e.Key, &e.CreatedAt, &firstDelivery, &list); err != nil {
				return err
			}
			deliveries, err := readDeferred(list, firstDelivery, e.CreatedAt)
			for i := range deliveries {
				missing = append(missing, &deferred{Pending: Pending{Delivery: deliveries[i], Event: e}})
			}
			return err
		})
	if err != nil {
		return nil, 0, fmt.Errorf("read which deliveries were deferred: %w", err)
	}
	var there bool
	missing = slices.DeleteFunc(missing, func(d *deferred) bool {
		if err == nil {
			err = tx.get(ctx, "SELECT EXISTS (SELECT 1 FROM deliveries WHERE seq = $1)", []any{d.Delivery.Seq}, &there)
		}
		return there
	})
	if err != nil {
		return nil, 0, fmt.Errorf("read which deliveries are there: %w", err)
	}
	return missing, last, nil
}

func (tx *Tx) writeMissing(ctx context.Context, missing []*deferred, last int64) error {
	for _, d := range missing {
		if err := tx.insertPending(ctx, d.Event.Seq, d.Event.Key, &d.Delivery); err != nil {
			return err
		}
	}
	return tx.mark(ctx, last+1)
}

// keep defers rows that a store was opened without. Of their events they hold what a row
// needs.
func (f *deferral) keep(missing []*deferred) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, d := range missing {
		f.rows[d.Delivery.Seq] = d
		f.lanes[d.Delivery.Lane]++
	}
	f.queue = missing
	f.unmarked, f.used = true, true
}
