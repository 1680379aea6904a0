package store

import (
	"context"
	"fmt"

	"bellhop"
	"bellhop/internal/query"
)

// AuditRecords returns the page of audit records that q asks for, newest first unless it says
// otherwise, and how many there are on all pages, counted up to 10,000.
func (tx *Tx) AuditRecords(ctx context.Context, q *query.Query, v Visible) ([]*bellhop.AuditRecord, int, error) {
	q.SortByDefault(newestFirst)
	var records []*bellhop.AuditRecord
	total, err := tx.list(ctx, auditSource, q, v, func(row scanner) error {
		var doc string
		if err := row.Scan(&doc); err != nil {
			return err
		}
		r, err := decodeAudit(doc)
		records = append(records, r)
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("list audit records: %w", err)
	}
	return records, total, nil
}

var auditSource = source{
	columns:   "a.doc",
	from:      "audit AS a",
	id:        "a.id",
	column:    auditColumn,
	document:  "a.doc",
	kind:      bellhop.AuditRecords,
	visible:   visibleAudit,
	countMost: countMost,
}

// visibleAudit shows records by the path of their organization, which may be gone: so what lies
// below one that has nothing below it now counts, too.
func visibleAudit(s *selection, v Visible) string {
	s.path = "a.org_path"
	return visibleByOwner(s.path, "a.organization", "a.id")(s, v)
}

func auditColumn(_ dialect, path query.Path) (column, bool) {
	switch path.String() {
	case "id":
		return column{expr: "a.id", hex: true}, true
	case "organization":
		return column{expr: "a.organization", hex: true}, true
	case "orgPath":
		return column{expr: "a.org_path", hex: true}, true
	case "object":
		return column{expr: "a.object", missing: "''"}, true
	case "user":
		return column{expr: "a.user", missing: "''", hex: true}, true
	case "verb":
		return column{expr: "a.verb"}, true
	case "kind":
		return column{expr: "a.kind"}, true
	case "failed":
		return column{expr: "a.failed", typ: bellhop.Bool, equal: hasFailed}, true
	case "createdAt":
		return column{expr: "a.created_at", typ: bellhop.Date}, true
	}
	return column{}, false
}

// hasFailed names the value in the text: the index has only what failed.
func hasFailed(_ *selection, value string) string {
	failed, ok := query.Bool(value)
	switch {
	case !ok:
		return ""
	case failed:
		return "a.failed = 1"
	}
	return "a.failed = 0"
}
