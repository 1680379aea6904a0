package store

import (
	"context"
	"fmt"
	"slices"

	"bellhop"
	"bellhop/internal/query"
)

// Conversations are asked for by who takes part in them, which is in an array of each, and into arrays no index reaches
// in the order of lists. The table conversation_participants, which triggers keep, stands in for one: see 0007_lists.sql.

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
	s.narrowToParticipant(s.add(filters[driver].Values[0]))
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
			return s.hasParticipant(s.isOneOf("q.user", users))
		}
		return isOfParticipants(s.isOneOf(`"user"`, users))
	}
	if s.kind == bellhop.Conversations && f.Op == query.OneOf && slices.Equal(f.Values, []string{"true"}) {
		switch f.Path.String() {
		case "participants.inbox":
			return isOfParticipants("inbox = 1")
		case "participants.active":
			// Of most conversations some are: none of them is looked for before it is met.
			return s.hasActive()
		}
	}
	return ""
}

// narrowToParticipant narrows the source of conversations to those of the user in an argument. Order and
// id are read from the table that has them in order.
func (s *selection) narrowToParticipant(user string) {
	columnOf := s.source.column
	s.driven = true
	s.from = "conversation_participants AS p" + s.dialect.thenJoin() + s.from + ` ON d.id = p.conversation AND p."user" = ` + user
	s.id = "p.conversation"
	s.source.column = func(d dialect, path query.Path) (column, bool) {
		c, ok := columnOf(d, path)
		switch path.String() {
		case "id":
			c.expr = "p.conversation"
		case "createdAt":
			c.expr = "p.created_at"
		}
		return c, ok
	}
}

// hasParticipant returns the condition that a user takes part for whom condition holds, which calls
// him q.user.
func (s *selection) hasParticipant(condition string) string {
	return "EXISTS (SELECT 1 FROM conversation_participants AS q WHERE " + condition +
		" AND q.created_at = d.created_at AND q.conversation = d.id" + s.dialect.eachRow() + ")"
}

// hasActive returns the condition that one of the participants is active.
func (s *selection) hasActive() string {
	return "EXISTS (SELECT 1 FROM conversation_participants AS q WHERE q.conversation = d.id AND q.active = 1" + s.dialect.eachRow() + ")"
}

// isOfParticipants returns the condition that one of the participants for which condition holds takes part.
func isOfParticipants(condition string) string {
	return "d.id IN (SELECT conversation FROM conversation_participants WHERE " + condition + ")"
}

// takeFewPart reports whether users take part in few conversations.
func (tx *Tx) takeFewPart(ctx context.Context, users []string) (bool, error) {
	n := 0
	for _, user := range users {
		var some int
		err := tx.get(ctx, `SELECT count(*) FROM (SELECT 1 FROM conversation_participants WHERE "user" = $1 LIMIT $2) AS part`,
			[]any{user, fewTakenPart}, &some)
		if err != nil {
			return false, fmt.Errorf("count what %s takes part in: %w", user, err)
		}
		if n += some; n >= fewTakenPart {
			return false, nil
		}
	}
	return true, nil
}
