package store

import (
	"context"
	"fmt"
	"slices"

	"bellhop"
	"bellhop/internal/query"
)

// maxLocated is how many organizations are looked up before a list is read.
const maxLocated = 100

// locate finds out what says in fewer rows of an index who owns what is listed. Indexes begin with
// the path of the owner, which is there as long as it owns something, and which never changes. So
// the filter organization=<id> is that of a path, too; and of a root that has nothing below it one
// path is visible, whose rows the index has in the order of the list. It returns the filters that
// are left.
func (s *selection) locate(ctx context.Context, tx *Tx, filters []query.Filter, v Visible) ([]query.Filter, error) {
	if s.path == "" {
		return filters, nil
	}
	if err := s.locateRecent(ctx, tx, filters); err != nil {
		return nil, err
	}
	filters, err := s.locateOwner(ctx, tx, filters)
	if err != nil || v.All || len(v.Roots) > maxLocated {
		return filters, err
	}
	for _, root := range v.Roots {
		leaf, err := tx.isLeaf(ctx, root)
		if err != nil {
			return nil, err
		}
		if leaf {
			s.leaves = append(s.leaves, root)
		}
	}
	if len(s.leaves) == len(v.Roots) && len(v.Organizations)+len(v.IDs) == 0 {
		s.narrow = true
	}
	return filters, nil
}

// locateOwner makes the first filter for organizations one for their paths, unless one of them is
// unknown: what it owns is found without.
func (s *selection) locateOwner(ctx context.Context, tx *Tx, filters []query.Filter) ([]query.Filter, error) {
	i := slices.IndexFunc(filters, func(f query.Filter) bool {
		return f.Op == query.OneOf && len(f.Values) > 0 && len(f.Values) <= maxLocated && f.Path.String() == "organization"
	})
	if i < 0 || s.kind.Field("organization") == nil {
		return filters, nil
	}
	var paths []any
	for _, id := range filters[i].Values {
		path, err := tx.pathOf(ctx, id)
		if err != nil || path == "" {
			return filters, err
		}
		paths = append(paths, path)
	}
	s.paths, s.narrow = paths, true
	return slices.Concat(filters[:i], filters[i+1:]), nil
}

// fewRecent is up to how many changed documents are sorted rather than looked for among all.
const fewRecent = 10_000

// locateRecent finds out whether few were changed since a filter wants it, as who follows changes
// asks for again and again. An engine that looks for them in the order of creation reads everything.
func (s *selection) locateRecent(ctx context.Context, tx *Tx, filters []query.Filter) error {
	if s.kind != bellhop.Conversations && s.kind != bellhop.Contacts {
		return nil // no index has the time of the change
	}
	for _, f := range filters {
		if f.Path.String() != "updatedAt" || f.Op != query.Greater && f.Op != query.AtLeast {
			continue
		}
		since, ok := query.Date(f.Values[0])
		if !ok {
			continue
		}
		err := tx.get(ctx, "SELECT count(*) < $1 FROM (SELECT 1 FROM "+s.kind.Plural+" WHERE updated_at >= $2 LIMIT $1) AS recent",
			[]any{fewRecent, since}, &s.recent)
		if err != nil {
			return fmt.Errorf("look for changes since %s: %w", since, err)
		}
	}
	return nil
}

// pathOf returns the path of an organization, "" if there is none of that id.
func (tx *Tx) pathOf(ctx context.Context, id string) (path string, err error) {
	err = tx.get(ctx, "SELECT coalesce((SELECT org_path FROM organizations WHERE id = $1), '')", []any{id}, &path)
	if err != nil {
		return "", fmt.Errorf("read the path of organization %s: %w", id, err)
	}
	return path, nil
}

// isLeaf reports whether there is an organization with that path, and none below it.
func (tx *Tx) isLeaf(ctx context.Context, path string) (leaf bool, err error) {
	err = tx.get(ctx, "SELECT coalesce((SELECT max(org_path) FROM organizations WHERE org_path >= $1 AND org_path < $2), '') = $1",
		[]any{path, path + "$"}, &leaf)
	if err != nil {
		return false, fmt.Errorf("look below organization %s: %w", path, err)
	}
	return leaf, nil
}
