package conversation

import (
	"context"
	"errors"

	"bellhop"
	"bellhop/internal/resource"
	"bellhop/internal/store"
)

// deleteContent removes what is stored beside a conversation: its messages, those that are
// not due yet, too, and where it lies.
func deleteContent(ctx context.Context, tx *store.Tx, id bellhop.ID) error {
	return errors.Join(
		tx.WithdrawAll(ctx, id),
		tx.DeleteChildren(ctx, bellhop.Messages, id),
		tx.DeleteDelayedOf(ctx, id),
		tx.ForgetLoop(ctx, id),
	)
}

// deleteConversation removes the messages, and leaves the contact without conversation,
// until somebody writes to him again; no event tells of what goes along
// (docs/contract/resources.md section 3).
func (c *Conversations) deleteConversation(ctx context.Context, change *resource.Change) error {
	if err := c.foretell(ctx, change); err != nil {
		return err
	}
	var conv bellhop.Conversation
	if err := change.Old.Decode(&conv); err != nil {
		return err
	}
	if err := deleteContent(ctx, change.Tx, change.Old.ID); err != nil {
		return err
	}
	if conv.Contact == "" {
		return nil
	}
	doc, err := change.Tx.Document(ctx, bellhop.Contacts, conv.Contact)
	if bellhop.HasCode(err, bellhop.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	var contact bellhop.Contact
	if err := doc.Decode(&contact); err != nil {
		return err
	}
	contact.Conversation = ""
	if doc.Body, err = encode(contact); err != nil {
		return err
	}
	return change.Tx.Replace(ctx, bellhop.Contacts, doc)
}

func (c *Conversations) deleteContact(ctx context.Context, change *resource.Change) error {
	if err := c.foretell(ctx, change); err != nil {
		return err
	}
	var contact bellhop.Contact
	if err := change.Old.Decode(&contact); err != nil || contact.Conversation == "" {
		return err
	}
	// Nobody may post in it from now on.
	_, err := change.Tx.Document(ctx, bellhop.Conversations, contact.Conversation)
	if bellhop.HasCode(err, bellhop.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := deleteContent(ctx, change.Tx, contact.Conversation); err != nil {
		return err
	}
	return change.Tx.Delete(ctx, bellhop.Conversations, contact.Conversation)
}
