package store

import (
	"context"
	"fmt"

	"bellhop"
)

// Tunnel is a public URL that leads to a process of a user.
type Tunnel struct {
	ID           bellhop.ID
	User         bellhop.ID
	Organization bellhop.ID   // the selected one of the user when it was made
	Name         string       // another one than those of the user's other tunnels
	CreatedAt    bellhop.Time // it was first listened at
	SeenAt       bellhop.Time // and last
}

// Tunnels returns all tunnels, by user and then by name.
func (tx *Tx) Tunnels(ctx context.Context) (all []Tunnel, err error) {
	err = tx.each(ctx, `SELECT id, "user", organization, name, created_at, seen_at FROM tunnels ORDER BY "user", name`, nil, func(row scanner) error {
		var t Tunnel
		if err := row.Scan(&t.ID, &t.User, &t.Organization, &t.Name, &t.CreatedAt, &t.SeenAt); err != nil {
			return err
		}
		all = append(all, t)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read tunnels: %w", err)
	}
	return all, nil
}

// InsertTunnel adds a tunnel.
func (tx *Tx) InsertTunnel(ctx context.Context, t *Tunnel) error {
	_, err := tx.exec(ctx, `INSERT INTO tunnels (id, "user", organization, name, created_at, seen_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		t.ID, t.User, t.Organization, t.Name, t.CreatedAt, t.SeenAt)
	if err != nil {
		return fmt.Errorf("insert tunnel %s: %w", t.ID, err)
	}
	return nil
}

// SeeTunnel notes when a tunnel, if it is still there, was last listened at.
func (tx *Tx) SeeTunnel(ctx context.Context, id bellhop.ID, at bellhop.Time) error {
	if _, err := tx.exec(ctx, "UPDATE tunnels SET seen_at = $1 WHERE id = $2", at, id); err != nil {
		return fmt.Errorf("note when tunnel %s was seen: %w", id, err)
	}
	return nil
}

// DeleteTunnel removes a tunnel, if it is there.
func (tx *Tx) DeleteTunnel(ctx context.Context, id bellhop.ID) error {
	if _, err := tx.exec(ctx, "DELETE FROM tunnels WHERE id = $1", id); err != nil {
		return fmt.Errorf("delete tunnel %s: %w", id, err)
	}
	return nil
}
