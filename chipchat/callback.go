package chipchat

import (
	"context"
	"fmt"
)

// RegisterCallback gives a handler a name, by which [Conversation.AskCallback] and [Bot.Callback] find it. A name that
// is registered again gets the new handler. It returns the bot.
//
// The name is kept in the conversation while a question is open, and so the reply finds the handler also after a
// restart, and in another process of the bot that registered it.
func (b *Bot) RegisterCallback(name string, h Handler) *Bot {
	b.listeners.mu.Lock()
	defer b.listeners.mu.Unlock()
	if b.listeners.callbacks == nil {
		b.listeners.callbacks = map[string]Handler{}
	}
	b.listeners.callbacks[name] = h
	return b
}

// Callback returns a handler that calls the one registered under name. It is looked up with each call, and so may be
// registered later; without it the call fails.
func (b *Bot) Callback(name string) Handler {
	return func(ctx context.Context, m *Message, c *Conversation) error {
		h := b.callback(name)
		if h == nil {
			return fmt.Errorf("no callback is registered as %q", name)
		}
		return h(ctx, m, c)
	}
}

func (b *Bot) callback(name string) Handler {
	b.listeners.mu.RLock()
	defer b.listeners.mu.RUnlock()
	return b.listeners.callbacks[name]
}
