package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"

	"bellhop"
)

// ServiceState is what decided, for a while, which events a service got.
type ServiceState struct {
	AfterEvent int64 // it held for events numbered above
	UntilEvent int64 // and up to this one, if Until is set
	Since      bellhop.Time
	Until      bellhop.Time // zero if it is in force
	Body       []byte       // nil: the service was deleted
}

// KeepServiceState notes what decides from now on which events a service gets, unless that
// is known. A nil body says that the service is deleted. It belongs into the transaction of
// the change.
func (tx *Tx) KeepServiceState(ctx context.Context, service bellhop.ID, body []byte, now bellhop.Time) error {
	number, known, err := tx.stateInForce(ctx, service)
	if err != nil {
		return err
	}
	if number > 0 && bytes.Equal(known, body) && (known == nil) == (body == nil) || number == 0 && body == nil {
		return nil
	}
	event, err := tx.db.engine.newestEvent(ctx, tx)
	if err != nil {
		return fmt.Errorf("read the newest event: %w", err)
	}
	_, err = tx.exec(ctx, "UPDATE service_states SET until = $1, until_event = $2 WHERE service = $3 AND number = $4", now, event, service, number)
	if err == nil {
		_, err = tx.exec(ctx, `INSERT INTO service_states (service, number, after_event, until_event, since, until, body)
			VALUES ($1, $2, $3, 0, $4, 0, $5)`, service, number+1, event, now, body)
	}
	if err != nil {
		return fmt.Errorf("keep the state of service %s: %w", service, err)
	}
	return nil
}

// FirstServiceState notes the state of a service of which none is known, as if it had
// always been so.
func (tx *Tx) FirstServiceState(ctx context.Context, service bellhop.ID, body []byte) error {
	_, err := tx.exec(ctx, `INSERT INTO service_states (service, number, after_event, until_event, since, until, body)
		SELECT $1, 1, 0, 0, 0, 0, $2 WHERE NOT EXISTS (SELECT 1 FROM service_states WHERE service = $1)
		ON CONFLICT DO NOTHING`, service, body)
	if err != nil {
		return fmt.Errorf("keep the first state of service %s: %w", service, err)
	}
	return nil
}

// stateInForce returns number and body of the newest state of a service, 0 if there is
// none.
func (tx *Tx) stateInForce(ctx context.Context, service bellhop.ID) (number int64, body []byte, err error) {
	err = tx.get(ctx, "SELECT number, body FROM service_states WHERE service = $1 ORDER BY number DESC LIMIT 1",
		[]any{service}, &number, &body)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil, nil
	}
	if err != nil {
		return 0, nil, fmt.Errorf("read the state of service %s: %w", service, err)
	}
	return number, body, nil
}

// HasServiceState reports whether a state of the service is known.
func (tx *Tx) HasServiceState(ctx context.Context, service bellhop.ID) (bool, error) {
	number, _, err := tx.stateInForce(ctx, service)
	return number > 0, err
}

// ServiceStates returns the states of a service that are known, the oldest first, at most
// the newest n.
func (tx *Tx) ServiceStates(ctx context.Context, service bellhop.ID, n int) ([]ServiceState, error) {
	var states []ServiceState
	err := tx.each(ctx, `SELECT after_event, until_event, since, until, body FROM (
		SELECT number, after_event, until_event, since, until, body FROM service_states WHERE service = $1 ORDER BY number DESC LIMIT $2) AS newest
		ORDER BY number`, []any{service, n}, func(row scanner) error {
		var s ServiceState
		err := row.Scan(&s.AfterEvent, &s.UntilEvent, &s.Since, &s.Until, &s.Body)
		states = append(states, s)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the states of service %s: %w", service, err)
	}
	return states, nil
}

// ForgetOld removes, with what is no longer of use when the events of its time are gone,
// states of services that are not in force and replays that are at their end.
func (tx *Tx) ForgetOld(ctx context.Context) error {
	var first int64
	var at bellhop.Time
	err := tx.get(ctx, "SELECT seq, created_at FROM events ORDER BY seq LIMIT 1", nil, &first, &at)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err == nil {
		_, err = tx.exec(ctx, "DELETE FROM service_states WHERE until > 0 AND until_event < $1", first)
	}
	if err == nil {
		_, err = tx.exec(ctx, `DELETE FROM service_states WHERE until = 0 AND body IS NULL AND after_event < $1`, first)
	}
	if err == nil {
		_, err = tx.exec(ctx, "DELETE FROM replays WHERE state IN ('stopped', 'done') AND updated_at < $1 AND last_event < $2", at, first)
	}
	if err != nil {
		return fmt.Errorf("forget what is old: %w", err)
	}
	return nil
}
