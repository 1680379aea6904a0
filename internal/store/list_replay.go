package store

import (
	"context"
	"fmt"

	"bellhop"
	"bellhop/internal/query"
)

// Replays returns the page of replays that q asks for, newest first unless it says
// otherwise, and how many there are on all pages.
func (tx *Tx) Replays(ctx context.Context, q *query.Query, v Visible) ([]*bellhop.Replay, int, error) {
	q.SortByDefault(newestFirst)
	var replays []*bellhop.Replay
	total, err := tx.list(ctx, replaySource, q, v, func(row scanner) error {
		r, err := tx.scanReplay(row)
		replays = append(replays, r)
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("list replays: %w", err)
	}
	return replays, total, nil
}

var replaySource = source{
	columns: replayColumns,
	from:    "replays AS r",
	id:      "r.id",
	column:  replayColumn,
	visible: visibleByOwner("r.org_path", "r.organization", "r.id"),
}

func replayColumn(d dialect, path query.Path) (column, bool) {
	switch path.String() {
	case "id":
		return column{expr: "r.id", hex: true}, true
	case "service":
		return column{expr: "r.service", hex: true}, true
	case "organization":
		return column{expr: "r.organization", hex: true}, true
	case "orgPath":
		return column{expr: "r.org_path", hex: true}, true
	case "state":
		return column{expr: "r.state"}, true
	case "events":
		events, pattern := d.rows("r.events", "p")
		return column{expr: pattern, rows: events + " WHERE TRUE", exists: "r.events NOT IN ('null', '[]')"}, true
	case "status":
		return column{expr: "r.status"}, true
	case "from":
		return column{expr: "r.begins", typ: bellhop.Date}, true
	case "to":
		return column{expr: "r.ends", typ: bellhop.Date}, true
	case "rate":
		return column{expr: "r.rate", typ: bellhop.Number}, true
	case "url":
		return column{expr: "r.url", missing: "''"}, true
	case "total":
		return column{expr: "CASE WHEN r.made > r.total THEN r.made ELSE r.total END", typ: bellhop.Number}, true
	case "sent":
		return column{expr: "r.sent", typ: bellhop.Number}, true
	case "failed":
		return column{expr: "r.failed", typ: bellhop.Number}, true
	case "pending":
		return column{typ: bellhop.Number, expr: "CASE WHEN r.state IN ('stopped', 'done') THEN 0 ELSE " +
			"(SELECT count(*) FROM deliveries AS d WHERE d.origin = r.id AND d.origin IS NOT NULL AND d.status = 0) END"}, true
	case "createdBy":
		return column{expr: "r.created_by", missing: "''", hex: true}, true
	case "createdAt":
		return column{expr: "r.created_at", typ: bellhop.Date}, true
	case "updatedAt":
		return column{expr: "r.updated_at", typ: bellhop.Date}, true
	}
	return column{}, false
}
