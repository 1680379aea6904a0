package chipchattest_test

import (
	"context"
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

// took returns what it has heard and when, and forgets it.
func (b *parrot) took() (heard []string, at []time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	heard, at, b.heard, b.at = b.heard, b.at, nil, nil
	return heard, at
}

// say speaks to the contact.
func say(ctx context.Context, c *chipchat.Conversation, text string, actions ...chipchat.Action) error {
	return c.Say(ctx, chipchat.Message{Role: chipchat.RoleAgent, Text: text, Actions: actions})
}
