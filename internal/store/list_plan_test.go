package store

import (
	"context"
	"testing"

	"bellhop"
	"bellhop/internal/query"
)

// explained returns how the statements for a list are carried out, that for the page and that which counts.
func explained[Plan any](t *testing.T, db *DB, explain func(ctx context.Context, tx *Tx, text string, args []any) (Plan, error), kind *bellhop.Kind, rawQuery string, v Visible) (page, counting Plan) {
	t.Helper()
	q, err := query.Parse(kind, rawQuery)
	if err != nil {
		t.Fatal(err)
	}
	src := documentSource(kind)
	switch kind {
	case bellhop.Deliveries:
		src = deliverySource
		q.SortByDefault(newestFirst)
	case bellhop.Events:
		src = eventSource
		q.SortByDefault(newestFirst)
	case bellhop.AuditRecords:
		src = auditSource
		q.SortByDefault(newestFirst)
	}
	err = db.View(t.Context(), func(tx *Tx) error {
		s := tx.selection(src)
		text, _, err := s.page(t.Context(), tx, q, v)
		if err != nil {
			return err
		}
		if page, err = explain(t.Context(), tx, text, s.args); err != nil {
			return err
		}
		counting, err = explain(t.Context(), tx, s.counted, s.args[:s.filters])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return page, counting
}

func explain(ctx context.Context, tx *Tx, text string, args []any) (plan string, err error) {
	_, err = tx.scanRows(ctx, "EXPLAIN QUERY PLAN "+text, args, func(row scanner) error {
		var id, parent, unused int
		var detail string
		err := row.Scan(&id, &parent, &unused, &detail)
		plan += detail + "\n"
		return err
	})
	return plan, err
}

// plansOf is explained for SQLite.
func plansOf(t *testing.T, db *DB, kind *bellhop.Kind, rawQuery string, v Visible) (page, counting string) {
	return explained(t, db, explain, kind, rawQuery, v)
}
