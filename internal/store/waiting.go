package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"bellhop"
)

// WaitingLane is a lane that has pending deliveries: the number of the first of them, and when it is due.
type WaitingLane struct {
	LaneID
	Due bellhop.Time
	Seq int64
}

// WaitingIn returns the lanes of these partitions that have pending deliveries. It takes a step in
// an index a lane, however long its backlog is.
func (tx *Tx) WaitingIn(ctx context.Context, partitions []int) ([]WaitingLane, error) {
	if err := tx.see(ctx, ""); err != nil {
		return nil, err
	}
	if tx.db.Shared() {
		return tx.waitingAtOnce(ctx, partitions)
	}
	var lanes []WaitingLane
	partition, lane := -1, WaitingLane{}
	for {
		err := tx.get(ctx, `SELECT partition, lane, service, due, seq FROM deliveries
			WHERE status = 0 AND (partition, lane) > ($1, $2)
			ORDER BY partition, lane, due, seq LIMIT 1`, []any{partition, lane.Lane}, &partition, &lane.Lane, &lane.Service, &lane.Due, &lane.Seq)
		if errors.Is(err, sql.ErrNoRows) {
			return lanes, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read which lanes wait: %w", err)
		}
		if slices.Contains(partitions, partition) {
			lanes = append(lanes, lane)
		}
	}
}

// waitingAtOnce is WaitingIn in one round trip, in words that SQLite does not know.
func (tx *Tx) waitingAtOnce(ctx context.Context, partitions []int) (lanes []WaitingLane, err error) {
	numbers := make([]int64, len(partitions))
	for i, p := range partitions {
		numbers[i] = int64(p)
	}
	err = tx.each(ctx, `WITH RECURSIVE waiting AS (
			SELECT first.* FROM unnest($1::bigint[]) AS p (partition), LATERAL (
				SELECT partition, lane, service, due, seq FROM deliveries AS d WHERE d.status = 0 AND d.partition = p.partition
				ORDER BY partition, lane, due, seq LIMIT 1) AS first
			UNION ALL
			SELECT next.* FROM waiting AS w, LATERAL (
				SELECT partition, lane, service, due, seq FROM deliveries AS d WHERE d.status = 0 AND d.partition = w.partition AND d.lane > w.lane
				ORDER BY partition, lane, due, seq LIMIT 1) AS next
		) SELECT lane, service, due, seq FROM waiting`, []any{numbers}, func(row scanner) error {
		var w WaitingLane
		err := row.Scan(&w.Lane, &w.Service, &w.Due, &w.Seq)
		lanes = append(lanes, w)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read which lanes wait: %w", err)
	}
	return lanes, nil
}
