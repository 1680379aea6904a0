package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"bellhop"
)

// ErrNoReplay is returned for a replay that is not there.
var ErrNoReplay = bellhop.Replays.NotFound()

const replayColumns = `id, service, organization, org_path, state, begins, ends, events, status, rate, url, sealed,
	created_by, created_at, updated_at, total, made, sent, failed,
	first_event, last_event, first_delivery, last_delivery, at_event, at_delivery, whole`

// InsertReplay stores a new replay of a range. Its UserInfo is sealed.
func (tx *Tx) InsertReplay(ctx context.Context, r *bellhop.Replay) error {
	events, err := json.Marshal(r.Events)
	if err != nil {
		return err
	}
	var userInfo []byte
	if r.UserInfo != "" {
		userInfo = []byte(r.UserInfo)
	}
	_, err = tx.exec(ctx, "INSERT INTO replays ("+replayColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12,
		$13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26)`,
		r.ID, r.Service, r.Organization, r.OrgPath, r.State, r.From, r.To, string(events), r.Status, r.Rate, r.URL,
		tx.db.seal.seal(placeOfReplay(r.ID), userInfo), r.CreatedBy, r.CreatedAt, r.UpdatedAt, r.Total, r.Made, r.Sent, r.Failed,
		r.Range.FirstEvent, r.Range.LastEvent, r.Range.FirstDelivery, r.Range.LastDelivery, r.At.Event, r.At.Delivery, r.Whole)
	if err != nil {
		return fmt.Errorf("insert replay %s: %w", r.ID, err)
	}
	return nil
}

func placeOfReplay(id bellhop.ID) string { return "replays/" + string(id) }

// Replay returns the replay of that id, or ErrNoReplay. To one who writes nobody else changes it.
func (tx *Tx) Replay(ctx context.Context, id bellhop.ID) (*bellhop.Replay, error) {
	found, err := tx.replays(ctx, "WHERE id = $1"+tx.forUpdate(), id)
	if err != nil {
		return nil, fmt.Errorf("read replay %s: %w", id, err)
	}
	if len(found) == 0 {
		return nil, ErrNoReplay
	}
	return found[0], nil
}

// RunningReplays returns the replays that are running, the oldest first.
func (tx *Tx) RunningReplays(ctx context.Context) ([]*bellhop.Replay, error) {
	found, err := tx.replays(ctx, "WHERE state = 'running' ORDER BY id")
	if err != nil {
		return nil, fmt.Errorf("read the running replays: %w", err)
	}
	return found, nil
}

// OpenReplays returns the replays of a service that are not at their end.
func (tx *Tx) OpenReplays(ctx context.Context, service bellhop.ID) ([]*bellhop.Replay, error) {
	found, err := tx.replays(ctx, "WHERE service = $1 AND state IN ('running', 'paused') ORDER BY id"+tx.forUpdate(), service)
	if err != nil {
		return nil, fmt.Errorf("read the replays of service %s: %w", service, err)
	}
	return found, nil
}

func (tx *Tx) replays(ctx context.Context, where string, args ...any) ([]*bellhop.Replay, error) {
	var found []*bellhop.Replay
	err := tx.each(ctx, "SELECT "+replayColumns+" FROM replays "+where, args, func(row scanner) error {
		r, err := tx.scanReplay(row)
		found = append(found, r)
		return err
	})
	return found, err
}

func (tx *Tx) scanReplay(row scanner) (*bellhop.Replay, error) {
	r := new(bellhop.Replay)
	var events string
	var sealed []byte
	err := row.Scan(&r.ID, &r.Service, &r.Organization, &r.OrgPath, &r.State, &r.From, &r.To, &events, &r.Status, &r.Rate, &r.URL, &sealed,
		&r.CreatedBy, &r.CreatedAt, &r.UpdatedAt, &r.Total, &r.Made, &r.Sent, &r.Failed,
		&r.Range.FirstEvent, &r.Range.LastEvent, &r.Range.FirstDelivery, &r.Range.LastDelivery, &r.At.Event, &r.At.Delivery, &r.Whole)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal([]byte(events), &r.Events); err != nil {
		return nil, fmt.Errorf("events of replay %s: %w", r.ID, err)
	}
	userInfo, err := tx.db.seal.open(placeOfReplay(r.ID), sealed)
	r.UserInfo = string(userInfo)
	return r, err
}

// MoveReplay notes that r has come from its At to f.At. It reports whether r is running and
// was at r.At; if not, nothing is noted, and what the step was to make must not be made.
func (tx *Tx) MoveReplay(ctx context.Context, r *bellhop.Replay, f Found) (bool, error) {
	n, err := tx.exec(ctx, `UPDATE replays SET at_event = $1, at_delivery = $2, whole = $3
		WHERE id = $4 AND state = 'running' AND at_event = $5 AND at_delivery = $6`,
		f.At.Event, f.At.Delivery, f.Whole, r.ID, r.At.Event, r.At.Delivery)
	if err != nil {
		return false, fmt.Errorf("move replay %s: %w", r.ID, err)
	}
	return n == 1, nil
}

// CountMade counts deliveries that a replay has made.
func (tx *Tx) CountMade(ctx context.Context, id bellhop.ID, n int) error {
	if _, err := tx.exec(ctx, "UPDATE replays SET made = made + $1 WHERE id = $2", n, id); err != nil {
		return fmt.Errorf("count in replay %s: %w", id, err)
	}
	return nil
}

// SetReplayState takes r to another state, at the time now. One that is done has made all
// that there was.
func (tx *Tx) SetReplayState(ctx context.Context, r *bellhop.Replay, state bellhop.ReplayState, now bellhop.Time) error {
	_, err := tx.exec(ctx, `UPDATE replays SET state = $1, updated_at = $2,
		total = CASE $1 WHEN 'done' THEN made ELSE total END WHERE id = $3`, state, now, r.ID)
	if err != nil {
		return fmt.Errorf("set the state of replay %s: %w", r.ID, err)
	}
	return nil
}

// PendingOfReplay returns how many deliveries of a replay are pending.
func (tx *Tx) PendingOfReplay(ctx context.Context, id bellhop.ID) (n int, err error) {
	err = tx.get(ctx, "SELECT count(*) FROM deliveries WHERE origin = $1 AND origin IS NOT NULL AND status = 0", []any{id}, &n)
	if err != nil {
		return 0, fmt.Errorf("count what is pending of replay %s: %w", id, err)
	}
	return n, nil
}

// DropReplayed removes the pending deliveries of a replay.
func (tx *Tx) DropReplayed(ctx context.Context, id bellhop.ID) error {
	const pending = "(SELECT seq FROM deliveries WHERE origin = $1 AND origin IS NOT NULL AND status = 0)"
	if _, err := tx.exec(ctx, "DELETE FROM attempts WHERE delivery IN "+pending, id); err != nil {
		return fmt.Errorf("drop the attempts of replay %s: %w", id, err)
	}
	if _, err := tx.exec(ctx, "DELETE FROM deliveries WHERE seq IN "+pending, id); err != nil {
		return fmt.Errorf("drop the deliveries of replay %s: %w", id, err)
	}
	return nil
}

// IsPending reports whether a delivery of a replay, whose row is always written at once,
// waits still: it may have been dropped.
func (tx *Tx) IsPending(ctx context.Context, delivery int64) (bool, error) {
	var status bellhop.DeliveryStatus
	err := tx.get(ctx, "SELECT status FROM deliveries WHERE seq = $1", []any{delivery}, &status)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil && status == bellhop.Pending, err
}

// countReplayed counts the end of a delivery in the replay that made it.
func (tx *Tx) countReplayed(ctx context.Context, replay bellhop.ID, status bellhop.DeliveryStatus) error {
	counter := "failed"
	if status == bellhop.Delivered {
		counter = "sent"
	}
	if _, err := tx.exec(ctx, "UPDATE replays SET "+counter+" = "+counter+" + 1 WHERE id = $1", replay); err != nil {
		return fmt.Errorf("count in replay %s: %w", replay, err)
	}
	return nil
}
