package conversation

import (
	"context"

	"bellhop"
	"bellhop/internal/event"
	"bellhop/internal/resource"
	"bellhop/internal/store"
	"bellhop/internal/subscription"
)

// foretell keeps how the subject is before what goes along with it is gone.
func (c *Conversations) foretell(ctx context.Context, change *resource.Change) error {
	h, err := c.happening(ctx, change)
	change.Prepared = h
	return err
}

// tell announces what package resource has done.
func (c *Conversations) tell(ctx context.Context, change *resource.Change) error {
	h, ok := change.Prepared.(*subscription.Happening)
	if !ok {
		var err error
		if h, err = c.happening(ctx, change); err != nil {
			return err
		}
	}
	return c.announce(ctx, change.Tx, h)
}

func (c *Conversations) happening(ctx context.Context, change *resource.Change) (*subscription.Happening, error) {
	doc, verb := change.Doc(), "update"
	if change.Action == resource.Delete {
		verb = "delete"
	}
	h := &subscription.Happening{
		Event: change.Kind.Name + "." + verb, Organization: doc.Organization, OrgPath: doc.OrgPath, At: change.Now,
		Actor: subscription.ActorOf(change.Caller), Kind: change.Kind, ID: doc.ID,
	}
	if err := c.describe(ctx, change.Tx, doc, h); err != nil || change.Kind == bellhop.Messages {
		return h, err
	}
	p := c.plan(change.Tx, change.Caller)
	var err error
	h.Data, err = p.withUser(ctx, h.Data, p.self())
	h.Links.User = change.Caller.ID
	return h, err
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
	var gone bellhop.ID
	if h.Event == "message.delete" {
		gone = doc.ID // told while it is still there
	}
	shown, err := c.showWithout(ctx, tx, conversation, gone)
	if err != nil {
		return err
	}
	h.Message = doc.ID
	h.Key, h.Thing = doc.Parent, string(m.Type)+" message"
	h.Data = []event.Member{{Name: "conversation", Value: shown}, {Name: "message", Value: doc.Body}}
	h.Links.Conversation, h.Links.Message = doc.Parent, doc.ID
	h.Links.Contact, h.Links.User = conv.Contact, m.User
	h.Readers = m.Readers()
	return nil
}
