package store

import (
	"context"
	"fmt"

	"bellhop"
)

// Deaths are deliveries of one service that died and that nobody was told of yet.
type Deaths struct {
	Service bellhop.ID
	Untold  int
	Message string // why the newest of them died
	ToldAt  bellhop.Time
}

// AddDeath counts a death and returns what is untold of that service now.
func (tx *Tx) AddDeath(ctx context.Context, service bellhop.ID, message string) (Deaths, error) {
	_, err := tx.exec(ctx, `INSERT INTO deaths (service, untold, message, told_at) VALUES ($1, 1, $2, 0)
		ON CONFLICT (service) DO UPDATE SET untold = deaths.untold + 1, message = excluded.message`, service, message)
	if err != nil {
		return Deaths{}, fmt.Errorf("count a death of service %s: %w", service, err)
	}
	d := Deaths{Service: service, Message: message}
	err = tx.get(ctx, "SELECT untold, told_at FROM deaths WHERE service = $1", []any{service}, &d.Untold, &d.ToldAt)
	return d, err
}

// UntoldDeaths returns the services with deaths that nobody was told of yet; to one who writes
// those that no other one is about to tell of.
func (tx *Tx) UntoldDeaths(ctx context.Context) ([]Deaths, error) {
	var all []Deaths
	err := tx.each(ctx, "SELECT service, untold, message, told_at FROM deaths WHERE untold > 0 ORDER BY service"+tx.forUpdateOfOne(), nil,
		func(row scanner) error {
			var d Deaths
			err := row.Scan(&d.Service, &d.Untold, &d.Message, &d.ToldAt)
			all = append(all, d)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("read untold deaths: %w", err)
	}
	return all, nil
}

// HoldDeaths makes what nobody was told of yet stay as it is until the transaction ends.
func (tx *Tx) HoldDeaths(ctx context.Context) error {
	if _, err := tx.exec(ctx, "UPDATE deaths SET untold = untold WHERE untold > 0"); err != nil {
		return fmt.Errorf("hold untold deaths: %w", err)
	}
	return nil
}

// DeathsTold notes that the deaths of a service were told of at the time at.
func (tx *Tx) DeathsTold(ctx context.Context, service bellhop.ID, at bellhop.Time) error {
	_, err := tx.exec(ctx, "UPDATE deaths SET untold = 0, told_at = $1 WHERE service = $2", at, service)
	if err != nil {
		return fmt.Errorf("note that deaths of service %s were told: %w", service, err)
	}
	return nil
}
