package store

import (
	"context"
	"slices"

	"bellhop"
	"bellhop/internal/query"
)

// Conversations are asked for by who takes part in them, which is in an array of each: there is
// more than an index for it, and how it is used is the engine's.

// isOfUsers reports whether f asks for conversations in which any of some users takes part.
func (s *selection) isOfUsers(f query.Filter) bool {
	return s.kind == bellhop.Conversations && f.Op == query.OneOf && f.Path.String() == "participants.user" &&
		len(f.Values) > 0 && !slices.Contains(f.Values, "")
}

// fewTakenPart is up to how many conversations of a user are looked through, whatever else a list
// could be read by.
const fewTakenPart = 300

// drive makes the first filter for a participant, if there is one, that by which the list is read:
// what a user takes part in is stored in the order of lists. It returns the other filters. What a
// filter finds one of is read by that. A bot takes part in almost everything: what lies in a few
// organizations, or has changed lately, is less.
func (s *selection) drive(ctx context.Context, tx *Tx, filters []query.Filter) ([]query.Filter, error) {
	one := slices.ContainsFunc(filters, func(f query.Filter) bool { return f.Op == query.OneOf && f.Path.String() == "id" })
	driver := -1
	for i, f := range filters {
		if !s.isOfUsers(f) {
			continue
		}
		few := true
		if s.narrow || s.recent {
			var err error
			if few, err = tx.takeFewPart(ctx, f.Values); err != nil {
				return nil, err
			}
		}
		if !few {
			s.busy = true
		} else if driver < 0 && len(f.Values) == 1 {
			driver = i
		}
	}
	if driver < 0 || one {
		return filters, nil
	}
	s.source = s.dialect.ofParticipant(s.source, s.add(filters[driver].Values[0]))
	return slices.Concat(filters[:driver], filters[driver+1:]), nil
}

// indexed returns the condition of a filter for which there is an index of its own, "" if it has none.
func (s *selection) indexed(f query.Filter) string {
	if s.isOfUsers(f) {
		var users []any
		for _, user := range f.Values {
			users = append(users, user)
		}
		if len(users) == 1 || s.busy {
			return s.dialect.hasParticipant(s.isOneOf("q.user", users))
		}
		return s.dialect.isOfParticipants(s.isOneOf("user", users))
	}
	if s.kind == bellhop.Conversations && f.Op == query.OneOf && slices.Equal(f.Values, []string{"true"}) {
		switch f.Path.String() {
		case "participants.inbox":
			return s.dialect.isOfParticipants("inbox = 1")
		case "participants.active":
			// Of most conversations some are: none of them is looked for before it is met.
			return s.dialect.hasActive()
		}
	}
	return ""
}
