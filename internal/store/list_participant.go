package store

import (
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

// drive makes the first filter for a participant, if there is one, that by which the list is read:
// what a user takes part in is stored in the order of lists. It returns the other filters. What a
// filter finds one of is read by that.
func (s *selection) drive(filters []query.Filter) []query.Filter {
	i := slices.IndexFunc(filters, func(f query.Filter) bool { return s.isOfUsers(f) && len(f.Values) == 1 })
	one := slices.ContainsFunc(filters, func(f query.Filter) bool { return f.Op == query.OneOf && f.Path.String() == "id" })
	if i < 0 || one {
		return filters
	}
	s.source = s.dialect.ofParticipant(s.source, s.add(filters[i].Values[0]))
	return slices.Concat(filters[:i], filters[i+1:])
}

// indexed returns the condition of a filter for which there is an index of its own, "" if it has none.
func (s *selection) indexed(f query.Filter) string {
	if s.isOfUsers(f) {
		var users []any
		for _, user := range f.Values {
			users = append(users, user)
		}
		if len(users) == 1 {
			return s.dialect.hasParticipant(s.add(users[0]))
		}
		return s.dialect.isOfParticipants(s.isOneOf("user", users))
	}
	if s.kind == bellhop.Conversations && f.Op == query.OneOf && slices.Equal(f.Values, []string{"true"}) {
		switch f.Path.String() {
		case "participants.inbox":
			return s.dialect.isOfParticipants("inbox = 1")
		case "participants.active":
			return s.dialect.isOfParticipants("active = 1")
		}
	}
	return ""
}
