package store

import (
	"context"
	"fmt"

	"bellhop"
)

// Tally names a row of failed logins, by a digest: what somebody typed as his name may be a password.
type Tally [32]byte

// FailedLogins is a row of logins that failed one after the other.
type FailedLogins struct {
	Failures int
	Last     bellhop.Time // of the newest
}

// FailedLogins returns the rows of these tallies; of one that nothing is known of, none.
func (tx *Tx) FailedLogins(ctx context.Context, account, address Tally) (map[Tally]FailedLogins, error) {
	known := map[Tally]FailedLogins{}
	err := tx.each(ctx, "SELECT tally, failures, last FROM failed_logins WHERE tally IN ($1, $2)", []any{account[:], address[:]}, func(row scanner) error {
		var tally []byte
		var f FailedLogins
		if err := row.Scan(&tally, &f.Failures, &f.Last); err != nil {
			return err
		}
		known[Tally(tally)] = f
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read failed logins: %w", err)
	}
	return known, nil
}

// AddFailedLogin counts one more, and returns how many there are in a row. A row whose newest is not
// after that time is forgotten, and begins anew.
func (tx *Tx) AddFailedLogin(ctx context.Context, tally Tally, now, forgotten bellhop.Time) (failures int, err error) {
	_, err = tx.exec(ctx, `INSERT INTO failed_logins (tally, failures, last) VALUES ($1, 1, $2)
		ON CONFLICT (tally) DO UPDATE SET last = excluded.last,
			failures = CASE WHEN failed_logins.last <= $3 THEN 1 ELSE failed_logins.failures + 1 END`, tally[:], now, forgotten)
	if err == nil {
		err = tx.get(ctx, "SELECT failures FROM failed_logins WHERE tally = $1", []any{tally[:]}, &failures)
	}
	if err != nil {
		return 0, fmt.Errorf("count a failed login: %w", err)
	}
	return failures, nil
}

// ForgetFailedLogins forgets a row, if there is one.
func (tx *Tx) ForgetFailedLogins(ctx context.Context, tally Tally) error {
	if _, err := tx.exec(ctx, "DELETE FROM failed_logins WHERE tally = $1", tally[:]); err != nil {
		return fmt.Errorf("forget failed logins: %w", err)
	}
	return nil
}

// DropFailedLogins removes the rows whose newest is not after that time.
func (tx *Tx) DropFailedLogins(ctx context.Context, forgotten bellhop.Time) error {
	if _, err := tx.exec(ctx, "DELETE FROM failed_logins WHERE last <= $1", forgotten); err != nil {
		return fmt.Errorf("forget old failed logins: %w", err)
	}
	return nil
}

// KeepFailedLogins removes all rows but the n whose newest are youngest, about.
func (tx *Tx) KeepFailedLogins(ctx context.Context, n int) error {
	_, err := tx.exec(ctx, `DELETE FROM failed_logins WHERE last < (
		SELECT last FROM failed_logins ORDER BY last DESC LIMIT 1 OFFSET $1)`, n-1)
	if err != nil {
		return fmt.Errorf("keep %d rows of failed logins: %w", n, err)
	}
	return nil
}
