package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// session is one connection with the statements that were prepared on it. One that has connect is connected by open, and gets
// another connection when that was lost.
type session struct {
	conn     *sql.Conn
	pg       *pgx.Conn // below conn, on PostgreSQL
	prepared map[string]*sql.Stmt
	hot      map[string]*hotStmt
	node     NodeID // that the transaction is one of; see fence

	piped       map[string]string // names of the statements that a pipe has prepared
	pipes       int               // how many names it has given
	incarnation string            // of the server, for one who writes: see Tx.state
	timeline    int64             // likewise: see timelines
	plans       plans             // how old those of its statements are

	placeholders func(text string) string                            // see engine
	connect      func(context.Context) (*sql.Conn, *pgx.Conn, error) // may be nil if there is a connection; see pg
}

// maxPrepared bounds the statements of a session. The texts of our own functions are
// fewer; those that the list dialect puts together are never prepared.
const maxPrepared = 1024

func newSession(ctx context.Context, pool *sql.DB) (*session, error) {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, err
	}
	s := &session{conn: conn, placeholders: sqliteEngine{}.placeholders}
	s.forget()
	return s, nil
}

func (s *session) forget() {
	s.prepared, s.hot, s.piped, s.plans = map[string]*sql.Stmt{}, map[string]*hotStmt{}, map[string]string{}, plans{}
}

// open connects a session that has no connection, or has lost it.
func (s *session) open(ctx context.Context) error {
	if s.conn != nil && !s.isLost() {
		return nil
	}
	if err := s.close(); err != nil {
		return err
	}
	s.forget()
	conn, pg, err := s.connect(ctx)
	if err != nil {
		return notReached(err)
	}
	s.conn, s.pg = conn, pg
	return nil
}

// isLost reports whether the session had a connection that is of no use any more, a transaction that nobody has
// ended included.
func (s *session) isLost() bool {
	return s.pg != nil && (s.pg.IsClosed() || s.pg.PgConn().TxStatus() != 'I')
}

// begin runs a statement that begins a transaction. The server may have closed the connection since it was used last: then
// nothing was begun, and a new one takes its place.
func (s *session) begin(ctx context.Context, text string) error {
	if err := s.open(ctx); err != nil {
		return err
	}
	err := s.exec(ctx, text)
	if err != nil && s.isLost() {
		if err = s.open(ctx); err != nil {
			return err
		}
		err = s.exec(ctx, text)
	}
	if err != nil && s.isLost() {
		return notReached(err)
	}
	return machineError(err)
}

func (s *session) close() error {
	if s.pg != nil {
		// First what is below, or else each statement would be closed by a message of its own. What is lost already
		// cannot be closed well.
		_ = s.conn.Raw(func(conn any) error { return conn.(*stdlib.Conn).Close() })
		_ = s.conn.Close()
		s.conn, s.pg = nil, nil
		return nil
	}
	if s.conn == nil {
		return nil
	}
	var errs []error
	for _, stmt := range s.prepared {
		errs = append(errs, stmt.Close())
	}
	for _, stmt := range s.hot {
		errs = append(errs, stmt.stmt.Close())
	}
	return errors.Join(append(errs, s.conn.Close())...)
}

func (s *session) stmt(ctx context.Context, text string) (*sql.Stmt, error) {
	if stmt := s.prepared[text]; stmt != nil {
		return stmt, nil
	}
	if len(s.prepared) >= maxPrepared {
		return nil, fmt.Errorf("more than %d statements are prepared", maxPrepared)
	}
	stmt, err := s.conn.PrepareContext(ctx, text)
	if err != nil {
		return nil, fmt.Errorf("prepare %q: %w", text, err)
	}
	s.prepared[text] = stmt
	return stmt, nil
}

func (s *session) exec(ctx context.Context, text string) error {
	h, err := s.hotStmt(ctx, text)
	if err != nil {
		return err
	}
	_, err = h.exec.ExecContext(ctx, nil)
	return err
}
