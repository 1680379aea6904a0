package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"bellhop/internal/event"
	"bellhop/internal/query"
)

const (
	// fewEvents is up to how many events are looked up for a list. What is more frequent is met soon among all.
	fewEvents = 2_000

	// manyNames is how many names events may have for their patterns, and for organizations, to be looked up.
	manyNames = 1_000
)

// locateFew finds out whether few events have the key, the name or the owner that filters want. The list is
// then made of what these events are, or what was delivered of them, and not looked for among everything. The
// filters are still asked of each row.
func (s *selection) locateFew(ctx context.Context, tx *Tx, filters []query.Filter) error {
	if s.ofEvents == nil {
		return nil
	}
	for _, wanted := range []func(context.Context, *Tx, []query.Filter) (eventsOf, error){wantedKey, wantedNames} {
		events, err := wanted(ctx, tx, filters)
		if err != nil {
			return err
		}
		if events == nil {
			continue
		}
		probe := selection{dialect: s.dialect}
		condition := events(&probe)
		var few bool
		err = tx.get(ctx, fmt.Sprintf("SELECT count(*) < %d FROM (SELECT 1 FROM events WHERE %s LIMIT %[1]d) AS wanted", fewEvents, condition), probe.args, &few)
		if err != nil {
			return fmt.Errorf("look for events: %w", err)
		}
		if few {
			s.between = append(s.between, s.ofEvents(s, "SELECT seq, first_delivery, deliveries FROM events WHERE "+events(s)))
			return nil
		}
	}
	return nil
}

// eventsOf puts the condition for events, for which there is an index, into a statement.
type eventsOf func(*selection) string

func wantedKey(_ context.Context, _ *Tx, filters []query.Filter) (eventsOf, error) {
	for _, f := range filters {
		if f.Op == query.OneOf && f.Path.String() == "key" && len(f.Values) <= maxLocated {
			return func(s *selection) string { return oneOf(s, "key", f.Values) }, nil
		}
	}
	return nil, nil
}

// wantedNames is about names and owners, which have an index together: it begins with the name, so that all
// names that there are stand for any.
func wantedNames(ctx context.Context, tx *Tx, filters []query.Filter) (eventsOf, error) {
	var names, owners []string
	below := ""
	for _, f := range filters {
		switch path := f.Path.String(); {
		case path == "event" && f.Op == query.OneOf && names == nil:
			names = f.Values
		case path == "orgPath" && f.Op == query.Prefix && strings.Contains(f.Values[0], "#"): // at the top there is all
			below = query.Fold(f.Values[0])
		case path == "organization" && f.Op == query.OneOf && len(f.Values) <= maxLocated:
			owners = nil
			for _, id := range f.Values {
				path, err := tx.pathOf(ctx, id)
				if err != nil {
					return nil, err
				}
				if path == "" { // what was of one that is deleted is found without
					owners = nil
					break
				}
				owners = append(owners, path)
			}
		}
	}
	if names == nil && below == "" && owners == nil {
		return nil, nil
	}
	if names == nil || slices.ContainsFunc(names, func(name string) bool { return strings.Contains(name, "*") }) {
		known, err := tx.eventNames(ctx)
		if err != nil || known == nil {
			return nil, err
		}
		names = meant(known, names)
	}
	if len(names) > manyNames {
		return nil, nil
	}
	return func(s *selection) string {
		condition := oneOf(s, "name", names)
		if owners != nil {
			condition += " AND " + oneOf(s, "org_path", owners)
		}
		if below != "" {
			condition += " AND org_path >= " + s.add(below) + " AND org_path < " + s.add(below+"g")
		}
		return condition
	}, nil
}

// meant returns those of the names that are wanted, by name or by pattern; all, if wanted is nil.
func meant(names, wanted []string) []string {
	if wanted == nil {
		return names
	}
	kept := []string{}
	for _, name := range names {
		if slices.ContainsFunc(wanted, func(text string) bool {
			patterns, err := event.ParsePatterns([]string{text})
			return text == name || strings.Contains(text, "*") && err == nil && patterns.Match(name)
		}) {
			kept = append(kept, name)
		}
	}
	return kept
}

func oneOf(s *selection, column string, values []string) string {
	if len(values) == 0 {
		return "FALSE"
	}
	all := make([]any, len(values))
	for i, value := range values {
		all[i] = value
	}
	return s.isOneOf(column, all)
}

// eventNames returns the names that events have, nil if these are very many: from each the index leads to the next.
func (tx *Tx) eventNames(ctx context.Context) ([]string, error) {
	names := []string{}
	err := tx.each(ctx, fmt.Sprintf(`WITH RECURSIVE known (name) AS (
			SELECT min(name) FROM events
			UNION ALL SELECT (SELECT min(e.name) FROM events AS e WHERE e.name > known.name) FROM known WHERE known.name IS NOT NULL)
		SELECT name FROM known WHERE name IS NOT NULL LIMIT %d`, manyNames+1), nil,
		func(row scanner) error {
			var name string
			err := row.Scan(&name)
			names = append(names, name)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("read the names of events: %w", err)
	}
	if len(names) > manyNames {
		return nil, nil
	}
	return names, nil
}
