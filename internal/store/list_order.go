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
	for _, key := range keys {
		descending = key.Descending
		expr := s.sortedBy(key)
		if expr == "" {
			continue // nowhere a value: all are equal
		}
		parts = append(parts, expr+direction(descending))
		if expr == s.id {
			return strings.Join(parts, ", ")
		}
	}
	return strings.Join(append(parts, s.id+direction(descending)), ", ")
}

func direction(descending bool) string {
	if descending {
		return " DESC"
	}
	return ""
}

// name returns the expression for the name of a number.
func (c column) name() string {
	text := "CASE " + c.expr
	for i, name := range c.names {
		text += fmt.Sprintf(" WHEN %d THEN '%s'", i, name)
	}
	return text + " END"
}

// sortedBy returns the expression for the value that decides, "" if there never is one.
func (s *selection) sortedBy(key query.Key) string {
	least := "min"
	if key.Descending {
		least = "max"
	}
	if c, ok := s.column(key.Path); ok {
		if c.rows != "" {
			return "(SELECT " + least + "(" + c.expr + ") FROM " + s.readableRows(c) + ")"
		}
		if c.names != nil {
			return c.name()
		}
		if s.recent && key.Path.String() == "createdAt" {
			return s.dialect.unindexed(c.expr)
		}
		return c.expr
	}
	if s.document == "" {
		return ""
	}
	place := query.Locate(s.kind, storedPath(s.kind, key.Path))
	var from []string
	var expr string
	if place.Declared {
		var o operand
		from, o = s.declared(place, false)
		expr = o.text + o.number + o.truth + o.date // it has one of them
	} else {
		var o operand
		from, o = s.undeclared(place)
		expr = s.dialect.ordered(o)
	}
	if len(from) == 0 {
		return expr
	}
	return "(SELECT " + least + "(" + expr + ") FROM " + strings.Join(from, ", ") + ")"
}
