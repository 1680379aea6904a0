package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"bellhop"
)

// Login is a session of the admin pages.
type Login struct {
	Digest     [32]byte // of what the browser holds, which is not kept
	User       bellhop.ID
	Generation int64 // the user's, when the session began
	Ends       bellhop.Time
}

// InsertLogin adds a session.
func (tx *Tx) InsertLogin(ctx context.Context, l Login) error {
	_, err := tx.exec(ctx, `INSERT INTO logins (digest, "user", generation, ends) VALUES ($1, $2, $3, $4)`,
		l.Digest[:], l.User, l.Generation, l.Ends)
	if err != nil {
		return fmt.Errorf("insert a login of user %s: %w", l.User, err)
	}
	return nil
}

// Login returns the session with that digest, whether it has ended or not; nil if there
// is none.
func (tx *Tx) Login(ctx context.Context, digest [32]byte) (*Login, error) {
	l := &Login{Digest: digest}
	err := tx.get(ctx, `SELECT "user", generation, ends FROM logins WHERE digest = $1`+tx.forUpdate(), []any{digest[:]},
		&l.User, &l.Generation, &l.Ends)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read a login: %w", err)
	}
	return l, nil
}

// DeleteLogin removes a session, if there is one.
func (tx *Tx) DeleteLogin(ctx context.Context, digest [32]byte) error {
	if _, err := tx.exec(ctx, "DELETE FROM logins WHERE digest = $1", digest[:]); err != nil {
		return fmt.Errorf("delete a login: %w", err)
	}
	return nil
}

// DeleteEndedLogins removes the sessions that have ended at now.
func (tx *Tx) DeleteEndedLogins(ctx context.Context, now bellhop.Time) error {
	if _, err := tx.exec(ctx, "DELETE FROM logins WHERE ends <= $1", now); err != nil {
		return fmt.Errorf("delete ended logins: %w", err)
	}
	return nil
}
