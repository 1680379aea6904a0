package store

import (
	"bellhop"
	"bellhop/internal/query"
)

// source is what a list is made from: tables, and where in them the fields are. Its
// expressions name columns by the aliases of the tables.
type source struct {
	columns string // what is selected; empty means the id
	from    string
	id      string // decides ties; unique

	// column returns the column that holds the field, if one does.
	column func(d dialect, path query.Path) (column, bool)

	// document is the expression of a JSON document in which all other fields are looked up,
	// as kind declares them. If it is empty they do not exist.
	document string
	kind     *bellhop.Kind

	// others are the kinds in whose documents columns are looked up, too.
	others []*bellhop.Kind

	// path is the column with the path of an owner who is there as long as what he owns; empty
	// if there is none.
	path string

	// visible returns the condition for what v shows, "" if that is nothing. It is not
	// asked about Visible.All.
	visible func(s *selection, v Visible) string

	// numbered is the table whose column seq, which is id, ascends with its created_at; empty if there
	// is none.
	numbered string

	// ofEvents returns the condition that a row belongs to one of these events, a statement for their number, first
	// delivery and how many they have; nil if no list of events is meant.
	ofEvents func(s *selection, events string) string

	// countMost is where counting the rows of all pages ends; 0 means nowhere.
	countMost int
}

// column is a field that has a column of its own.
type column struct {
	expr    string // of a Date in milliseconds
	typ     bellhop.Type
	missing string // the literal by which expr says that there is no value; empty means NULL

	nullable bool // expr may be NULL

	// hex says that a text has no character above f but those of ids, as paths do. Then an
	// index finds how it starts.
	hex bool

	// rows, a FROM clause with WHERE, makes the field an array: it has the values of expr in
	// these rows. The array itself exists under the condition exists, which empty means always.
	rows, exists string

	// message is the alias of the messages in rows, of which only those count that the list would
	// show; empty if they are no messages.
	message string

	// elements says that the field is one of the elements of an array, and exists if any of
	// them has it.
	elements bool

	// names makes a String of a number that counts through them from 0. Rare, if it is set, is the
	// condition of indexes that leave out the name with the number common.
	names  []string
	common int
	rare   string

	// equal, if it is set, returns the condition for one value, "" if nothing meets it. If the
	// field is opaque it knows no other comparison.
	equal  func(s *selection, value string) string
	opaque bool

	// anyOf, if it is set, is equal for all values at once: an index is not used for one
	// condition each, and SQLite takes seconds to find out that. With equal it is for several values.
	anyOf func(s *selection, values []string) string
}

// documentSource is the source of the resources of a kind.
func documentSource(kind *bellhop.Kind) source {
	src := source{
		from:     kind.Plural + " AS d",
		id:       "d.id",
		document: "d.doc",
		kind:     kind,
		column:   func(d dialect, path query.Path) (column, bool) { return documentColumn(d, kind, path) },
		visible:  visibleByOwner("d.org_path", "d.organization", "d.id"),
	}
	switch kind.Name {
	case "user":
		src.visible = visibleUsers
	case "message":
		src.visible = visibleMessages
		src.path = "d.org_path"
	case "conversation":
		src.others = []*bellhop.Kind{bellhop.Messages, bellhop.Users}
		src.path = "d.org_path"
	default:
		src.path = "d.org_path"
	}
	return src
}

// documentColumn knows which fields of a document stand beside it, too.
func documentColumn(d dialect, kind *bellhop.Kind, path query.Path) (column, bool) {
	if kind.Name == "conversation" && len(path) == 2 && path[0] == "participants" {
		return participantColumn(d, path[1])
	}
	if len(path) != 1 || kind.Field(path[0]) == nil {
		return column{}, false
	}
	switch name := path[0]; {
	case name == "id":
		return column{expr: "d.id", hex: true}, true
	case name == "createdAt":
		return column{expr: "d.created_at", typ: bellhop.Date}, true
	case name == "updatedAt":
		return column{expr: "d.updated_at", typ: bellhop.Date}, true
	case name == "organization" && kind.Name != "user":
		return column{expr: "d.organization", missing: "''", hex: true}, true
	case name == "orgPath" && kind.Name != "user":
		return column{expr: "d.org_path", missing: "''", hex: true}, true
	case name == "path" && kind == bellhop.Organizations: // which stand under their own
		return column{expr: "d.org_path", hex: true}, true
	case name == "conversation" && kind.Name == "message":
		return column{expr: "d.parent", missing: "''", hex: true}, true
	case name == "messages" && kind.Name == "conversation":
		// Not part of the stored conversation (docs/contract/conversations.md section 1).
		return column{expr: "m.id", rows: "messages AS m WHERE m.parent = d.id", message: "m"}, true
	case name == "channels" && kind.Name == "conversation":
		return column{expr: "n.channel", rows: "notifications AS n WHERE n.conversation = d.id", equal: liesIn}, true
	}
	return column{}, false
}

// liesIn finds conversations from the side of the channel, in which fewer lie than there are.
func liesIn(s *selection, channel string) string {
	return "d.id IN (SELECT conversation FROM notifications WHERE channel = " + s.add(channel) + ")"
}

// storedPath returns the path under which documents have a field. What a user is in his
// organization is an entry of his organizations, any of which counts
// (docs/contract/resources.md section 4).
func storedPath(kind *bellhop.Kind, path query.Path) query.Path {
	if kind.Name == "user" && len(path) == 1 {
		switch path[0] {
		case "organization", "orgPath", "role":
			return query.Path{"organizations", path[0]}
		}
	}
	return path
}
