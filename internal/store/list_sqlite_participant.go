package store

import "bellhop/internal/query"

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

// hasParticipant returns the condition that the user in an argument takes part.
func (sqliteDialect) hasParticipant(user string) string {
	return "EXISTS (SELECT 1 FROM conversation_participants AS q WHERE q.user = " + user +
		" AND q.created_at = d.created_at AND q.conversation = d.id)"
}

// isOfParticipants returns the condition that one of the participants for which condition holds takes part.
func (sqliteDialect) isOfParticipants(condition string) string {
	return "d.id IN (SELECT conversation FROM conversation_participants WHERE " + condition + ")"
}
