package store

import (
	"context"
	"fmt"

	"bellhop"
)

// Pause says that a lane is paused (docs/contract/extensions.md section 4).
type Pause struct {
	LaneID
	Since    bellhop.Time
	Reason   string
	Failures int // in a row
}

// SetPause notes a pause, or what has become of it.
func (tx *Tx) SetPause(ctx context.Context, p Pause) error {
	_, err := tx.exec(ctx, `INSERT INTO pauses (lane, service, since, reason, failures) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (lane) DO UPDATE SET service = excluded.service, since = excluded.since, reason = excluded.reason, failures = excluded.failures`,
		p.Lane, p.Service, p.Since, p.Reason, p.Failures)
	if err != nil {
		return fmt.Errorf("pause lane %s: %w", p.Lane, err)
	}
	return nil
}

// ClearPause ends the pause of a lane and reports whether there was one.
func (tx *Tx) ClearPause(ctx context.Context, lane bellhop.ID) (bool, error) {
	n, err := tx.exec(ctx, "DELETE FROM pauses WHERE lane = $1", lane)
	if err != nil {
		return false, fmt.Errorf("end the pause of lane %s: %w", lane, err)
	}
	return n > 0, nil
}

// Pauses returns the pauses of all lanes, by lane.
func (tx *Tx) Pauses(ctx context.Context) ([]Pause, error) {
	var all []Pause
	err := tx.each(ctx, "SELECT lane, service, since, reason, failures FROM pauses ORDER BY lane", nil, func(row scanner) error {
		var p Pause
		err := row.Scan(&p.Lane, &p.Service, &p.Since, &p.Reason, &p.Failures)
		all = append(all, p)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read which lanes are paused: %w", err)
	}
	return all, nil
}
