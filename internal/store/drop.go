package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"bellhop"
)

// dropStep is how many deliveries are removed in one commit.
const dropStep = 200

// DropDeliveries drops the pending deliveries, and the pauses, of a service that is deleted. Run removes
// them bit by bit, so that a long backlog holds up nobody; the service being gone,
// nobody attempts them meanwhile.
func (tx *Tx) DropDeliveries(ctx context.Context, service bellhop.ID) error {
	tx.dropped = true
	if _, err := tx.exec(ctx, "INSERT INTO dropped_services (service) VALUES ($1) ON CONFLICT DO NOTHING", service); err != nil {
		return fmt.Errorf("drop the deliveries of service %s: %w", service, err)
	}
	if _, err := tx.exec(ctx, "DELETE FROM pauses WHERE service = $1", service); err != nil {
		return fmt.Errorf("drop the pauses of service %s: %w", service, err)
	}
	return nil
}

func (db *DB) removeDropped(ctx context.Context) error {
	for more := true; more; {
		err := db.UpdateSoon(ctx, func(tx *Tx) (err error) {
			more, err = tx.removeSomeDropped(ctx)
			return err
		})
		if err != nil {
			return fmt.Errorf("remove dropped deliveries: %w", err)
		}
	}
	return nil
}

// removeSomeDropped reports whether there is more to remove.
func (tx *Tx) removeSomeDropped(ctx context.Context) (bool, error) {
	var service bellhop.ID
	err := tx.get(ctx, "SELECT service FROM dropped_services LIMIT 1"+tx.forUpdateOfOne(), nil, &service)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := tx.see(ctx, service); err != nil {
		return false, err
	}
	if mine, err := tx.db.engine.tryLock(ctx, tx, removingDropped); err != nil || !mine {
		return false, err
	}
	const some = "(SELECT seq FROM deliveries WHERE partition = $1 AND service = $2 AND status = 0 ORDER BY due, seq LIMIT $3)"
	args := []any{PartitionOf(service), service, dropStep}
	if _, err := tx.exec(ctx, "DELETE FROM attempts WHERE delivery IN "+some, args...); err != nil {
		return false, err
	}
	n, err := tx.exec(ctx, "DELETE FROM deliveries WHERE seq IN "+some, args...)
	if err != nil || n == dropStep {
		return true, err
	}
	// From now on nobody removes again what a restart would take for missing.
	if err := tx.settleRows(ctx); err != nil {
		return false, err
	}
	_, err = tx.exec(ctx, "DELETE FROM dropped_services WHERE service = $1", service)
	return true, err
}
