package conversation

import (
	"context"
	"encoding/json"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/event"
	"bellhop/internal/store"
	"bellhop/internal/subscription"
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

// describe completes a happening whose subject is doc, a message, conversation or contact
// that was changed or is about to be deleted: what its data, links, key and thing are
// (docs/contract/events.md sections 1 and 2). Of a conversation or contact the acting
// user is left to be added.
func (c *Conversations) describe(ctx context.Context, tx *store.Tx, doc *bellhop.Document, h *subscription.Happening) error {
	switch h.Kind {
	case bellhop.Messages:
		return c.describeMessage(ctx, tx, doc, h)
	case bellhop.Conversations:
		shown, err := c.ShowListed(ctx, tx, nil, doc)
		if err != nil {
			return err
		}
		var conv bellhop.Conversation
		if err := doc.Decode(&conv); err != nil {
			return err
		}
		h.Data = []event.Member{{Name: "conversation", Value: shown}}
		h.Links.Conversation, h.Links.Contact = doc.ID, conv.Contact
	case bellhop.Contacts:
		var contact bellhop.Contact
		if err := doc.Decode(&contact); err != nil {
			return err
		}
		h.Data = []event.Member{{Name: "contact", Value: doc.Body}}
		h.Links.Contact, h.Links.Conversation = doc.ID, contact.Conversation
	}
	return nil
}

func (c *Conversations) describeMessage(ctx context.Context, tx *store.Tx, doc *bellhop.Document, h *subscription.Happening) error {
	var m bellhop.Message
	if err := doc.Decode(&m); err != nil {
		return err
	}
	conversation, err := tx.Document(ctx, bellhop.Conversations, doc.Parent)
	if err != nil {
		return err
	}
	var conv bellhop.Conversation
	if err := conversation.Decode(&conv); err != nil {
		return err
	}
	shown, err := c.ShowListed(ctx, tx, nil, conversation)
	if err != nil {
		return err
	}
	h.Key, h.Thing = doc.Parent, string(m.Type)+" message"
	h.Data = []event.Member{{Name: "conversation", Value: shown}, {Name: "message", Value: doc.Body}}
	h.Links.Conversation, h.Links.Message = doc.Parent, doc.ID
	h.Links.Contact, h.Links.User = conv.Contact, m.User
	return nil
}
