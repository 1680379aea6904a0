package conversation

import (
	"context"
	"encoding/json"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/store"
)

// Show returns a conversation as a GET of it alone does: with the ids of its newest 1000
// messages that caller sees, oldest first, and of the channels in which it lies
// (docs/contract/conversations.md section 1).
func (c *Conversations) Show(ctx context.Context, tx *store.Tx, caller *account.Caller, doc *bellhop.Document) (json.RawMessage, error) {
	return c.showWithChannels(ctx, tx, caller, doc, shownAlone)
}

// ShowListed returns a conversation as lists do: with the ids of its newest 50 messages.
func (c *Conversations) ShowListed(ctx context.Context, tx *store.Tx, caller *account.Caller, doc *bellhop.Document) (json.RawMessage, error) {
	return c.showWithChannels(ctx, tx, caller, doc, shownInPayload)
}

func (c *Conversations) showWithChannels(ctx context.Context, tx *store.Tx, caller *account.Caller, doc *bellhop.Document, newest int) (json.RawMessage, error) {
	shown, err := c.show(ctx, tx, caller, doc, newest)
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

// show returns a conversation as caller sees it, but for the channels; a caller who is nil sees
// what everybody does. So event payloads have it: who hears of channels has channel.notify.
func (c *Conversations) show(ctx context.Context, tx *store.Tx, caller *account.Caller, doc *bellhop.Document, newest int) (json.RawMessage, error) {
	ids, err := tx.ReadableIDs(ctx, doc.ID, newest, readerOf(caller, doc))
	if err != nil {
		return nil, err
	}
	body, err := c.people.current(ctx, tx, doc)
	if err != nil {
		return nil, err
	}
	return withMessages(body, ids)
}
