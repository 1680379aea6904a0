package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"bellhop"
)

// Backlog is how much waits.
type Backlog struct {
	Pending int
	Oldest  bellhop.Time // when what waits longest was made; zero if nothing waits
}

// BacklogMost is where counting the backlog of one service ends.
const BacklogMost = 100_000

// Backlog returns what waits for a service, counted up to BacklogMost and what has no row
// yet.
func (tx *Tx) Backlog(ctx context.Context, service bellhop.ID) (Backlog, error) {
	b, err := tx.backlog(ctx, service, `SELECT count(*), min(seq) FROM (SELECT seq FROM deliveries`+tx.db.engine.indexedBy("deliveries_lane")+`
		WHERE partition = $1 AND lane = $2 AND status = 0 ORDER BY due, seq LIMIT $3) AS waiting`, PartitionOf(service), service, BacklogMost)
	if err != nil {
		return b, fmt.Errorf("count what waits for service %s: %w", service, err)
	}
	return b, nil
}

// WholeBacklog returns what waits for all services. It walks through an index: some 50 ms
// for a million.
func (tx *Tx) WholeBacklog(ctx context.Context) (Backlog, error) {
	b, err := tx.backlog(ctx, "", "SELECT count(*), min(seq) FROM deliveries"+tx.db.engine.indexedBy("deliveries_lane")+" WHERE status = 0")
	if err != nil {
		return b, fmt.Errorf("count what waits: %w", err)
	}
	return b, nil
}

func (tx *Tx) backlog(ctx context.Context, lane bellhop.ID, text string, args ...any) (Backlog, error) {
	b := tx.db.deferral.backlog(lane)
	var rows int
	var oldest sql.NullInt64
	if err := tx.get(ctx, text, args, &rows, &oldest); err != nil || !oldest.Valid {
		return b, err
	}
	b.Pending += rows
	var at bellhop.Time
	err := tx.get(ctx, "SELECT created_at FROM deliveries WHERE seq = $1", []any{oldest.Int64}, &at)
	if errors.Is(err, sql.ErrNoRows) {
		return b, nil
	}
	if b.Oldest == 0 || at < b.Oldest {
		b.Oldest = at
	}
	return b, err
}
