package conversation

import (
	"context"
	"encoding/json"
	"slices"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/store"
)

// Show returns a conversation as a GET of it alone does: with the ids of its newest 1000
// messages that caller sees, oldest first (docs/contract/conversations.md section 1).
func (c *Conversations) Show(ctx context.Context, tx *store.Tx, caller *account.Caller, doc *bellhop.Document) (json.RawMessage, error) {
	return c.show(ctx, tx, caller, doc, shownAlone)
}

// ShowListed returns a conversation as lists and event payloads do: with the ids of its
// newest 50 messages; a caller who is nil sees what everybody does.
func (c *Conversations) ShowListed(ctx context.Context, tx *store.Tx, caller *account.Caller, doc *bellhop.Document) (json.RawMessage, error) {
	return c.show(ctx, tx, caller, doc, shownInPayload)
}

func (c *Conversations) show(ctx context.Context, tx *store.Tx, caller *account.Caller, doc *bellhop.Document, newest int) (json.RawMessage, error) {
	ids, err := tx.ReadableIDs(ctx, doc.ID, newest, readerOf(caller, doc))
	if err != nil {
		return nil, err
	}
	return c.showMessages(ctx, tx, doc, ids)
}

// showWithout is what ShowListed shows to everybody once the message gone is there no more; it
// may be empty.
func (c *Conversations) showWithout(ctx context.Context, tx *store.Tx, doc *bellhop.Document, gone bellhop.ID) (json.RawMessage, error) {
	ids, err := tx.ReadableIDs(ctx, doc.ID, shownInPayload+1, readerOf(nil, doc))
	if err != nil {
		return nil, err
	}
	ids = slices.DeleteFunc(ids, func(id bellhop.ID) bool { return id == gone })
	return c.showMessages(ctx, tx, doc, ids[max(0, len(ids)-shownInPayload):])
}

func (c *Conversations) showMessages(ctx context.Context, tx *store.Tx, doc *bellhop.Document, ids []bellhop.ID) (json.RawMessage, error) {
	body, err := c.people.current(ctx, tx, doc)
	if err != nil {
		return nil, err
	}
	return withMessages(body, ids)
}
