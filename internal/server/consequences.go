package server

import (
	"context"
	"errors"
	"log/slog"
	"strings"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/conversation"
	"bellhop/internal/dispatch"
	"bellhop/internal/event"
	"bellhop/internal/store"
	"bellhop/internal/subscription"
)

// consequences are what outcomes of deliveries lead to beyond their record.
type consequences struct {
	subscriptions *subscription.Subscriptions
	accounts      *account.Accounts
	conversations *conversation.Conversations
	log           *slog.Logger
}

// of returns what has to happen in the transaction that records o, or nil.
func (c *consequences) of(ctx context.Context, o *dispatch.Outcome) func(context.Context, *store.Tx) error {
	c.logChange(ctx, o)
	ending, change := c.ofEnding(ctx, o), c.ofChange(o)
	switch {
	case change == nil:
		return ending
	case ending == nil:
		return change
	}
	return func(ctx context.Context, tx *store.Tx) error {
		if err := ending(ctx, tx); err != nil {
			return err
		}
		return change(ctx, tx)
	}
}

// logChange tells the operator of a pause and of its end.
func (c *consequences) logChange(ctx context.Context, o *dispatch.Outcome) {
	about := []any{"service", o.Service}
	if o.Lane != o.Service {
		about = append(about, "replay", o.Lane)
	}
	switch o.Change {
	case dispatch.Paused:
		c.log.WarnContext(ctx, "webhook paused", append(about, "reason", o.Reason)...)
	case dispatch.Resumed:
		c.log.InfoContext(ctx, "webhook resumed", about...)
	}
}

// ofChange returns what the pause of a service leads to, or its end.
func (c *consequences) ofChange(o *dispatch.Outcome) func(context.Context, *store.Tx) error {
	if o.Lane != o.Service {
		return nil // it was the target of a replay
	}
	switch o.Change {
	case dispatch.Paused:
		return func(ctx context.Context, tx *store.Tx) error {
			return c.subscriptions.Paused(ctx, tx, o.Service, o.Reason)
		}
	case dispatch.Resumed:
		return func(ctx context.Context, tx *store.Tx) error { return c.subscriptions.Resumed(ctx, tx, o.Service) }
	}
	return nil
}

// ofEnding returns what the end of a delivery leads to.
func (c *consequences) ofEnding(ctx context.Context, o *dispatch.Outcome) func(context.Context, *store.Tx) error {
	if o.Status == bellhop.Pending {
		return nil
	}
	if o.Status == bellhop.Dead {
		death := subscription.Death{Service: o.Service, URL: o.URL, Status: o.HTTP, Reason: o.Reason}
		if o.Event != nil {
			death.Event = o.Event.Name
		}
		return func(ctx context.Context, tx *store.Tx) error { return c.subscriptions.Died(ctx, tx, death) }
	}
	if !strings.HasPrefix(o.Event.Name, "message.create.") || !mayAnswer(o) {
		return nil
	}
	answer, ok := event.ParseAnswer(o.Body)
	if !ok {
		return nil
	}
	author, err := c.author(ctx, o.Service, answer.Token)
	if isTrouble(err) {
		// Nobody could say who he is, and so the delivery does not end before that is known.
		return func(ctx context.Context, tx *store.Tx) error {
			author, err := c.author(ctx, o.Service, answer.Token)
			if err != nil || author == nil {
				return err
			}
			return c.conversations.PostAnswer(ctx, tx, author, bellhop.ID(o.Event.Key), o.Delivery.ID, answer.Messages)
		}
	}
	if err != nil {
		c.log.WarnContext(ctx, "messages in an answer are not posted", "delivery", o.Delivery.ID, "service", o.Service, "err", err)
	}
	if author == nil {
		return nil
	}
	return func(ctx context.Context, tx *store.Tx) error {
		return c.conversations.PostAnswer(ctx, tx, author, bellhop.ID(o.Event.Key), o.Delivery.ID, answer.Messages)
	}
}

// isTrouble reports whether an error is ours, such as a database that is away, and no refusal.
func isTrouble(err error) bool {
	if err == nil || errors.Is(err, subscription.ErrNoWebhook) {
		return false
	}
	refusal, ok := errors.AsType[*bellhop.Error](err)
	return !ok || refusal.Code == bellhop.Unavailable
}

// mayAnswer reports whether messages in the answer are posted: not those of the other URL of a
// replay, which is not the service, nor those to a sample, whose conversation does not exist
// (docs/contract/extensions.md section 2).
func mayAnswer(o *dispatch.Outcome) bool {
	return o.Delivery.Lane == o.Service && bellhop.ID(o.Event.Key).Valid()
}

// author returns who posts the messages of an answer: the owner of the token, or the bot
// of a bot-specific webhook, or nobody (docs/contract/delivery.md section 5).
func (c *consequences) author(ctx context.Context, service bellhop.ID, token string) (*account.Caller, error) {
	if token != "" {
		return c.accounts.Authenticate(ctx, token)
	}
	w, err := c.subscriptions.Webhook(ctx, service)
	if err != nil || w.Bot == "" {
		return nil, err
	}
	return c.accounts.Bot(ctx, w.Bot)
}
