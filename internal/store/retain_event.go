package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"bellhop"
)

// keptMost is about how many deliveries are looked at in one transaction to see which
// events still have some.
const keptMost = 8192

// eventRange is what the cursor over events passes next.
type eventRange struct {
	first, last int64
	kept        []int64 // those of them that still have deliveries, ascending
	chosen      bool    // publishers chose ids of some
	remove      bool    // something in it may go
}

// nextEvents finds the next events that may go, or passes some that may not: those that
// still have deliveries. It stays behind the cursor over deliveries.
func (r *retention) nextEvents(ctx context.Context, tx *Tx, l limit) (e eventRange, err error) {
	passed := r.deliveries
	if r.through {
		passed = never
	}
	var at bellhop.Time
	var lastDelivery int64
	err = tx.get(ctx, "SELECT seq, created_at, first_delivery + deliveries - 1 FROM events WHERE seq > $1 ORDER BY seq LIMIT 1",
		[]any{r.events}, &e.first, &at, &lastDelivery)
	if errors.Is(err, sql.ErrNoRows) {
		return eventRange{}, nil
	}
	if err != nil {
		return e, err
	}
	switch {
	case l.young(at):
		r.next = min(r.next, at.Add(r.db.retainAge))
		return eventRange{}, nil
	case e.first >= l.complete:
		r.blocked = true
		return eventRange{}, nil
	case lastDelivery > passed:
		return eventRange{}, nil
	}
	var firstDelivery int64
	for n := l.n; ; n /= 4 {
		var total, chosen, stop int64
		err = tx.get(ctx, `SELECT max(seq), min(first_delivery), max(first_delivery + deliveries - 1), sum(deliveries), count(chosen_id),
				coalesce(min(CASE WHEN created_at >= $3 AND created_at <= $4 OR first_delivery + deliveries - 1 > $5 THEN seq END), max(seq) + 1)
			FROM (SELECT seq, created_at, first_delivery, deliveries, chosen_id FROM events WHERE seq > $1 AND seq < $6 ORDER BY seq LIMIT $2) AS next`,
			[]any{r.events, max(n, 1), l.before, l.now, passed, l.complete}, &e.last, &firstDelivery, &lastDelivery, &total, &chosen, &stop)
		if err != nil {
			return e, err
		}
		e.last, e.chosen = stop-1, chosen > 0
		if total <= keptMost || n <= 1 {
			break
		}
	}
	err = tx.each(ctx, "SELECT DISTINCT event FROM deliveries WHERE seq BETWEEN $1 AND $2 AND event BETWEEN $3 AND $4 ORDER BY event",
		[]any{firstDelivery, lastDelivery, e.first, e.last}, func(row scanner) error {
			var seq int64
			err := row.Scan(&seq)
			e.kept = append(e.kept, seq)
			return err
		})
	e.remove = true
	return e, err
}

// removeEvents removes the events of a range but for those that are kept, and those that
// have replays; with them the ids that their publishers chose.
func (tx *Tx) removeEvents(ctx context.Context, e eventRange, l limit) error {
	if !e.remove {
		return nil
	}
	kept := slices.Clone(e.kept)
	err := tx.each(ctx, "SELECT event FROM deliveries"+tx.db.engine.indexedBy("deliveries_late")+" WHERE origin IS NOT NULL AND event BETWEEN $1 AND $2",
		[]any{e.first, e.last}, func(row scanner) error {
			var seq int64
			err := row.Scan(&seq)
			kept = append(kept, seq)
			return err
		})
	if err != nil {
		return err
	}
	slices.Sort(kept)
	first := e.first
	for _, seq := range append(kept, e.last+1) {
		if first < seq {
			if err := tx.removeEventsBetween(ctx, first, seq-1, e.chosen, l); err != nil {
				return err
			}
		}
		first = seq + 1
	}
	return nil
}

func (tx *Tx) removeEventsBetween(ctx context.Context, first, last int64, chosen bool, l limit) error {
	if chosen {
		n, err := tx.exec(ctx, `DELETE FROM event_ids WHERE (id, organization) IN (
			SELECT chosen_id, organization FROM events WHERE seq BETWEEN $1 AND $2 AND created_at < $3 AND chosen_id IS NOT NULL)`,
			first, last, l.before)
		if err != nil {
			return err
		}
		tx.pages += int(n) // they lie anywhere
	}
	n, err := tx.exec(ctx, "DELETE FROM events WHERE seq BETWEEN $1 AND $2 AND created_at < $3", first, last, l.before)
	tx.gone("events", n)
	tx.pages += removedPages(n)
	return err
}
