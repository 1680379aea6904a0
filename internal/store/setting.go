package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Setting returns the secret of the server that was kept under name, nil if none was.
func (tx *Tx) Setting(ctx context.Context, name string) ([]byte, error) {
	var sealed []byte
	err := tx.get(ctx, "SELECT sealed FROM settings WHERE name = $1", []any{name}, &sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read setting %s: %w", name, err)
	}
	return tx.db.seal.open("settings/"+name, sealed)
}

// SetSetting keeps a secret of the server under name, encrypted.
func (tx *Tx) SetSetting(ctx context.Context, name string, secret []byte) error {
	_, err := tx.exec(ctx, "INSERT INTO settings (name, sealed) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET sealed = excluded.sealed",
		name, tx.db.seal.seal("settings/"+name, secret))
	if err != nil {
		return fmt.Errorf("keep setting %s: %w", name, err)
	}
	return nil
}
