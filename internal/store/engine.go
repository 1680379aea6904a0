package store

import (
	"context"
	"log/slog"
	"time"

	"bellhop"
)

// engine is what SQLite and PostgreSQL do each in their own way. What lists say in their own way is the dialect.
type engine interface {
	// migrate brings the schema up to date. Nobody else of this process uses the store yet.
	migrate(ctx context.Context) error

	// beginView begins a transaction that reads one state of the store. If it says so it reads what waits: see ViewWaiting.
	beginView(ctx context.Context, s *session, waiting bool) error

	// beginUpdate begins a transaction that writes. If it is lazy, its commit need not wait for the disk.
	beginUpdate(ctx context.Context, tx *Tx, lazy bool) error

	// commit ends tx; without an error its changes are there, and on disk unless it is lazy.
	commit(ctx context.Context, tx *Tx) error

	// rollback ends tx without its changes, also if the engine has done so by itself.
	rollback(ctx context.Context, tx *Tx)

	// verdict says what may help against the error of a transaction that was run in s.
	verdict(s *session, err error) verdict

	// newEvents returns n numbers for events that ascend.
	newEvents(ctx context.Context, n int) ([]int64, error)

	// newestEvent returns a number that is no less than those of all events that were committed, and less than those of
	// events that are numbered later.
	newestEvent(ctx context.Context, tx *Tx) (int64, error)

	// latestDue returns the latest due time that a delivery got so far when it was new.
	latestDue(ctx context.Context, tx *Tx) (bellhop.Time, error)

	// lastCommitted is Tx.LastDelivery.
	lastCommitted(ctx context.Context, tx *Tx) (int64, error)

	// appended is DB.Appended, of at least one gap and one partition.
	appended(ctx context.Context, gaps []Gap, partitions []int, n int) ([]Pending, error)

	// append is Tx.Append.
	append(ctx context.Context, tx *Tx, event *bellhop.Event, deliveries []bellhop.Delivery) error

	// appendLate appends a delivery of an event that was appended before.
	appendLate(ctx context.Context, tx *Tx, event *bellhop.Event, d *bellhop.Delivery, origin string, now bellhop.Time) error

	// record is Tx.RecordAll.
	record(ctx context.Context, tx *Tx, results []Result) (pending []bool, err error)

	// readNumbers finds where the sequences of rows go on.
	readNumbers(ctx context.Context) error

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

// verdict says what may help against the error of a transaction that has changed nothing.
type verdict int

const (
	lasting     verdict = iota // nothing, as far as is known
	passing                    // to run it again: it was in the way of another one
	unreachable                // to wait: it was all others' error, too
	hopeless                   // nothing that can be waited for, and it is all others' error, too
)

// isFinal reports whether who has tried since began has tried long enough.
func (v verdict) isFinal(began time.Time) bool { return v == hopeless || time.Since(began) > repeatFor }

// lockedWork is what one node does at a time. The numbers are locks in the database.
type lockedWork int64

const (
	migrating lockedWork = iota + 0x62656c6c686f7000
	removingOld
	removingDropped
)
