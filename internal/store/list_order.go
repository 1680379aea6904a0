package store

import (
	"fmt"
	"strings"

	"bellhop/internal/query"
)

// order returns the ORDER BY list for keys. Ties are decided by id, in the direction of
// the last key. A missing value comes before all others; of an array its least element
// counts, or its greatest if the order descends. Texts are in the order of their bytes.
func (s *selection) order(keys []query.Key) string {
	var parts []string
	descending := false
	if s.lead != "" {
		parts = append(parts, s.lead+s.dialect.direction(keys[0].Descending, false))
	}
	for _, key := range keys {
		descending = key.Descending
		expr, nullable := s.sortedBy(key)
		if expr == "" {
			continue // nowhere a value: all are equal
		}
		parts = append(parts, expr+s.dialect.direction(descending, nullable))
		if expr == s.id {
			return strings.Join(parts, ", ")
		}
	}
	return strings.Join(append(parts, s.id+s.dialect.direction(descending, false)), ", ")
}

// name returns the expression for the name of a number.
func (c column) name() string {
	text := "CASE " + c.expr
	for i, name := range c.names {
		text += fmt.Sprintf(" WHEN %d THEN '%s'", i, name)
	}
	return text + " END"
}

// sortedBy returns the expression for the value that decides, "" if there never is one, and whether it may be missing.
func (s *selection) sortedBy(key query.Key) (expr string, nullable bool) {
	least := "min"
	if key.Descending {
		least = "max"
	}
	if c, ok := s.column(s.dialect, key.Path); ok {
		if c.rows != "" {
			return "(SELECT " + least + "(" + c.expr + ") FROM " + s.readableRows(c) + ")", true
		}
		if c.names != nil {
			return c.name(), false
		}
		if s.recent && key.Path.String() == "createdAt" {
			return s.dialect.unindexed(c.expr), false
		}
		return c.expr, c.nullable
	}
	if s.document == "" {
		return "", false
	}
	place := query.Locate(s.kind, storedPath(s.kind, key.Path))
	var from []string
	if place.Declared {
		var o operand
		from, o = s.declared(place, false)
		expr = o.text + o.number + o.date // it has one of them, or truth
		if o.truth != "" {
			expr = s.dialect.orderedTruth(o.truth)
		}
	} else {
		var o operand
		from, o = s.undeclared(place)
		expr = o.ordered
	}
	if len(from) == 0 {
		return expr, true
	}
	return "(SELECT " + least + "(" + expr + ") FROM " + strings.Join(from, ", ") + ")", true
}
