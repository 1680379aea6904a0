package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"bellhop"
)

// Tx is a transaction, valid while the function that was given it runs, for that
// function's goroutine alone.
type Tx struct {
	db      *DB
	session *session
	write   bool

	upTo     int64           // a reader sees all changes up to this number
	sees     bellhop.ID      // the lane whose deliveries a reader sees
	seesAll  bool            // he sees those of all lanes
	waiting  bool            // he reads what waits: see ViewWaiting
	now      time.Time       // when a writer began
	writes   int             // statements that may have changed something
	pages    int             // about how many pages of the log they take
	bumped   []*bellhop.Kind // kinds of which it has changed something
	changed  []placed        // what it has changed of kinds whose changes are numbered
	versions versions        // as it has read them
	reads    reads
	events   int64     // appended
	appended []Pending // for those who deliver, once it is committed
	fault    error     // of the first statement that has failed, on PostgreSQL
	unsent   unsent    // the rest on PostgreSQL, too
	taken    taken
	xid      int64 // of the database
	inGate   bool
	dropped  bool // the pending deliveries of a service are to go

	// Memo is for one who keeps what he has made of what this transaction sees.
	Memo any

	after []func() // what AfterCommit was given

	deferred      []*deferred        // what was appended without its row, by number
	deferredBytes int                // of payload
	written       []*deferred        // whose rows were written
	first         int64              // the new first_event; 0 if that stays
	room          map[bellhop.ID]int // of lanes, as far as they were asked
}

// NewID returns an id for a new resource; ids ascend.
func (tx *Tx) NewID(now bellhop.Time) bellhop.ID { return tx.db.ids.New(now) }

// AfterCommit has f called when the changes of this transaction are everybody's. Others may
// do so, too. It must not block and not use the store. If nobody knows whether it was
// committed, f is not called.
func (tx *Tx) AfterCommit(f func()) { tx.after = append(tx.after, f) }

// context returns the context for statements: a batch is everybody's, so no caller's
// end may stop its statements.
func (tx *Tx) context(ctx context.Context) context.Context {
	if tx.write {
		return context.WithoutCancel(ctx)
	}
	return ctx
}

var errWriteInView = errors.New("write in a transaction that reads")

// exec runs a prepared statement that changes something and returns how many rows.
func (tx *Tx) exec(ctx context.Context, text string, args ...any) (int64, error) {
	if !tx.write {
		return 0, errWriteInView
	}
	ctx = tx.context(ctx)
	stmt, err := tx.session.stmt(ctx, text)
	if err != nil {
		return 0, tx.failed(ctx, err)
	}
	tx.writes++
	tx.pages += 1 + sizeOf(args)/pageSize
	result, err := stmt.ExecContext(ctx, args...)
	if err != nil {
		return 0, tx.failed(ctx, machineError(err))
	}
	return result.RowsAffected()
}

// sizeOf returns about how many bytes args take in a row.
func sizeOf[T any](args []T) (size int) {
	for _, arg := range args {
		switch value := any(arg).(type) {
		case string:
			size += len(value)
		case []byte:
			size += len(value)
		}
	}
	return size
}

// get scans the one row of a prepared statement; it returns sql.ErrNoRows if there is
// none.
func (tx *Tx) get(ctx context.Context, text string, args []any, dest ...any) error {
	ctx = tx.context(ctx)
	stmt, err := tx.session.stmt(ctx, text)
	if err != nil {
		return tx.failed(ctx, err)
	}
	return tx.failed(ctx, stmt.QueryRowContext(ctx, args...).Scan(dest...))
}

// each calls f for every row of a prepared statement.
func (tx *Tx) each(ctx context.Context, text string, args []any, f func(scanner) error) error {
	ctx = tx.context(ctx)
	stmt, err := tx.session.stmt(ctx, text)
	if err != nil {
		return tx.failed(ctx, err)
	}
	rows, err := stmt.QueryContext(ctx, args...)
	if err != nil {
		return tx.failed(ctx, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows); err != nil {
			return err
		}
	}
	return tx.failed(ctx, rows.Err())
}

// failed returns the error of a statement, as one of the machine if it is. On PostgreSQL a statement that has failed
// leaves nothing to be committed, even if it only reads.
func (tx *Tx) failed(ctx context.Context, err error) error {
	if err == nil || errors.Is(err, sql.ErrNoRows) || tx.session.pg == nil {
		return err
	}
	tx.writes++
	if tx.fault == nil {
		tx.fault = err
	}
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("%w: %w", ctx.Err(), err) // the server says only that it was told to stop
	case tx.session.pg.IsClosed():
		return notReached(err)
	}
	return machineError(err)
}

// reason returns err, that of a transaction which has failed, with the error of the statement that it
// failed by, if a function did not pass that on.
func (tx *Tx) reason(err error) error {
	if tx.fault == nil || errors.Is(err, tx.fault) {
		return err
	}
	return reasonError{err, tx.fault}
}

type reasonError struct{ err, reason error }

func (e reasonError) Error() string { return e.err.Error() + ": " + e.reason.Error() }

func (e reasonError) Unwrap() []error { return []error{e.err, e.reason} }

// scanner is a row of *sql.Rows or *sql.Row.
type scanner interface{ Scan(dest ...any) error }

// query runs a statement whose text was put together, without preparing it.
func (tx *Tx) query(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	rows, err := tx.session.conn.QueryContext(tx.context(ctx), text, args...)
	return rows, tx.failed(tx.context(ctx), err)
}

// queryRow is query for one row.
func (tx *Tx) queryRow(ctx context.Context, text string, args ...any) scanner {
	return oneRow{ctx: tx.context(ctx), tx: tx, row: tx.session.conn.QueryRowContext(tx.context(ctx), text, args...)}
}

// oneRow is a row whose statement may have failed.
type oneRow struct {
	ctx context.Context
	tx  *Tx
	row *sql.Row
}

func (r oneRow) Scan(dest ...any) error { return r.tx.failed(r.ctx, r.row.Scan(dest...)) }
