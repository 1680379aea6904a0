package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// moveLock is held, in the database, by the process that fills it.
const moveLock int64 = 0x6d6f7665

// postgresEnd is an end of a move in a database. It has a connection of its own, and another one that keeps nodes away.
type postgresEnd struct {
	*sql.Conn
	pg    *pgx.Conn
	db    *DB
	guard *session // nil before alone
}

// newPostgresEnd returns a database that is moved, or that is to be filled.
func newPostgresEnd(ctx context.Context, db *DB, filled bool) (moveEnd, error) {
	e := &postgresEnd{db: db}
	var err error
	if e.Conn, e.pg, err = e.connect(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if filled {
		err = e.mayFill(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, e.close())
	}
	return e, nil
}

// mayFill refuses a role that could copy all rows, and not set the numbers on behind them.
func (e *postgresEnd) mayFill(ctx context.Context) error {
	var may bool
	if err := e.pg.QueryRow(ctx, "SELECT has_sequence_privilege('event_numbers', 'UPDATE')").Scan(&may); err != nil {
		return fmt.Errorf("look at the rights of this role: %w", err)
	}
	if !may {
		return errors.New("this role may not fill the store: move by the URL of the role that owns the tables")
	}
	return nil
}

// connect returns a connection whose transactions may wait for as long as the other end takes.
func (e *postgresEnd) connect(ctx context.Context) (*sql.Conn, *pgx.Conn, error) {
	conn, pg, err := e.db.engine.(*postgresEngine).connect(ctx)
	if err != nil {
		return nil, nil, notReached(err)
	}
	_, err = pg.Exec(ctx, "SET idle_in_transaction_session_timeout = 0")
	if err != nil {
		return nil, nil, errors.Join(err, conn.Close())
	}
	return conn, pg, nil
}

func (e *postgresEnd) close() error {
	errs := []error{e.Conn.Close()}
	if e.guard != nil {
		errs = append(errs, e.guard.close())
	}
	return errors.Join(append(errs, e.db.Close())...)
}

func (e *postgresEnd) alone(ctx context.Context, patience time.Duration) error {
	e.guard = &session{connect: e.connect}
	if err := e.guard.open(ctx); err != nil {
		return err
	}
	var mine bool
	if err := e.guard.pg.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", moveLock).Scan(&mine); err != nil {
		return fmt.Errorf("lock the database: %w", err)
	}
	if !mine {
		return errors.New("another move is using the database")
	}
	return e.keepNodesAway(ctx, patience)
}

// stillAlone asks the connection that keeps others away: a database that has lost it has let them in.
func (e *postgresEnd) stillAlone(ctx context.Context) error {
	if err := e.guard.pg.Ping(ctx); err != nil {
		return fmt.Errorf("the database has lost the connection that kept others away: %w", err)
	}
	return nil
}

// keepNodesAway refuses a database that a node uses, and locks it against those that come: each transaction in which a
// node writes takes a lock on the table of nodes first.
func (e *postgresEnd) keepNodesAway(ctx context.Context, patience time.Duration) error {
	pg := e.guard.pg
	var there bool
	if err := pg.QueryRow(ctx, "SELECT to_regclass('nodes') IS NOT NULL").Scan(&there); err != nil || !there {
		return err
	}
	before, err := e.beats(ctx)
	if err != nil {
		return err
	}
	for end := time.Now().Add(patience); len(before) > 0 && time.Now().Before(end); {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(patience / 14):
		}
		now, err := e.beats(ctx)
		if err != nil {
			return err
		}
		for id, beat := range now {
			if old, known := before[id]; !known || old != beat {
				return errors.New("the store is in use by a server: stop all that use this database")
			}
		}
	}
	// It waits for transactions that have begun, not for others.
	if _, err := pg.Exec(ctx, "BEGIN"); err != nil {
		return fmt.Errorf("lock the table of nodes: %w", err)
	}
	if _, err := pg.Exec(ctx, "LOCK TABLE nodes IN EXCLUSIVE MODE"); err != nil {
		return fmt.Errorf("lock the table of nodes: %w", err)
	}
	return nil
}

// beats returns how often nodes have beaten.
func (e *postgresEnd) beats(ctx context.Context) (map[string]int64, error) {
	beats := map[string]int64{}
	rows, err := e.guard.pg.Query(ctx, "SELECT id, beat FROM nodes")
	if err != nil {
		return nil, fmt.Errorf("look for nodes: %w", err)
	}
	var id string
	var beat int64
	_, err = pgx.ForEachRow(rows, []any{&id, &beat}, func() error {
		beats[id] = beat
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look for nodes: %w", err)
	}
	return beats, nil
}

func (e *postgresEnd) table(ctx context.Context, name string) (moveTable, error) {
	t := moveTable{name: name}
	columns := `SELECT attname::text COLLATE "C" FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
		ORDER BY 1`
	if err := e.names(ctx, &t.columns, columns, quote(name)); err != nil {
		return t, err
	}
	return t, e.names(ctx, &t.key, `SELECT a.attname::text FROM pg_index AS i CROSS JOIN unnest(i.indkey::int[]) WITH ORDINALITY AS k (attnum, n)
		JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.attnum WHERE i.indrelid = to_regclass($1) AND i.indisprimary ORDER BY k.n`, quote(name))
}

func (e *postgresEnd) names(ctx context.Context, names *[]string, text string, args ...any) error {
	return e.rows(ctx, text, args, func(row []any) error {
		*names = append(*names, row[0].(string))
		return nil
	})
}

func (e *postgresEnd) rows(ctx context.Context, text string, args []any, f func([]any) error) error {
	// Described first, so that what comes is binary.
	rows, err := e.pg.Query(ctx, text, append([]any{pgx.QueryExecModeDescribeExec}, args...)...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		row, err := rows.Values()
		if err != nil {
			return err
		}
		if err := f(row); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (e *postgresEnd) exec(ctx context.Context, text string, args ...any) error {
	_, err := e.pg.Exec(ctx, text, args...)
	return machineError(err)
}

func (e *postgresEnd) insert(ctx context.Context, t moveTable, rows [][]any) error {
	err := pgx.BeginFunc(ctx, e.pg, func(tx pgx.Tx) error {
		// What is committed is whole after a power cut, too, though perhaps less of it.
		if _, err := tx.Exec(ctx, "SET LOCAL synchronous_commit = off"); err != nil {
			return err
		}
		_, err := tx.CopyFrom(ctx, pgx.Identifier{t.name}, t.columns, pgx.CopyFromRows(rows))
		return err
	})
	if err != nil {
		return fmt.Errorf("copy the rows from %v to %v: %w", keyOfRow(t, rows[0]), keyOfRow(t, rows[len(rows)-1]), machineError(err))
	}
	return nil
}

// numbers takes those of events from the sequence: it may have given some to events that nobody has committed.
func (e *postgresEnd) numbers(ctx context.Context) (last lastNumbers, err error) {
	err = e.pg.QueryRow(ctx, `SELECT greatest(r.event, CASE WHEN s.is_called THEN s.last_value ELSE s.last_value - 1 END, (SELECT coalesce(max(seq), 0) FROM events)),
		greatest(r.delivery, n.last_delivery, (SELECT coalesce(max(seq), 0) FROM deliveries)), n.last_due
		FROM removed AS r, event_numbers AS s, numbers AS n`).Scan(&last.event, &last.delivery, &last.due)
	return last, err
}

func (e *postgresEnd) setNumbers(ctx context.Context, tables []moveTable, last lastNumbers) error {
	if err := e.exec(ctx, "UPDATE numbers SET last_delivery = $1, last_due = $2", last.delivery, last.due); err != nil {
		return err
	}
	// It gives the next one, and has none before 1.
	if err := e.exec(ctx, "SELECT setval('event_numbers', $1, false)", last.event+1); err != nil {
		return err
	}
	for _, t := range tables {
		var columns []string
		err := e.names(ctx, &columns, "SELECT attname::text FROM pg_attribute WHERE attrelid = to_regclass($1) AND attidentity <> '' AND NOT attisdropped", t.quoted())
		if err != nil {
			return err
		}
		for _, column := range columns {
			text := "SELECT setval(pg_get_serial_sequence($1, $2), max(" + quote(column) + ")) FROM " + t.quoted() + " HAVING max(" + quote(column) + ") IS NOT NULL"
			if err := e.exec(ctx, text, t.quoted(), column); err != nil {
				return fmt.Errorf("%s of %s: %w", column, t.name, err)
			}
		}
	}
	return nil
}

// finish also lets the server count what is in the tables: until then it would guess how to read them.
func (e *postgresEnd) finish(ctx context.Context, tables []moveTable) error {
	for _, t := range tables {
		if err := e.exec(ctx, "ANALYZE "+t.quoted()); err != nil {
			return fmt.Errorf("analyze %s: %w", t.name, err)
		}
	}
	err := pgx.BeginFunc(ctx, e.pg, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "SET LOCAL synchronous_commit = on")
		if err == nil {
			_, err = tx.Exec(ctx, "UPDATE moves SET state = $1", moveEnded)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("note that the move has ended: %w", err)
	}
	return nil
}
