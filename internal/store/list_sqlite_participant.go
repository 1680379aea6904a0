package store

import (
	"context"
	"fmt"

	"bellhop/internal/query"
)

// SQLite has no index for what is in arrays. The table conversation_participants, which triggers keep,
// stands in for one: see 0007_lists.sql.

// ofParticipant narrows the source of conversations to those of the user in an argument. Order and
// id are read from the table that has them in order; with CROSS JOIN it is read first.
func (sqliteDialect) ofParticipant(src source, user string) source {
	columnOf := src.column
	src.from = "conversation_participants AS p CROSS JOIN " + src.from +
		" ON d.id = p.conversation AND d.created_at = p.created_at AND p.user = " + user
	src.id = "p.conversation"
	src.column = func(path query.Path) (column, bool) {
		c, ok := columnOf(path)
		switch path.String() {
		case "id":
			c.expr = "p.conversation"
		case "createdAt":
			c.expr = "p.created_at"
		}
		return c, ok
	}
	return src
}

// hasParticipant returns the condition that a user takes part for whom condition holds, which calls
// him q.user.
func (sqliteDialect) hasParticipant(condition string) string {
	return "EXISTS (SELECT 1 FROM conversation_participants AS q WHERE " + condition +
		" AND q.created_at = d.created_at AND q.conversation = d.id)"
}

// hasActive returns the condition that one of the participants is active.
func (sqliteDialect) hasActive() string {
	return "EXISTS (SELECT 1 FROM conversation_participants AS q WHERE q.conversation = d.id AND q.active = 1)"
}

// takeFewPart reports whether users take part in few conversations.
func (tx *Tx) takeFewPart(ctx context.Context, users []string) (bool, error) {
	n := 0
	for _, user := range users {
		var some int
		err := tx.get(ctx, "SELECT count(*) FROM (SELECT 1 FROM conversation_participants WHERE user = $1 LIMIT $2) AS some",
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

// isOfParticipants returns the condition that one of the participants for which condition holds takes part.
func (sqliteDialect) isOfParticipants(condition string) string {
	return "d.id IN (SELECT conversation FROM conversation_participants WHERE " + condition + ")"
}
