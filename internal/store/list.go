package store

import (
	"context"
	"fmt"
	"strings"

	"bellhop"
	"bellhop/internal/query"
)

// List returns the page of the resources of kind that q asks for, of those that v lets
// the caller see, and how many there are on all pages (docs/contract/resources.md
// section 4). Nothing is selected or populated yet.
//
// The ids are found first: what has to be sorted or passed over is never more than ids and what
// they are sorted by.
func (tx *Tx) List(ctx context.Context, kind *bellhop.Kind, q *query.Query, v Visible) ([]*bellhop.Document, int, error) {
	var ids []bellhop.ID
	total, err := tx.list(ctx, documentSource(kind), q, v, func(row scanner) error {
		var id bellhop.ID
		err := row.Scan(&id)
		ids = append(ids, id)
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("list %s: %w", kind.Plural, err)
	}
	docs, err := tx.Documents(ctx, kind, ids)
	return docs, total, err
}

// list calls scan for each row of the page of src that q asks for, of what v shows, and
// returns how many rows all pages have, or at least have if they are not to be counted.
func (tx *Tx) list(ctx context.Context, src source, q *query.Query, v Visible, scan func(scanner) error) (int, error) {
	if q.CountMost > 0 && (src.countMost == 0 || q.CountMost < src.countMost) {
		src.countMost = q.CountMost
	}
	s := tx.selection(src)
	text, some, err := s.page(ctx, tx, q, v)
	if err != nil || !some {
		return 0, err
	}
	returned, err := tx.scanRows(ctx, text, s.args, scan)
	if err != nil {
		return 0, err
	}
	total := q.Offset + returned
	lastPage := returned < q.Limit && (returned > 0 || q.Offset == 0)
	if !lastPage && !q.Uncounted {
		if total, err = tx.total(ctx, &s); err != nil {
			return 0, fmt.Errorf("count: %w", err)
		}
	}
	if src.countMost > 0 {
		total = min(total, src.countMost)
	}
	return total, nil
}

// page returns the statement for a page, and false if no row can meet q. Its arguments are those of
// counting, and two more.
func (s *selection) page(ctx context.Context, tx *Tx, q *query.Query, v Visible) (text string, some bool, err error) {
	filters, err := s.locate(ctx, tx, q.Filters, v)
	if err != nil {
		return "", false, err
	}
	if err := s.locateWide(ctx, tx, q, v); err != nil {
		return "", false, err
	}
	if filters, err = s.drive(ctx, tx, filters); err != nil {
		return "", false, err
	}
	if err := s.locateTime(ctx, tx, filters); err != nil {
		return "", false, err
	}
	if err := s.locateFew(ctx, tx, filters); err != nil {
		return "", false, err
	}
	s.lead = s.leader(q.Sort, filters, v)
	where, some := s.where(filters, v)
	if !some {
		return "", false, nil
	}
	s.counted = "SELECT 1 FROM " + s.from + where
	if s.countMost > 0 {
		s.counted += fmt.Sprintf(" LIMIT %d", s.countMost)
	}
	s.counted = "SELECT count(*) FROM (" + s.counted + ") AS counted"
	s.filters = len(s.args)
	columns := s.columns
	if columns == "" {
		columns = s.id
	}
	return "SELECT " + columns + " FROM " + s.from + where + " ORDER BY " + s.order(q.Sort) +
		" LIMIT " + s.add(q.Limit) + " OFFSET " + s.add(q.Offset), true, nil
}

func (tx *Tx) scanRows(ctx context.Context, text string, args []any, scan func(scanner) error) (n int, err error) {
	rows, err := tx.query(ctx, text, args...)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for ; rows.Next(); n++ {
		if err := scan(rows); err != nil {
			return 0, err
		}
	}
	return n, rows.Err()
}

// selection puts a statement together. What a client sent is in args alone, never in the
// text.
type selection struct {
	source
	args    []any
	dialect dialect

	shown  Visible  // what the list shows
	leaves []string // of the roots, those without organizations below them
	wide   []string // paths below which much lies
	paths  []any    // of the organizations of which one has to be the owner; nil for any
	narrow bool     // only what some organizations own themselves can be found, which an index has in its order
	recent bool     // few were changed since a filter wants it
	driven bool     // a participant is what the list is read by
	busy   bool     // a user who is asked for takes part in much more

	between []string // conditions for the numbers of the rows

	lead string // the expression that has one value, and that the index begins with by which a page has to be read

	counted string // the statement that counts the rows of all pages
	filters int    // how many of args it has
}

// add returns the text that stands for value.
func (s *selection) add(value any) string {
	s.args = append(s.args, value)
	return fmt.Sprintf("$%d", len(s.args))
}

// where returns the WHERE clause, and false if no row can meet it.
func (s *selection) where(filters []query.Filter, v Visible) (clause string, some bool) {
	s.shown = v
	var conditions []string
	if !v.All {
		visible := s.visible(s, v)
		if visible == "" {
			return "", false
		}
		conditions = append(conditions, visible)
	}
	if s.paths != nil {
		conditions = append(conditions, s.isOneOf(s.path, s.paths))
	}
	conditions = append(conditions, s.between...)
	for _, f := range filters {
		conditions = append(conditions, s.filter(f))
	}
	if len(conditions) == 0 {
		return "", true
	}
	return " WHERE " + strings.Join(conditions, " AND "), true
}

// isOneOf returns the condition that expr is one of values, "" if there are none.
func (s *selection) isOneOf(expr string, values []any) string {
	switch len(values) {
	case 0:
		return ""
	case 1:
		value := s.add(values[0])
		if expr == s.lead {
			return "(" + expr + " >= " + value + " AND " + expr + " <= " + value + ")"
		}
		return expr + " = " + value
	}
	texts := make([]string, len(values))
	for i, value := range values {
		texts[i] = s.add(value)
	}
	return expr + " IN (" + strings.Join(texts, ", ") + ")"
}

// either joins conditions by OR; empty ones, which nothing meets, are left out. It returns
// "" if none is left.
func either(conditions ...string) string {
	var kept []string
	for _, c := range conditions {
		if c != "" {
			kept = append(kept, c)
		}
	}
	return inHalves(kept)
}

// inHalves joins conditions by OR in halves: SQLite refuses an expression that is a thousand deep, as a plain row of as many
// values is.
func inHalves(conditions []string) string {
	n := len(conditions)
	if n < 2 {
		return strings.Join(conditions, "")
	}
	return "(" + inHalves(conditions[:n/2]) + " OR " + inHalves(conditions[n/2:]) + ")"
}
