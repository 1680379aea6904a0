package chipchattest_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"bellhop/chipchat"
	"bellhop/chipchat/chipchattest"
)

// newShop is a bot as a program makes it: of the options that say where it works.
func newShop(o chipchat.Options) (*chipchat.Bot, error) {
	bot, err := chipchat.New(o)
	if err != nil {
		return nil, err
	}
	bot.On("message.create.contact.chat.contact", func(ctx context.Context, m *chipchat.Message, c *chipchat.Conversation) error {
		return c.Say(ctx, chipchat.Message{
			Role: chipchat.RoleAgent, Text: "Which size?",
			Actions: []chipchat.Action{{Type: "reply", Text: "Small", Payload: "S"}, {Type: "reply", Text: "Large", Payload: "L"}},
		})
	})
	bot.On("message.create.contact.postback.contact", func(ctx context.Context, m *chipchat.Message, c *chipchat.Conversation) error {
		if err := c.Set(ctx, "size", m.Text); err != nil {
			return err
		}
		return c.Say(ctx, chipchat.Message{Role: chipchat.RoleAgent, Text: "It is on its way: " + m.Text})
	})
	return bot, nil
}

// A whole test of a bot. In the bubble of synctest the three hours take no time.
func TestShop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := chipchattest.Start(t)
		bot, err := newShop(p.Options(chipchat.Options{}))
		if err != nil {
			t.Fatal(err)
		}
		p.Connect(bot, "message.create.contact.*")

		jenny := p.Contact("Jenny")
		jenny.Says("One T-shirt, please")
		jenny.Hears(chipchattest.Want{Text: "Which size?", Actions: []string{"Small", "Large"}})

		p.Down(3 * time.Hour) // nobody is there, and the platform tries again and again
		jenny.Presses("Large")
		jenny.Hears("It is on its way: L")
		jenny.HearsNothing()
		if size := jenny.Conversation().Meta["size"]; size != "L" {
			t.Errorf("the size is %v, want L", size)
		}
	})
}
