package conversation

import (
	"context"
	"encoding/json"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/store"
)

// Show returns a conversation as a GET of it alone does: with the ids of its newest 1000
// messages, oldest first (docs/contract/conversations.md section 1).
func (c *Conversations) Show(ctx context.Context, tx *store.Tx, _ *account.Caller, doc *bellhop.Document) (json.RawMessage, error) {
	return show(ctx, tx, doc, shownAlone)
}

// ShowListed returns a conversation as lists and event payloads do: with the ids of its
// newest 50 messages.
func (c *Conversations) ShowListed(ctx context.Context, tx *store.Tx, _ *account.Caller, doc *bellhop.Document) (json.RawMessage, error) {
	return show(ctx, tx, doc, shownInPayload)
}

func show(ctx context.Context, tx *store.Tx, doc *bellhop.Document, newest int) (json.RawMessage, error) {
	ids, err := tx.ChildIDs(ctx, bellhop.Messages, doc.ID, newest)
	if err != nil {
		return nil, err
	}
	return withMessages(doc.Body, ids)
}
