package store

import (
	"context"
	"fmt"

	"bellhop"
)

// recoverRows writes the rows of deliveries that were deferred when the program died. Nobody
// else uses the store yet.
func (db *DB) recoverRows(ctx context.Context) error {
	tx, err := db.begin(ctx)
	if err != nil {
		return err
	}
	found, err := tx.writeMissing(ctx)
	if err != nil {
		tx.rollback(ctx)
		return err
	}
	if found == 0 {
		tx.rollback(ctx) // also a disk that is full serves a store that was closed
		return nil
	}
	return tx.commit(ctx)
}

// writeRowsAtEnd writes the rows that are still deferred, so that the next start need not
// look for them. If that fails, of a full disk say, it will.
func (db *DB) writeRowsAtEnd(ctx context.Context) {
	if !db.deferral.used {
		return
	}
	tx, err := db.begin(ctx)
	if err != nil {
		return
	}
	if err := tx.settleRows(ctx); err != nil {
		tx.rollback(ctx)
		return
	}
	_ = tx.commit(ctx)
}

// eventRows are the rows that an event has deferred.
type eventRows struct {
	event int64
	key   string
	rows  []bellhop.Delivery
}

// writeMissing returns how many rows it has written.
func (tx *Tx) writeMissing(ctx context.Context) (written int, err error) {
	var first, last int64
	err = tx.get(ctx, "SELECT first_event, (SELECT coalesce(max(seq), 0) FROM events) FROM deferral", nil, &first, &last)
	if err != nil {
		return 0, fmt.Errorf("read which events have all their deliveries: %w", err)
	}
	tx.db.deferral.first = first
	var events []eventRows
	err = tx.each(ctx, "SELECT seq, key, created_at, first_delivery, deferred FROM events WHERE seq >= $1 AND deferred IS NOT NULL",
		[]any{first}, func(row scanner) error {
			var e eventRows
			var createdAt bellhop.Time
			var firstDelivery int64
			var list []byte
			err := row.Scan(&e.event, &e.key, &createdAt, &firstDelivery, &list)
			if err == nil {
				e.rows, err = readDeferred(list, firstDelivery, createdAt)
			}
			events = append(events, e)
			return err
		})
	if err != nil {
		return 0, fmt.Errorf("read which deliveries were deferred: %w", err)
	}
	for _, e := range events {
		n, err := tx.writeMissingOf(ctx, &e)
		if err != nil {
			return 0, err
		}
		written += n
	}
	if written == 0 {
		return 0, nil
	}
	return written, tx.mark(ctx, last+1)
}

func (tx *Tx) writeMissingOf(ctx context.Context, e *eventRows) (written int, err error) {
	there := map[int64]bool{}
	err = tx.each(ctx, "SELECT seq FROM deliveries WHERE seq BETWEEN $1 AND $2", []any{e.rows[0].Seq, e.rows[len(e.rows)-1].Seq},
		func(row scanner) error {
			var seq int64
			err := row.Scan(&seq)
			there[seq] = true
			return err
		})
	if err != nil {
		return 0, fmt.Errorf("read the deliveries of event %d: %w", e.event, err)
	}
	for i := range e.rows {
		if there[e.rows[i].Seq] {
			continue
		}
		if err := tx.insertPending(ctx, e.event, e.key, &e.rows[i]); err != nil {
			return 0, err
		}
		written++
	}
	return written, nil
}
