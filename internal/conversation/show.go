package conversation

import (
	"context"
	"encoding/json"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/store"
)

// Show returns a conversation as a GET of it alone does: with the ids of its newest 1000
// messages, oldest first, and of the channels in which it lies (docs/contract/conversations.md section 1).
func (c *Conversations) Show(ctx context.Context, tx *store.Tx, _ *account.Caller, doc *bellhop.Document) (json.RawMessage, error) {
	return showWithChannels(ctx, tx, doc, shownAlone)
}

// ShowListed returns a conversation as lists do: with the ids of its newest 50 messages.
func (c *Conversations) ShowListed(ctx context.Context, tx *store.Tx, _ *account.Caller, doc *bellhop.Document) (json.RawMessage, error) {
	return showWithChannels(ctx, tx, doc, shownInPayload)
}

func showWithChannels(ctx context.Context, tx *store.Tx, doc *bellhop.Document, newest int) (json.RawMessage, error) {
	shown, err := show(ctx, tx, doc, newest)
	if err != nil {
		return nil, err
	}
	lies, err := tx.Notifications(ctx, doc.ID)
	if err != nil {
		return nil, err
	}
	channels := []bellhop.ID{}
	for _, n := range lies {
		channels = append(channels, n.Channel)
	}
	return withIDs(shown, "channels", channels)
}

// show returns a conversation as event payloads do, where it lies in no channel: who hears of
// that has channel.notify.
func show(ctx context.Context, tx *store.Tx, doc *bellhop.Document, newest int) (json.RawMessage, error) {
	ids, err := tx.ChildIDs(ctx, bellhop.Messages, doc.ID, newest)
	if err != nil {
		return nil, err
	}
	return withMessages(doc.Body, ids)
}
