package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// session is one connection with the statements that were prepared on it.
type session struct {
	conn     *sql.Conn
	prepared map[string]*sql.Stmt
	hot      map[string]*hotStmt
}

// maxPrepared bounds the statements of a session. The texts of our own functions are
// fewer; those that the list dialect puts together are never prepared.
const maxPrepared = 1024

func newSession(ctx context.Context, pool *sql.DB) (*session, error) {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &session{conn: conn, prepared: map[string]*sql.Stmt{}, hot: map[string]*hotStmt{}}, nil
}

func (s *session) close() error {
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
