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
	Node         NodeID       // where he listens; empty if he does not
	Link         int64        // the newest of his connections, a number that ascends over all tunnels; 0 before the first
}

// ChangeTunnels has to come before all else in a transaction that changes tunnels: it keeps others
// who do so out until the commit. It returns the number of the change, which ascends with commits.
func (tx *Tx) ChangeTunnels(ctx context.Context) (number int64, err error) {
	_, err = tx.exec(ctx, "UPDATE tunnel_changes SET number = number + 1")
	if err == nil {
		return tx.TunnelChange(ctx)
	}
	return 0, fmt.Errorf("begin to change tunnels: %w", err)
}

// TunnelChange returns the number of the newest change.
func (tx *Tx) TunnelChange(ctx context.Context) (number int64, err error) {
	if err := tx.get(ctx, "SELECT number FROM tunnel_changes", nil, &number); err != nil {
		return 0, fmt.Errorf("read the newest change of tunnels: %w", err)
	}
	return number, nil
}

// Tunnels returns all tunnels, by user and then by name.
func (tx *Tx) Tunnels(ctx context.Context) (all []Tunnel, err error) {
	err = tx.each(ctx, `SELECT id, "user", organization, name, created_at, seen_at, node, link FROM tunnels ORDER BY "user", name`, nil, func(row scanner) error {
		var t Tunnel
		if err := row.Scan(&t.ID, &t.User, &t.Organization, &t.Name, &t.CreatedAt, &t.SeenAt, &t.Node, &t.Link); err != nil {
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

// InsertTunnel adds a tunnel, which nobody listens at yet.
func (tx *Tx) InsertTunnel(ctx context.Context, t *Tunnel) error {
	_, err := tx.exec(ctx, `INSERT INTO tunnels (id, "user", organization, name, created_at, seen_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		t.ID, t.User, t.Organization, t.Name, t.CreatedAt, t.SeenAt)
	if err != nil {
		return fmt.Errorf("insert tunnel %s: %w", t.ID, err)
	}
	return nil
}

// LinkTunnel notes that somebody listens at a tunnel from now on, at that node, by the connection of
// that number. It reports false, and does nothing, if the tunnel is not there or has a newer one.
func (tx *Tx) LinkTunnel(ctx context.Context, id bellhop.ID, node NodeID, link int64, now bellhop.Time) (bool, error) {
	n, err := tx.exec(ctx, "UPDATE tunnels SET node = $1, link = $2, seen_at = $3 WHERE id = $4 AND link <= $2", node, link, now, id)
	if err != nil {
		return false, fmt.Errorf("note that tunnel %s is listened at: %w", id, err)
	}
	return n > 0, nil
}

// UnlinkTunnel notes that the connection of that number is over, unless there is a newer one.
func (tx *Tx) UnlinkTunnel(ctx context.Context, id bellhop.ID, link int64, now bellhop.Time) error {
	_, err := tx.exec(ctx, "UPDATE tunnels SET node = '', seen_at = $1 WHERE id = $2 AND link = $3 AND node <> ''", now, id, link)
	if err != nil {
		return fmt.Errorf("note that tunnel %s was left: %w", id, err)
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
