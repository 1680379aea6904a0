package store

import (
	"context"
	"fmt"

	"bellhop"
	"bellhop/internal/query"
)

// Events returns the page of events that q asks for, newest first unless it says
// otherwise, and how many there are on all pages, counted up to 10,000.
func (tx *Tx) Events(ctx context.Context, q *query.Query, v Visible) ([]StoredEvent, int, error) {
	q.SortByDefault(newestFirst)
	var events []StoredEvent
	total, err := tx.list(ctx, eventSource, q, v, func(row scanner) error {
		e, err := scanEvent(row)
		events = append(events, e)
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("list events: %w", err)
	}
	return events, total, nil
}

var eventSource = source{
	columns:  eventColumns,
	from:     "events AS e",
	id:       "e.seq",
	column:   ownEventColumn,
	visible:  visibleByOwner("e.org_path", "e.organization", "e.seq"),
	numbered: "events",
	ofEvents: func(s *selection, events string) string {
		return s.dialect.among("e.seq", "SELECT seq FROM ("+events+") AS v")
	},
	countMost: countMost,
}

func ownEventColumn(_ dialect, path query.Path) (column, bool) {
	switch path.String() {
	case "id":
		return column{expr: "e.seq", opaque: true, equal: equalEvent, anyOf: anyEvent}, true
	case "createdAt":
		return column{expr: "e.created_at", typ: bellhop.Date}, true
	case "deliveries":
		return column{expr: "e.deliveries", typ: bellhop.Number}, true
	}
	return eventColumn(path)
}

// eventColumn knows what lists of events and of deliveries have in common.
func eventColumn(path query.Path) (column, bool) {
	switch path.String() {
	case "event":
		return column{expr: "e.name", equal: isNamedLike}, true
	case "organization":
		return column{expr: "e.organization", hex: true}, true
	case "orgPath":
		return column{expr: "e.org_path", hex: true}, true
	case "key":
		return column{expr: "e.key"}, true
	}
	return column{}, false
}
