package chipchat

import (
	"context"
	"errors"
)

// ErrDrop is what a middleware returns to have an event count as handled, or a message not sent, without an error.
var ErrDrop = errors.New("dropped by middleware")

// ReceiveMiddleware sees each event that came in, after the built-in filters and before all handlers, and may change
// it. Handlers see the fields as it leaves them, triggers and conditions those of the message; what Get and conditions
// know of the conversation is changed by Set alone. [ErrDrop] ends the event, which counts as handled. Any other error
// ends it too, is emitted as the event "error", and answers the webhook with 400.
type ReceiveMiddleware func(ctx context.Context, b *Bot, e *Event) error

// SendMiddleware sees what the bot is about to send, commands too, and may change it. With [ErrDrop] nothing is sent;
// any other error is that of Send, which emits it as the event "error".
type SendMiddleware func(ctx context.Context, b *Bot, o *Outgoing) error

// Outgoing are the messages of one request: those of one call of [Bot.Send], with the extra laid over them. A
// middleware may replace Messages by others; if it leaves none, nothing is sent, as with [ErrDrop].
type Outgoing struct {
	Conversation ID
	Messages     []Message
}

// Middleware are the functions that events and messages go through, in the order given (docs/contract/sdk.md
// section 7).
type Middleware struct {
	Receive []ReceiveMiddleware
	Send    []SendMiddleware
}

// Use adds middleware for what is received, behind that which is there. It returns the bot.
func (b *Bot) Use(middleware ...ReceiveMiddleware) *Bot {
	b.listeners.mu.Lock()
	defer b.listeners.mu.Unlock()
	b.listeners.receive = append(b.listeners.receive, middleware...)
	return b
}

// UseSend adds middleware for what is sent, behind that which is there. It returns the bot.
func (b *Bot) UseSend(middleware ...SendMiddleware) *Bot {
	b.listeners.mu.Lock()
	defer b.listeners.mu.Unlock()
	b.listeners.send = append(b.listeners.send, middleware...)
	return b
}

// middlewareError is a failure that is emitted with the text that the contract gives it, and nothing around it.
type middlewareError struct {
	prefix string
	err    error
}

func (e *middlewareError) Error() string { return e.prefix + e.err.Error() }
func (e *middlewareError) Unwrap() error { return e.err }

// passReceive takes an event through what stands before its handlers; the last of the built-in filters first.
func (b *Bot) passReceive(ctx context.Context, e *Event) error {
	if err := b.preload(ctx, e); err != nil {
		return err
	}
	b.listeners.mu.RLock()
	all := b.listeners.receive
	b.listeners.mu.RUnlock()
	for _, m := range all {
		if err := b.contain(func() error { return m(ctx, b, e) }); err != nil {
			return err
		}
	}
	if e.isMessage() && (e.Message == nil || e.Conversation == nil) {
		return errors.New("middleware left no message or no conversation")
	}
	return nil
}

// passSend takes what is to be sent through the middleware.
func (b *Bot) passSend(ctx context.Context, o *Outgoing) error {
	b.listeners.mu.RLock()
	all := b.listeners.send
	b.listeners.mu.RUnlock()
	for _, m := range all {
		if err := b.contain(func() error { return m(ctx, b, o) }); err != nil {
			return err
		}
	}
	if len(o.Messages) == 0 {
		return ErrDrop
	}
	return nil
}
