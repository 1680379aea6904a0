package store

import (
	"context"

	"bellhop"
)

// newEvents draws numbers in a query that all share who ask at the same time, and which begins after
// they did: of two events, the one that is asked for when the other one has its number gets the higher one.
func (e *postgresEngine) newEvents(ctx context.Context, n int) ([]int64, error) {
	numbers, first, err := e.draw.getMany(ctx, n)
	if err != nil {
		return nil, err
	}
	return numbers[first : first+n], nil
}

func (e *postgresEngine) drawEvents(ctx context.Context, n int) ([]int64, error) {
	numbers := make([]int64, 0, n)
	var err error
	for range 2 { // the server may have closed the connection since it was used last
		if err = e.drawer.open(ctx); err != nil {
			return nil, err
		}
		p := e.drawer.pipe(ctx)
		drawNumbers(p, n, &numbers)
		if _, err = p.run(); err == nil {
			return numbers, nil
		}
		numbers = numbers[:0]
	}
	return nil, notReached(err)
}

func (e *postgresEngine) newestEvent(ctx context.Context, tx *Tx) (number int64, err error) {
	err = tx.get(ctx, "SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END FROM event_numbers", nil, &number)
	return number, err
}

func (e *postgresEngine) latestDue(ctx context.Context, tx *Tx) (due bellhop.Time, err error) {
	err = tx.get(ctx, "SELECT last_due FROM numbers", nil, &due)
	return due, err
}

// readNumbers finds a number of deliveries from which on those are looked for that are new.
func (e *postgresEngine) readNumbers(ctx context.Context) error {
	if err := e.timelines.countOn(ctx, e.db.writer.pg, e.db.writer.timeline); err != nil {
		return err
	}
	e.migrated = true
	return e.db.writer.pg.QueryRow(ctx, "SELECT last_delivery FROM numbers").Scan(&e.db.lastDelivery)
}
