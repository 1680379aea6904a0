package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"bellhop"
	"bellhop/internal/query"
)

// fewBelow is up to how many documents below a path are sorted rather than looked for among all.
const fewBelow = 2_000

// locateWide finds out below which paths much lies: of what the filter orgPath=^<path> asks for, and what
// is visible. An index finds all of it, but has it in the order of the paths. Where an index has the
// order of the list, the first page is found sooner among all, if so much of it is wanted.
func (s *selection) locateWide(ctx context.Context, tx *Tx, q *query.Query, v Visible) error {
	if !s.isOrdered(q.Sort) {
		return nil
	}
	var paths []string
	for _, f := range q.Filters {
		if f.Op == query.Prefix && f.Path.String() == "orgPath" {
			paths = append(paths, query.Fold(f.Values[0]))
		}
	}
	for _, root := range v.Roots {
		if strings.Contains(root, "#") && !slices.Contains(s.leaves, root) {
			paths = append(paths, root)
		}
	}
	if len(paths) > maxLocated {
		return nil
	}
	for _, path := range paths {
		var much bool
		err := tx.get(ctx, "SELECT count(*) = $1 FROM (SELECT 1 FROM "+s.kind.Plural+" WHERE org_path >= $2 AND org_path < $3 LIMIT $1) AS below",
			[]any{fewBelow, path, path + "g"}, &much)
		if err != nil {
			return fmt.Errorf("look how much lies below %s: %w", path, err)
		}
		if much {
			s.wide = append(s.wide, path)
		}
	}
	return nil
}

// isOrdered reports whether an index has the order of a list, and the paths of owners.
func (s *selection) isOrdered(keys []query.Key) bool {
	by := "createdAt"
	if len(keys) > 0 {
		by = keys[0].Path.String()
	}
	switch s.kind {
	case bellhop.Conversations:
		return by == "createdAt" || by == "updatedAt"
	case bellhop.Messages:
		return by == "createdAt"
	case bellhop.AuditRecords:
		return by == newestFirst.Path.String() || by == "createdAt"
	}
	return false
}

// ownedBelow is the column with the path of the owner, as a condition for what lies below path names it.
func (s *selection) ownedBelow(column, path string) string {
	if slices.Contains(s.wide, path) {
		return s.dialect.unindexed(column)
	}
	return column
}
