package chipchattest_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"bellhop/chipchat"
	"bellhop/chipchat/chipchattest"
)

const chats = "message.create.contact.chat"

// inBubble runs a test in virtual time, with a platform.
func inBubble(t *testing.T, test func(t *testing.T, p *chipchattest.Platform)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { test(t, chipchattest.Start(t)) })
}

// parrot is a bot that repeats what contacts say, and remembers it.
type parrot struct {
	*chipchat.Bot
	mu    sync.Mutex
	heard []string
	at    []time.Time
}

func newParrot(p *chipchattest.Platform) *parrot {
	b := &parrot{Bot: p.Bot(chipchat.Options{})}
	b.On(chats+".contact", func(ctx context.Context, m *chipchat.Message, c *chipchat.Conversation) error {
		b.mu.Lock()
		b.heard, b.at = append(b.heard, m.Text), append(b.at, time.Now())
		b.mu.Unlock()
		return say(ctx, c, "You said: "+m.Text)
	})
	return b
}

// texts are what it has heard.
func (b *parrot) texts() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.heard)
}

// times are when.
func (b *parrot) times() []time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.at)
}

// say speaks to the contact.
func say(ctx context.Context, c *chipchat.Conversation, text string, actions ...chipchat.Action) error {
	return c.Say(ctx, chipchat.Message{Role: chipchat.RoleAgent, Text: text, Actions: actions})
}
