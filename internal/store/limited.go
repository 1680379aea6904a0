package store

import (
	"context"
	"fmt"

	"bellhop"
)

// A message that is for some users only has a key which says so. So the many that are for
// everybody are told apart without reading them, and a conversation that has none of the
// others is known by one look into an index.

const limitedPrefix = "limited:"

// Limit marks a message that is about to be inserted as one for some users only, those in its
// participants, and for its user and its creator.
func Limit(message *bellhop.Document) {
	message.Keys = append(message.Keys, limitedPrefix+string(message.Parent)+":"+string(message.ID))
}

// isReadable returns the condition that v shows a message, whose row has that alias, as far as that
// depends on whom it is for.
func (s *selection) isReadable(row string, v Visible) string {
	document := s.dialect.document(row + ".doc")
	path := row + ".org_path"
	reader := func(name string) string {
		return s.isID(s.dialect.text(s.dialect.member(document, name)), []bellhop.ID{v.Reader})
	}
	unlimited := "NOT EXISTS (SELECT 1 FROM document_keys WHERE kind = 'message' AND value = '" + limitedPrefix + "' || " + row + ".parent || ':' || " + row + ".id)"
	if v.Reader == "" {
		return either(unlimited, s.isBelow(path, v.Limited))
	}
	from, participant := s.dialect.elements(s.dialect.member(document, "participants"), "r")
	return either(unlimited, s.isBelow(path, v.Limited), reader("user"), reader("createdBy"),
		"EXISTS (SELECT 1 FROM "+from+" WHERE "+s.isID(s.dialect.text(participant), []bellhop.ID{v.Reader})+")")
}

// visibleMessages shows messages by their owner, and by whom they are for.
func visibleMessages(s *selection, v Visible) string {
	owner := visibleByOwner("d.org_path", "d.organization", "d.id")(s, v)
	if owner == "" {
		return ""
	}
	return owner + " AND " + s.isReadable("d", v)
}

// readableRows returns where the values of a column of several rows are, without what the list
// does not show.
func (s *selection) readableRows(c column) string {
	if c.message == "" || s.shown.All {
		return c.rows
	}
	return c.rows + " AND " + s.isReadable(c.message, s.shown)
}

// ReadableIDs is ChildIDs of messages without those that v does not show. Whether v shows the
// conversation is not asked.
func (tx *Tx) ReadableIDs(ctx context.Context, conversation bellhop.ID, newest int, v Visible) ([]bellhop.ID, error) {
	if v.All {
		return tx.ChildIDs(ctx, bellhop.Messages, conversation, newest)
	}
	all, err := tx.NewestMessages(ctx, conversation, newest, 0, 0)
	if err != nil || !all.Limited {
		return all.IDs, err
	}
	return tx.readableIDs(ctx, conversation, newest, v)
}

// readableIDs is ReadableIDs where it has to look at each message.
func (tx *Tx) readableIDs(ctx context.Context, conversation bellhop.ID, newest int, v Visible) ([]bellhop.ID, error) {
	s := tx.selection(documentSource(bellhop.Messages))
	text := "SELECT id FROM (SELECT d.id, d.created_at FROM messages AS d WHERE d.parent = " + s.add(string(conversation)) +
		" AND " + s.isReadable("d", v) + " ORDER BY d.created_at DESC, d.id DESC LIMIT " + s.add(newest) + ") AS shown ORDER BY created_at, id"
	var ids []bellhop.ID
	_, err := tx.scanRows(ctx, text, s.args, func(row scanner) error {
		var id bellhop.ID
		err := row.Scan(&id)
		ids = append(ids, id)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the messages of %s: %w", conversation, err)
	}
	return ids, nil
}
