package store

import (
	"context"
	"database/sql/driver"
	"fmt"
)

// hotStmt is a statement that runs for every event, without database/sql between it and
// the driver.
type hotStmt struct {
	stmt driver.Stmt
	exec driver.StmtExecContext // the same
	args []driver.NamedValue    // used again and again
}

// execHot runs a statement that changes something. Its parameters are question marks, since
// the driver looks up all others by name, and args are of the driver's own types.
func (tx *Tx) execHot(ctx context.Context, text string, args ...driver.Value) error {
	_, err := tx.changeHot(ctx, text, args...)
	return err
}

// changeHot is execHot that reports whether a row was changed.
func (tx *Tx) changeHot(ctx context.Context, text string, args ...driver.Value) (bool, error) {
	if !tx.write {
		return false, errWriteInView
	}
	h, err := tx.session.hotStmt(ctx, text)
	if err != nil {
		return false, tx.failed(ctx, err)
	}
	tx.writes++
	tx.pages += 1 + sizeOf(args)/pageSize
	h.args = h.args[:0]
	for i, arg := range args {
		h.args = append(h.args, driver.NamedValue{Ordinal: i + 1, Value: arg})
	}
	result, err := h.exec.ExecContext(tx.context(ctx), h.args)
	clear(h.args)
	if err != nil {
		return false, tx.failed(ctx, err)
	}
	n, err := result.RowsAffected()
	return n > 0, err
}

func (s *session) hotStmt(ctx context.Context, text string) (*hotStmt, error) {
	if h := s.hot[text]; h != nil {
		return h, nil
	}
	h := new(hotStmt)
	err := s.conn.Raw(func(conn any) (err error) {
		if h.stmt, err = conn.(driver.ConnPrepareContext).PrepareContext(context.WithoutCancel(ctx), s.placeholders(text)); err != nil {
			return fmt.Errorf("prepare %q: %w", text, err)
		}
		h.exec = h.stmt.(driver.StmtExecContext)
		return nil
	})
	if err != nil {
		return nil, err
	}
	s.hot[text] = h
	return h, nil
}
