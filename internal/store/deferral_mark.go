package store

import (
	"context"
	"fmt"
)

// mark stores that the events below first have all their rows.
func (tx *Tx) mark(ctx context.Context, first int64) error {
	if _, err := tx.exec(ctx, "UPDATE deferral SET first_event = $1", first); err != nil {
		return fmt.Errorf("store which events have all their deliveries: %w", err)
	}
	tx.first = first
	return nil
}

// firstIncomplete returns the first event that may have rows that are not written.
func (tx *Tx) firstIncomplete(ctx context.Context) (first int64, err error) {
	if !tx.db.engine.defers() {
		return never, nil
	}
	if err := tx.get(ctx, "SELECT first_event FROM deferral", nil, &first); err != nil {
		return 0, fmt.Errorf("read which events have all their deliveries: %w", err)
	}
	return first, nil
}

// completeRows moves first_event up to the first event that has a row to be written, and
// reports whether that is further than it was.
func (tx *Tx) completeRows(ctx context.Context) (bool, error) {
	f := &tx.db.deferral
	before, first := max(f.first, tx.first), tx.db.lastEvent.Load()+1
	for _, d := range f.rows {
		first = min(first, d.Event.Seq)
	}
	for _, d := range tx.deferred {
		first = min(first, d.Event.Seq)
	}
	if first <= before {
		return false, nil
	}
	return true, tx.mark(ctx, first)
}

// settleRows writes all rows that are deferred and stores that nothing is missing, so that
// rows that are gone stay so.
func (tx *Tx) settleRows(ctx context.Context) error {
	if !tx.db.engine.defers() {
		return nil
	}
	if err := tx.writeRows(ctx, ""); err != nil {
		return err
	}
	return tx.mark(ctx, tx.db.lastEvent.Load()+1)
}
