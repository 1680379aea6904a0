package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"bellhop"
)

// LoopTold returns when SetLoopTold was called for a conversation last, zero if it never
// was.
func (tx *Tx) LoopTold(ctx context.Context, conversation bellhop.ID) (bellhop.Time, error) {
	var at bellhop.Time
	err := tx.get(ctx, "SELECT told_at FROM loops WHERE conversation = $1", []any{conversation}, &at)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("read when a loop in %s was told of: %w", conversation, err)
	}
	return at, nil
}

// SetLoopTold notes that a loop in a conversation is told of.
func (tx *Tx) SetLoopTold(ctx context.Context, conversation bellhop.ID, at bellhop.Time) error {
	_, err := tx.exec(ctx, `INSERT INTO loops (conversation, told_at) VALUES ($1, $2)
		ON CONFLICT (conversation) DO UPDATE SET told_at = excluded.told_at`, conversation, at)
	if err != nil {
		return fmt.Errorf("note that a loop in %s is told of: %w", conversation, err)
	}
	return nil
}

// ForgetLoop forgets what SetLoopTold noted.
func (tx *Tx) ForgetLoop(ctx context.Context, conversation bellhop.ID) error {
	if _, err := tx.exec(ctx, "DELETE FROM loops WHERE conversation = $1", conversation); err != nil {
		return fmt.Errorf("forget a loop in %s: %w", conversation, err)
	}
	return nil
}
