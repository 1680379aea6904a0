package store

import (
	"context"

	"bellhop"
)

// What a transaction decides by what it has read may be wrong when it commits, where others
// write at the same time. That a document it replaces was changed meanwhile is found out (see
// Document). For all else it holds what must stay as it is, and then reads it: on SQLite one
// writes at a time, and these functions do nothing but what their names of errors say.

// Lock waits until no other transaction has locked that name, and locks it until this one has
// ended. It comes before the reading that it is for, since what was read before may have
// changed while it waited.
func (tx *Tx) Lock(ctx context.Context, name string) error {
	return nil
}

// Keep makes sure that a document is there, and that it is not deleted before this transaction
// has ended. It returns the kind's NotFound if there is none.
func (tx *Tx) Keep(ctx context.Context, kind *bellhop.Kind, id bellhop.ID) error {
	var there bool
	if err := tx.get(ctx, "SELECT EXISTS (SELECT 1 FROM "+kind.Plural+" WHERE id = $1)", []any{id}, &there); err != nil {
		return err
	}
	if !there {
		return kind.NotFound()
	}
	return nil
}

// Claim waits until no other transaction keeps or changes a document, and lets none do so
// before this one has ended. It is for who deletes a document with what belongs to it. It
// does nothing if there is none.
func (tx *Tx) Claim(ctx context.Context, kind *bellhop.Kind, id bellhop.ID) error {
	return nil
}
