package store

import (
	"context"
	"database/sql"
	"errors"

	"bellhop"
)

// scanMost is how many numbers are looked at in one transaction for one that may go.
const scanMost = 20_000

// deliveryRange is what the cursor over deliveries passes next.
type deliveryRange struct {
	first, last int64
	lastRow     int64 // no row has a higher number
	remove      bool  // something in it may go
	oldestEvent int64 // of those in it
}

// nextDeliveries finds the next deliveries that may go, or passes some that may not.
func (r *retention) nextDeliveries(ctx context.Context, tx *Tx, l limit) (d deliveryRange, err error) {
	r.through = false
	var at bellhop.Time
	var event int64
	err = tx.get(ctx, "SELECT seq, created_at, event FROM deliveries WHERE seq > $1 ORDER BY seq LIMIT 1", []any{r.deliveries},
		&d.first, &at, &event)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		r.through = true
		return deliveryRange{}, nil
	case err != nil:
		return d, err
	case l.young(at):
		r.through = true
		r.next = min(r.next, at.Add(r.db.retainAge))
		return deliveryRange{}, nil
	case event >= l.complete:
		r.through, r.blocked = true, true
		return deliveryRange{}, nil
	}
	d.last = d.first + scanMost - 1
	err = tx.get(ctx, `SELECT seq, created_at, event FROM deliveries WHERE seq BETWEEN $1 AND $2
			AND (status <> 0 AND created_at < $3 OR created_at BETWEEN $3 AND $4 OR event >= $5)
		ORDER BY seq LIMIT 1`, []any{d.first, d.last, l.before, l.now, l.complete}, &d.first, &at, &event)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return d, tx.get(ctx, "SELECT max(seq) FROM deliveries WHERE seq <= $1", []any{d.last}, &d.last)
	case err != nil:
		return d, err
	case l.young(at) || event >= l.complete:
		d.last = d.first - 1
		return d, nil
	}
	// Numbers lie close together, so that this is about as many rows.
	d.last = d.first + int64(l.n) - 1
	var stop int64
	err = tx.get(ctx, `SELECT min(event), max(seq), coalesce(min(CASE WHEN created_at >= $3 OR event >= $4 THEN seq END), $2 + 1)
		FROM deliveries WHERE seq BETWEEN $1 AND $2`, []any{d.first, d.last, l.before, l.complete}, &d.oldestEvent, &d.lastRow, &stop)
	d.last = min(stop-1, d.lastRow)
	d.lastRow = d.last
	d.remove = true
	return d, err
}

// removeDeliveries removes what has finished in a range, with its attempts.
func (tx *Tx) removeDeliveries(ctx context.Context, d deliveryRange, l limit) error {
	if !d.remove {
		return nil
	}
	n, err := tx.exec(ctx, "DELETE FROM deliveries WHERE seq BETWEEN $1 AND $2 AND status <> 0 AND created_at < $3 AND event < $4",
		d.first, d.last, l.before, l.complete)
	if err != nil {
		return err
	}
	tx.gone("deliveries", n)
	// Not with NOT EXISTS: PostgreSQL would make a join of it, and read all deliveries where they have been few.
	m, err := tx.exec(ctx, `DELETE FROM attempts WHERE delivery BETWEEN $1 AND $2
		AND (SELECT seq FROM deliveries WHERE seq = attempts.delivery) IS NULL`, d.first, d.last)
	tx.gone("attempts", m)
	tx.pages += removedPages(n + m)
	return err
}

// gone notes, when tx is committed, that it has removed rows of a table.
func (tx *Tx) gone(table string, rows int64) {
	tx.AfterCommit(func() { tx.db.engine.gone(table, rows) })
}

// removedPages is about how many pages of the log it takes to remove rows that lie side
// by side: those that become empty are not written.
func removedPages(rows int64) int { return int(rows / 4) }
