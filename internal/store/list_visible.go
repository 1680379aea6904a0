package store

import (
	"encoding/json"
	"slices"
	"strings"

	"bellhop"
)

// visibleByOwner shows rows by the expressions for path and id of their owner and
// their own id (docs/contract/resources.md section 6).
func visibleByOwner(path, organization, id string) func(*selection, Visible) string {
	return func(s *selection, v Visible) string {
		return either(
			s.isBelow(path, v.Roots),
			s.isID(organization, v.Organizations),
			s.isID(id, v.IDs),
		)
	}
}

// visibleUsers shows users by any of their organizations.
func visibleUsers(s *selection, v Visible) string {
	from, entry := s.dialect.elements(s.dialect.member(s.dialect.document("d.doc"), "organizations"), "o")
	owner := either(
		s.isBelow(s.dialect.text(s.dialect.member(entry, "orgPath")), v.Roots),
		s.isID(s.dialect.text(s.dialect.member(entry, "organization")), v.Organizations),
	)
	if owner != "" {
		owner = "EXISTS (SELECT 1 FROM " + from + " WHERE " + owner + ")"
	}
	return either(owner, s.isID("d.id", v.IDs))
}

// How many values stand in the text of a statement. More of them are handed over as one
// JSON array, since an engine takes only so many arguments and so deep a text.
const (
	manyRoots = 100
	manyIDs   = 1000
)

// isBelow returns the condition that path is one of roots or lies below it, "" if there
// are none. In a path a root is followed by '#', and no character of paths is less, so one range
// of an index holds both. Of a root at the top almost everything is below, so that an index with
// the order of the list serves better than one with paths.
func (s *selection) isBelow(path string, roots []string) string {
	if len(roots) > manyRoots {
		from, root := s.rows(roots)
		return "EXISTS (SELECT 1 FROM " + from + " WHERE " + root + " <> ''" +
			" AND " + path + " >= " + root + " AND " + path + " < " + root + " || '$')"
	}
	conditions := []string{""}
	var leaves []any
	for _, root := range roots {
		switch {
		case slices.Contains(s.leaves, root):
			leaves = append(leaves, root)
		case root != "":
			path := s.ownedBelow(path, root)
			if s.path != "" && !strings.Contains(root, "#") {
				path = s.dialect.unindexed(path)
			}
			conditions = append(conditions, "("+path+" >= "+s.add(root)+" AND "+path+" < "+s.add(root+"$")+")")
		}
	}
	conditions[0] = s.isOneOf(path, leaves)
	return either(conditions...)
}

// isID returns the condition that expr is one of ids, "" if there are none.
func (s *selection) isID(expr string, ids []bellhop.ID) string {
	if len(ids) > manyIDs {
		from, id := s.rows(ids)
		return expr + " IN (SELECT " + id + " FROM " + from + ")"
	}
	values := make([]any, len(ids))
	for i, id := range ids {
		values[i] = string(id)
	}
	return s.isOneOf(expr, values)
}

// rows returns a FROM clause with a row for each of the strings, and the expression for it.
func (s *selection) rows(texts any) (from, text string) {
	array, _ := json.Marshal(texts) // strings always have a form in JSON
	return s.dialect.rows(s.add(string(array)), "v")
}
