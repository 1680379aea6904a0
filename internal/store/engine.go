package store

import (
	"context"
	"log/slog"
)

// engine is what SQLite and PostgreSQL do each in their own way. What lists say in their own way is the dialect.
type engine interface {
	// migrate brings the schema up to date. Nobody else of this process uses the store yet.
	migrate(ctx context.Context) error

	// begin begins a transaction that reads one state of the store, or one that writes.
	begin(ctx context.Context, s *session, write bool) error

	// commit ends a transaction; without an error its changes are there, and on disk if that was asked for.
	commit(ctx context.Context, s *session) error

	// setSync makes the next commits of the writer wait for the disk or not.
	setSync(ctx context.Context, mode syncMode) error

	// defers reports whether rows of deliveries may be written after their event: see deferral.
	defers() bool

	// placeholders returns a statement whose parameters are question marks as the driver wants it.
	placeholders(text string) string

	// indexedBy follows the name of a table and names the index to be used, if it has to be said.
	indexedBy(index string) string

	// rows returns a table of the strings in a JSON array.
	rows(array, alias string) (from, text string)

	// field returns the text of a declared field of a document, as an index has it.
	field(column, name string) string

	// use returns how much the store takes; gone notes that rows of a table were removed.
	use(ctx context.Context) (use, error)
	gone(table string, rows int64)

	// sizes returns how many bytes the database takes, and its log, if it is apart.
	sizes() (database, log int64)

	// tryLock reports whether the transaction, until its end, is the one that does that work: another node may be about it.
	tryLock(ctx context.Context, tx *Tx, work lockedWork) (bool, error)

	// upkeep keeps in shape what is the engine's, until ctx ends.
	upkeep(ctx context.Context, log *slog.Logger)
}

// lockedWork is what one node does at a time. The numbers are locks in the database.
type lockedWork int64

const (
	migrating lockedWork = iota + 0x62656c6c686f7000
	removingOld
	removingDropped
)
