package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"bellhop"
)

// disorder is how many events around a moment are looked at one by one: they are numbered
// in the order of time, but for those that are appended at once, and where the clock was
// put back.
const disorder = 1000

// ReplayRange returns where the events lie that happened at from or later and before to,
// with the deliveries that were made with them. Others may lie between. It reads a few rows,
// however many there are.
func (tx *Tx) ReplayRange(ctx context.Context, from, to bellhop.Time) (bellhop.ReplayRange, error) {
	var r bellhop.ReplayRange
	first, err := tx.eventSince(ctx, from)
	if err != nil {
		return r, err
	}
	end, err := tx.eventSince(ctx, to)
	if err != nil {
		return r, err
	}
	if r.FirstEvent, err = tx.widen(ctx, first, earlier("events"), from); err != nil {
		return r, err
	}
	if r.LastEvent, err = tx.widen(ctx, end-1, later("events"), to); err != nil {
		return r, err
	}
	err = tx.get(ctx, `SELECT
		coalesce((SELECT min(first_delivery) FROM (SELECT first_delivery FROM events WHERE seq >= $1 ORDER BY seq LIMIT $3) AS first), 0),
		coalesce((SELECT max(first_delivery + deliveries - 1) FROM (
			SELECT first_delivery, deliveries FROM events WHERE seq <= $2 ORDER BY seq DESC LIMIT $3) AS last), 0)`,
		[]any{r.FirstEvent, r.LastEvent, disorder}, &r.FirstDelivery, &r.LastDelivery)
	if err != nil {
		return r, fmt.Errorf("find the deliveries of a time: %w", err)
	}
	return r, nil
}

// eventSince returns the number from which on events happened at the time t or later.
func (tx *Tx) eventSince(ctx context.Context, t bellhop.Time) (int64, error) {
	return tx.numberSince(ctx, "events", t)
}

// numberSince returns the number from which on the rows of a table are of the time t or later, by halving.
func (tx *Tx) numberSince(ctx context.Context, table string, t bellhop.Time) (int64, error) {
	var low, high int64
	err := tx.get(ctx, "SELECT coalesce((SELECT min(seq) FROM "+table+"), 1), coalesce((SELECT max(seq) FROM "+table+"), 0) + 1", nil, &low, &high)
	for err == nil && low < high {
		middle := low + (high-low)/2
		var seq int64
		var at bellhop.Time
		err = tx.get(ctx, "SELECT seq, created_at FROM "+table+" WHERE seq >= $1 ORDER BY seq LIMIT 1", []any{middle}, &seq, &at)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			high, err = middle, nil
		case at < t:
			low = seq + 1
		default:
			high = middle
		}
	}
	if err != nil {
		return 0, fmt.Errorf("find the %s of a time: %w", table, err)
	}
	return low, nil
}

// earlier and later look at the neighbours of a border that belong to a range.

func earlier(table string) string {
	return "SELECT min(seq), count(*) FROM (SELECT seq, created_at FROM " + table + " WHERE seq < $1 ORDER BY seq DESC LIMIT $2) AS before WHERE created_at >= $3"
}

func later(table string) string {
	return "SELECT max(seq), count(*) FROM (SELECT seq, created_at FROM " + table + " WHERE seq > $1 ORDER BY seq LIMIT $2) AS behind WHERE created_at < $3"
}

// widen moves the border of a range over neighbours that belong to it.
func (tx *Tx) widen(ctx context.Context, border int64, text string, t bellhop.Time) (int64, error) {
	for {
		var further sql.NullInt64
		var n int
		if err := tx.get(ctx, text, []any{border, disorder, t}, &further, &n); err != nil {
			return 0, fmt.Errorf("find the border of a time: %w", err)
		}
		if n == 0 {
			return border, nil
		}
		border = further.Int64
	}
}
