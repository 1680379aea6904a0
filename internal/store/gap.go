package store

import (
	"context"
	"encoding/json"
	"fmt"
)

// Gap is the numbers of deliveries behind After, up to UpTo.
type Gap struct{ After, UpTo int64 }

// Appended returns what stands in gaps, which ascend, and nothing of it lies in another partition than
// these, has ended, or was attempted: up to n deliveries, by their numbers. Numbers of deliveries ascend
// in the order of commits. So if UpTo of the last gap was committed before the call, what is missing in
// the answer will never be there.
func (db *DB) Appended(ctx context.Context, gaps []Gap, partitions []int, n int) ([]Pending, error) {
	if len(gaps) == 0 || len(partitions) == 0 {
		return nil, nil
	}
	found, err := db.engine.appended(ctx, gaps, partitions, n)
	if err != nil {
		return nil, fmt.Errorf("read what was appended behind %d: %w", gaps[0].After, err)
	}
	return found, nil
}

// LastDelivery returns the number of the last delivery that is committed, at least of those that are there.
func (tx *Tx) LastDelivery(ctx context.Context) (number int64, err error) {
	if number, err = tx.db.engine.lastCommitted(ctx, tx); err != nil {
		return 0, fmt.Errorf("read the last number of a delivery: %w", err)
	}
	return number, nil
}

func (e sqliteEngine) lastCommitted(ctx context.Context, tx *Tx) (number int64, err error) {
	if err := tx.see(ctx, ""); err != nil {
		return 0, err
	}
	err = tx.get(ctx, "SELECT max(delivery, coalesce((SELECT max(seq) FROM deliveries), 0)) FROM removed", nil, &number)
	return number, err
}

func (e sqliteEngine) appended(ctx context.Context, gaps []Gap, partitions []int, n int) (found []Pending, err error) {
	array, err := json.Marshal(partitions)
	if err != nil {
		return nil, err
	}
	err = e.db.ViewDeliveries(ctx, func(tx *Tx) error {
		found = nil
		for _, g := range gaps {
			err := tx.each(ctx, `SELECT `+pendingColumns+` FROM deliveries AS d JOIN events AS e ON e.seq = d.event
				WHERE d.seq > $1 AND d.seq <= $2 AND d.status = 0 AND d.attempts = 0 AND d.partition IN (SELECT value FROM json_each($3))
				ORDER BY d.seq LIMIT $4`, []any{g.After, g.UpTo, string(array), n - len(found)}, func(row scanner) error {
				p, err := scanPending(row)
				found = append(found, p)
				return err
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return found, err
}
