package conversation

import (
	"context"
	"encoding/json"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/store"
)

// Post adds the message, or the array of messages, that body is, in order and all or
// nothing, and returns the message or the array of them. Conversation is that of the
// path; if it is empty every message names its own. It returns NotFound for a
// conversation that is none or that the caller does not see, Forbidden if he may not post
// there, Invalid for a message that is wrong or not served, and TooMany if bots alone have
// spoken there too often (docs/contract/conversations.md sections 3 to 6, extensions.md
// section 7).
func (c *Conversations) Post(ctx context.Context, caller *account.Caller, conversation bellhop.ID, body []byte) (json.RawMessage, error) {
	drafts, many, err := readDrafts(body)
	if err != nil {
		return nil, c.missingOr(ctx, caller, conversation, err)
	}
	var shown []json.RawMessage
	err = c.request(ctx, caller, func(p *plan) (err error) {
		shown, err = p.post(ctx, conversation, drafts)
		return err
	})
	if err != nil {
		return nil, err
	}
	if many {
		return array(shown), nil
	}
	return shown[0], nil
}

// missingOr returns NotFound if the caller sees no such conversation, else err: who may
// not know of a conversation is told so before he is told what is wrong with his message.
func (c *Conversations) missingOr(ctx context.Context, caller *account.Caller, conversation bellhop.ID, err error) error {
	if conversation == "" {
		return err
	}
	opening := c.db.View(ctx, func(tx *store.Tx) error {
		_, err := c.plan(tx, caller).open(ctx, conversation)
		return err
	})
	if opening != nil {
		return opening
	}
	return err
}

// PostAnswer posts what a webhook has answered to a delivery, as Post does, within a transaction: the
// messages are stored if the rest of it is. Messages that are refused are logged and left
// out, and the transaction goes on, since the delivery counts all the same
// (docs/contract/delivery.md section 5). After an error it must not be committed.
func (c *Conversations) PostAnswer(ctx context.Context, tx *store.Tx, caller *account.Caller, conversation bellhop.ID, delivery bellhop.UUID, drafts []json.RawMessage) error {
	refused, err := c.attempt(ctx, tx, caller, func(p *plan) error {
		read, err := readList(drafts)
		if err != nil {
			return err
		}
		for _, d := range read {
			d.answer = delivery
		}
		if _, err := p.open(ctx, conversation); err != nil {
			return err
		}
		_, err = p.post(ctx, conversation, read)
		return err
	})
	if refused != nil {
		c.log.WarnContext(ctx, "messages in an answer are not posted", "conversation", conversation, "err", refused)
	}
	return err
}

// post plans the messages.
func (p *plan) post(ctx context.Context, conversation bellhop.ID, drafts []*draft) ([]json.RawMessage, error) {
	shown := make([]json.RawMessage, 0, len(drafts))
	for _, d := range drafts {
		id := conversation
		if id == "" {
			id = d.conversation
		}
		if id == "" {
			return nil, bellhop.InvalidField("conversation", "is required")
		}
		s, err := p.open(ctx, id)
		if err != nil {
			return nil, err
		}
		body, err := s.take(ctx, d)
		if err != nil {
			return nil, err
		}
		shown = append(shown, body)
	}
	return shown, nil
}

func array(elements []json.RawMessage) json.RawMessage {
	list := []byte{'['}
	for i, e := range elements {
		if i > 0 {
			list = append(list, ',')
		}
		list = append(list, e...)
	}
	return append(list, ']')
}
