package store

import (
	"context"
	"database/sql"
	"time"
)

// moveEnd is a store that is moved, or that one is moved to. Nobody else uses it.
type moveEnd interface {
	close() error

	// alone makes sure that nobody uses the store, and that nobody can until close. Who may be dead is watched for so long.
	alone(ctx context.Context, patience time.Duration) error

	// stillAlone makes sure that nobody could use it since.
	stillAlone(ctx context.Context) error

	// table returns the columns of a table, by name, and its key; nothing of one that is not there.
	table(ctx context.Context, name string) (moveTable, error)

	// QueryContext and QueryRowContext read little.
	QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row

	// rows calls f with the values of each row as they come: nil, int64, float64, string and []byte, which f may keep.
	rows(ctx context.Context, text string, args []any, f func(row []any) error) error

	// exec changes something, in a transaction of its own.
	exec(ctx context.Context, text string, args ...any) error

	// insert adds rows, all of them or none.
	insert(ctx context.Context, t moveTable, rows [][]any) error

	// numbers returns the highest numbers that anybody was given.
	numbers(ctx context.Context) (lastNumbers, error)

	// setNumbers makes the engine's own numbers go on behind these, and behind those of the rows.
	setNumbers(ctx context.Context, tables []moveTable, last lastNumbers) error

	// finish makes the store one that can be used. It is on disk then.
	finish(ctx context.Context, tables []moveTable) error
}

// lastNumbers are the highest numbers of events and deliveries, and the latest due time of one that was new.
type lastNumbers struct{ event, delivery, due int64 }

// openEnd opens a store as one end of a move.
func openEnd(ctx context.Context, c Config) (moveEnd, error) {
	db, err := Open(ctx, c)
	if err != nil {
		return nil, err
	}
	if c.Database == "" {
		return &sqliteEnd{Conn: db.writer.conn, db: db}, nil
	}
	return newPostgresEnd(ctx, db, c.moving)
}
