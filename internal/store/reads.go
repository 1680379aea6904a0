package store

import (
	"context"
	"fmt"

	"bellhop"
)

// reads knows which state of documents the function that runs in a transaction has seen, so
// that it does not replace another one. On PostgreSQL others write at the same time; the state
// of a row is named by the transaction that wrote it. The zero reads knows of nothing.
type reads struct {
	seen    map[placed]int64 // the state that was read
	missing map[key]bool     // keys that were looked for and not found
	held    map[placed]bool  // what tx has written or locked: nobody else changes it
	names   map[string]bool  // what Lock has locked

	alone bool // no function of another caller runs in tx: it may wait for who holds something
	locks bool // all documents that are read are locked
}

type placed struct {
	kind *bellhop.Kind
	id   bellhop.ID
}

type key struct {
	kind  *bellhop.Kind
	value string
}

// begin is called before a function: what the one before has seen does not matter to it.
func (r *reads) begin() { r.seen, r.missing = nil, nil }

// mayWait reports whether tx may wait for others. While it holds something itself they may
// wait for it: who waits in a circle is found out after a second.
func (tx *Tx) mayWait() bool {
	return tx.reads.alone || tx.writes == 0 && len(tx.reads.held) == 0 && len(tx.reads.names) == 0
}

// saw notes the state of a document that was read, and maybe locked.
func (tx *Tx) saw(kind *bellhop.Kind, id bellhop.ID, state int64, locked bool) error {
	r, p := &tx.reads, placed{kind, id}
	if r.held[p] {
		return nil
	}
	if known, ok := r.seen[p]; ok && known != state {
		return fmt.Errorf("%s %s: %w", kind.Name, id, errAgain)
	}
	if locked {
		r.hold(p)
		return nil
	}
	if r.seen == nil {
		r.seen = map[placed]int64{}
	}
	r.seen[p] = state
	return nil
}

func (r *reads) hold(p placed) {
	if r.held == nil {
		r.held = map[placed]bool{}
	}
	r.held[p] = true
}

// missed notes that no document has a key.
func (tx *Tx) missed(kind *bellhop.Kind, value string) {
	if !tx.isGuarded() {
		return
	}
	if tx.reads.missing == nil {
		tx.reads.missing = map[key]bool{}
	}
	tx.reads.missing[key{kind, value}] = true
}

// keyTaken returns the error for a key that another document has: one who has looked for it, and not
// found it, looks again.
func (tx *Tx) keyTaken(kind *bellhop.Kind, value string) error {
	if tx.reads.missing[key{kind, value}] && !tx.reads.locks {
		return errAgain
	}
	return ErrTaken
}

// isGuarded reports whether others may change what tx reads before it commits.
func (tx *Tx) isGuarded() bool { return tx.write && tx.db.Shared() }

// stateColumn follows documentColumns: it says which state of a document is read.
func (tx *Tx) stateColumn() string {
	if tx.isGuarded() {
		return ", xmin::text::bigint AS state"
	}
	return ", 0 AS state"
}

// locking follows a statement that reads documents, and says which rows it locks.
func (tx *Tx) locking() string {
	if tx.isGuarded() && tx.reads.locks {
		return " FOR NO KEY UPDATE"
	}
	return ""
}

// lockingOne is locking for one document: a conversation is locked at once, since most who
// read it change it or number its next event. While tx may not wait, one that others hold is
// left out.
func (tx *Tx) lockingOne(kind *bellhop.Kind) (text string, waits bool) {
	switch {
	case kind != bellhop.Conversations || !tx.isGuarded():
		return tx.locking(), true
	case tx.mayWait():
		return " FOR NO KEY UPDATE", true
	}
	return " FOR NO KEY UPDATE SKIP LOCKED", false
}

// changeRow runs a statement that changes or removes the row of a document, whose id is the
// last of args, if it is as it was read. It reports whether it was there.
func (tx *Tx) changeRow(ctx context.Context, kind *bellhop.Kind, id bellhop.ID, text string, args ...any) (bool, error) {
	if !tx.isGuarded() {
		n, err := tx.exec(ctx, text, args...)
		return n > 0, err
	}
	p := placed{kind, id}
	state, seen := tx.reads.seen[p]
	if seen && !tx.reads.held[p] {
		args = append(args, state)
		text += fmt.Sprintf(" AND xmin::text::bigint = $%d", len(args))
	}
	n, err := tx.exec(ctx, text, args...)
	if err != nil {
		return false, err
	}
	if n == 0 && seen {
		return false, fmt.Errorf("%s %s: %w", kind.Name, id, errAgain)
	}
	if n > 0 {
		tx.reads.hold(p)
	}
	return n > 0, nil
}
