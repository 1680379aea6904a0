package store

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"bellhop"
)

// What a transaction decides by what it has read may be wrong when it commits, where others
// write at the same time. That a document which it replaces was changed meanwhile is found out
// (see Document). For all else it holds what must stay as it is, and then reads it. On SQLite one
// writes at a time, and nothing needs to be held.

// Lock waits until no other transaction has locked that name, and locks it until this one has
// ended. What the lock is for is read after it: it may have changed while this one waited.
func (tx *Tx) Lock(ctx context.Context, name string) error {
	if !tx.isGuarded() || tx.reads.names[name] {
		return nil
	}
	locked, err := true, error(nil)
	if tx.mayWait() {
		err = tx.get(ctx, "SELECT true FROM pg_advisory_xact_lock($1)", []any{lockNumber(name)}, &locked)
	} else {
		err = tx.get(ctx, "SELECT pg_try_advisory_xact_lock($1)", []any{lockNumber(name)}, &locked)
	}
	if err != nil {
		return fmt.Errorf("lock %s: %w", name, err)
	}
	if !locked {
		return fmt.Errorf("%s is locked by others: %w", name, errAgain)
	}
	if tx.reads.names == nil {
		tx.reads.names = map[string]bool{}
	}
	tx.reads.names[name] = true
	tx.versions = nil
	return nil
}

// lockNumber is what PostgreSQL calls a lock.
func lockNumber(name string) int64 {
	sum := sha256.Sum256([]byte("bellhop lock " + name))
	return int64(binary.BigEndian.Uint64(sum[:]))
}

// Keep makes sure that a document is there, and that it is not deleted before this transaction
// has ended. It returns the kind's NotFound if there is none.
func (tx *Tx) Keep(ctx context.Context, kind *bellhop.Kind, id bellhop.ID) error {
	there, err := tx.holdRow(ctx, kind, id, " FOR KEY SHARE")
	if err == nil && !there {
		return kind.NotFound()
	}
	return err
}

// Claim waits until no other transaction keeps or changes a document, and lets none do so
// before this one has ended. It is for who deletes a document with what belongs to it, and comes
// before both are read. It does nothing if there is none.
func (tx *Tx) Claim(ctx context.Context, kind *bellhop.Kind, id bellhop.ID) error {
	if !tx.isGuarded() {
		return nil
	}
	there, err := tx.holdRow(ctx, kind, id, " FOR UPDATE")
	if there {
		tx.reads.hold(placed{kind, id})
	}
	return err
}

// forUpdate follows a statement by which tx reads rows that it may change after it has looked
// at them.
func (tx *Tx) forUpdate() string {
	if tx.isGuarded() {
		return " FOR UPDATE"
	}
	return ""
}

// forUpdateOfOne is forUpdate where each row is for one node alone: those that another one
// looks at just now are left out.
func (tx *Tx) forUpdateOfOne() string {
	if tx.isGuarded() {
		return " FOR UPDATE SKIP LOCKED"
	}
	return ""
}

// holdRow locks the row of a document, and reports whether there is one.
func (tx *Tx) holdRow(ctx context.Context, kind *bellhop.Kind, id bellhop.ID, locking string) (there bool, err error) {
	if !tx.isGuarded() {
		locking = ""
	}
	err = tx.each(ctx, "SELECT id FROM "+kind.Plural+" WHERE id = $1"+locking, []any{id}, func(scanner) error { there = true; return nil })
	if err != nil {
		return false, fmt.Errorf("hold %s %s: %w", kind.Name, id, err)
	}
	return there, nil
}
