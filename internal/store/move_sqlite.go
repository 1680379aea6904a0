package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"
)

// sqliteEnd is an end of a move in a data directory.
type sqliteEnd struct {
	*sql.Conn
	db      *DB
	written int // since the last checkpoint
}

func (e *sqliteEnd) close() error { return e.db.Close() }

// alone has nothing to do: the directory is locked while it is open.
func (e *sqliteEnd) alone(context.Context, time.Duration) error { return nil }

func (e *sqliteEnd) stillAlone(context.Context) error { return nil }

func (e *sqliteEnd) table(ctx context.Context, name string) (moveTable, error) {
	t := moveTable{name: name}
	keys := map[int]string{}
	err := e.rows(ctx, "SELECT name, pk, hidden FROM pragma_table_xinfo($1) ORDER BY name", []any{name}, func(row []any) error {
		column, pk, hidden := row[0].(string), row[1].(int64), row[2].(int64)
		if hidden != 0 {
			return nil // it is made of others
		}
		t.columns = append(t.columns, column)
		if pk > 0 {
			keys[int(pk)] = column
		}
		return nil
	})
	for i := range len(keys) {
		t.key = append(t.key, keys[i+1])
	}
	return t, err
}

func (e *sqliteEnd) rows(ctx context.Context, text string, args []any, f func([]any) error) error {
	rows, err := e.QueryContext(ctx, text, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return err
	}
	into := make([]any, len(names))
	for rows.Next() {
		row := make([]any, len(names))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			return err
		}
		for i, value := range row {
			if b, ok := value.([]byte); ok && b == nil {
				row[i] = []byte{} // the driver does not tell it from NULL when it writes
			}
		}
		if err := f(row); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (e *sqliteEnd) exec(ctx context.Context, text string, args ...any) error {
	_, err := e.ExecContext(ctx, text, args...)
	return machineError(err)
}

func (e *sqliteEnd) insert(ctx context.Context, t moveTable, rows [][]any) (err error) {
	// What is committed is whole after a power cut, too, though perhaps less of it.
	if err := e.sync(ctx, syncLater); err != nil {
		return err
	}
	tx, err := e.BeginTx(ctx, nil)
	if err != nil {
		return machineError(err)
	}
	defer func() {
		if err != nil {
			err = machineError(errors.Join(err, ignoreDone(tx.Rollback())))
		}
	}()
	stmt, err := tx.PrepareContext(ctx, "INSERT INTO "+t.quoted()+" ("+quote(t.columns...)+") VALUES ("+parameters(len(t.columns))+")")
	if err != nil {
		return err
	}
	defer stmt.Close()
	for _, row := range rows {
		if _, err := stmt.ExecContext(ctx, row...); err != nil {
			return fmt.Errorf("insert the row %v: %w", keyOfRow(t, row), err)
		}
		e.written += 1 + sizeOf(row)/pageSize
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	if e.written < checkpointPages {
		return nil
	}
	e.written = 0
	_, err = e.db.checkpointOnce(ctx, "RESTART")
	return err
}

// sync makes the next commits wait for the disk or not.
func (e *sqliteEnd) sync(ctx context.Context, mode syncMode) error {
	if e.db.sync == syncNever || e.db.sync == mode {
		return nil
	}
	e.db.sync = mode
	return e.exec(ctx, "PRAGMA synchronous = "+string(mode))
}

// ignoreDone leaves out that a transaction is over already.
func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

// keyOfRow says which row of a table it is.
func keyOfRow(t moveTable, row []any) []any {
	var key []any
	for _, name := range t.key {
		key = append(key, row[slices.Index(t.columns, name)])
	}
	return key
}

func (e *sqliteEnd) numbers(context.Context) (lastNumbers, error) {
	return lastNumbers{e.db.lastEvent.Load(), e.db.lastDelivery, e.db.lastDue.Load()}, nil
}

// setNumbers has nothing to do: Open finds the numbers.
func (e *sqliteEnd) setNumbers(context.Context, []moveTable, lastNumbers) error { return nil }

func (e *sqliteEnd) finish(ctx context.Context, _ []moveTable) error {
	if err := e.sync(ctx, syncAlways); err != nil {
		return err
	}
	if _, err := e.db.checkpointOnce(ctx, "TRUNCATE"); err != nil {
		return err
	}
	if err := e.exec(ctx, "UPDATE moves SET state = $1", moveEnded); err != nil {
		return fmt.Errorf("note that the move has ended: %w", err)
	}
	return nil
}
