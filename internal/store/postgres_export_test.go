package store

import "context"

// Parameter returns a setting of PostgreSQL as tx has it.
func (tx *Tx) Parameter(ctx context.Context, name string) (value string, err error) {
	err = tx.get(ctx, "SELECT current_setting($1)", []any{name}, &value)
	return value, err
}
