package store

import (
	"context"
	"fmt"

	"bellhop"
)

// Newest is a document by its id and when it was created.
type Newest struct {
	ID        bellhop.ID
	CreatedAt bellhop.Time
}

// NewestChildren returns the newest documents of kind that are listed under parent, oldest
// first. An index alone tells.
func (tx *Tx) NewestChildren(ctx context.Context, kind *bellhop.Kind, parent bellhop.ID, newest int) ([]Newest, error) {
	var list []Newest
	err := tx.each(ctx, "SELECT id, created_at FROM (SELECT id, created_at FROM "+kind.Plural+
		" WHERE parent = $1 ORDER BY created_at DESC, id DESC LIMIT $2) ORDER BY created_at, id", []any{parent, newest},
		func(row scanner) error {
			var n Newest
			err := row.Scan(&n.ID, &n.CreatedAt)
			list = append(list, n)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("read the newest %s of %s: %w", kind.Plural, parent, err)
	}
	return list, nil
}
