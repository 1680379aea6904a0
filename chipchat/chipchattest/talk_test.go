package chipchattest_test

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"bellhop/chipchat"
	"bellhop/chipchat/chipchattest"
)

// What a contact presses is what the bot is told (docs/contract/conversations.md section 3).
func TestContact(t *testing.T) {
	inBubble(t, func(t *testing.T, p *chipchattest.Platform) {
		bot := p.Bot(chipchat.Options{})
		var got []chipchat.Message // by one handler after the other
		bot.On(chats+".contact", func(ctx context.Context, m *chipchat.Message, c *chipchat.Conversation) error {
			got = append(got, *m)
			return say(ctx, c, "Sure?", chipchat.Action{Type: "link", Text: "Read more", URI: "https://example.com"},
				chipchat.Action{Type: "postback", Text: "Yes", Payload: "YES", Size: "large", Meta: map[string]any{"order": "17"}},
				chipchat.Action{Type: "reply", Text: "No"})
		})
		bot.On("message.create.contact.postback.contact", func(_ context.Context, m *chipchat.Message, _ *chipchat.Conversation) error {
			got = append(got, *m)
			return nil
		})
		p.Connect(bot, "message.create.contact.*")
		jenny := p.Contact("Jenny")
		if c := jenny.Conversation(); c.Name != "Jenny" || c.Contact != jenny.ID || len(jenny.Messages()) != 0 {
			t.Errorf("the conversation of %s has contact %s and %d messages", c.Name, c.Contact, len(jenny.Messages()))
		}
		jenny.Touchpoint = "sms"
		jenny.Sends(chipchat.Message{Text: "https://example.com/cat.png", ContentType: "image/png"})
		jenny.Hears(chipchattest.Want{Type: "chat", Match: regexp.MustCompile("^S"), Actions: []string{"Read more", "Yes", "No"}})
		jenny.Presses("Yes")
		p.Settled()
		jenny.Presses("No")
		jenny.HearsNothing()

		if len(got) != 3 {
			t.Fatalf("the bot was told of %d messages, want 3", len(got))
		}
		if m := got[0]; m.ContentType != "image/png" || m.Touchpoint != "sms" || m.Contact != jenny.ID {
			t.Errorf("the picture came as %s by %s", m.ContentType, m.Touchpoint)
		}
		if m := got[1]; m.Text != "YES" || m.Meta["order"] != "17" || m.Meta["size"] != "large" || len(m.Actions) != 1 || m.Actions[0].Text != "Yes" {
			t.Errorf("Yes came as %s with %v", m.Text, m.Meta)
		}
		if m := got[2]; m.Text != "No" || m.Type != "postback" {
			t.Errorf("No came as %s %s", m.Type, m.Text)
		}
	})
}

// A button that the bot is about to offer may be pressed at once.
func TestPressesWaits(t *testing.T) {
	inBubble(t, func(t *testing.T, p *chipchattest.Platform) {
		bot := p.Bot(chipchat.Options{})
		bot.On(chats+".contact", func(ctx context.Context, _ *chipchat.Message, c *chipchat.Conversation) error {
			return say(ctx, c, "Sure?", chipchat.Action{Type: "reply", Text: "Yes"})
		})
		p.Connect(bot, chats)
		p.Delay(5 * time.Second)
		jenny := p.Contact("Jenny")
		jenny.Says("Buy")
		if m := jenny.Presses("Yes"); m.Text != "Yes" {
			t.Errorf("she pressed %q, want Yes", m.Text)
		}
	})
}

// What a bot says later is heard then.
func TestHearsWhatIsDelayed(t *testing.T) {
	inBubble(t, func(t *testing.T, p *chipchattest.Platform) {
		bot := p.Bot(chipchat.Options{})
		bot.On(chats+".contact", func(ctx context.Context, m *chipchat.Message, c *chipchat.Conversation) error {
			return c.Say(ctx, []chipchat.Message{{Role: chipchat.RoleAgent, Text: "later", Delay: 3_600_000}, {Role: chipchat.RoleAgent, Text: "now"}})
		})
		p.Connect(bot, chats)
		jenny := p.Contact("Jenny")
		begin := time.Now()
		jenny.Says("Hello")
		jenny.Hears("now")
		jenny.HearsNothing()
		if last := jenny.Hears("later"); last.CreatedAt.Sub(begin) < time.Hour {
			t.Errorf("it was said after %v, want an hour", last.CreatedAt.Sub(begin))
		}
	})
}

// Agents and bots talk about a contact who hears only what is for him.
func TestAgent(t *testing.T) {
	inBubble(t, func(t *testing.T, p *chipchattest.Platform) {
		bot := p.Bot(chipchat.Options{})
		bot.On("assign", func(ctx context.Context, m *chipchat.Message, c *chipchat.Conversation) error {
			if err := c.Accept(ctx); err != nil {
				return err
			}
			return say(ctx, c, "How can I help?")
		})
		bot.On("command", func(ctx context.Context, m *chipchat.Message, c *chipchat.Conversation) error {
			return c.Say(ctx, "no contact hears "+m.Text) // to the users
		})
		p.Connect(bot)
		jenny, ada := p.Contact("Jenny"), p.Agent("Ada")
		jenny.Says("Hello")
		ada.Accepts(jenny)
		ada.Says(jenny, "One moment")
		ada.Whispers(jenny, "She was here before")
		ada.Assigns(jenny, bot.Auth().User)
		jenny.Hears("One moment", "How can I help?")
		ada.Hears(jenny, "How can I help?")
		ada.Commands(jenny, ">help")
		ada.Hears(jenny, "no contact hears >help")
		ada.Leaves(jenny)
		jenny.HearsNothing()
		ada.HearsNothing(jenny)

		c := jenny.Conversation()
		if u := c.Participant(ada.ID); u == nil || u.Accepted || u.Role != "agent" || u.Name != "Ada" {
			t.Errorf("Ada takes part as %+v, want an agent who has left", u)
		}
		if u := c.Participant(bot.Auth().User); u == nil || !u.Accepted {
			t.Errorf("the bot takes part as %+v, want one who has accepted", u)
		}
		if m := ada.Sends(jenny, chipchat.Message{Type: "tag", Text: "#lead"}); m.User != ada.ID {
			t.Errorf("the tag is from %s, want Ada", m.User)
		}
		if tags := jenny.Conversation().Tags; !slices.Equal(tags, []string{"lead"}) {
			t.Errorf("the tags are %q", tags)
		}
		// She may what agents may.
		if _, err := ada.API.Services.List(t.Context(), nil); err == nil {
			t.Error("an agent lists services")
		}
		want := strings.Join([]string{
			"Jenny                 Hello",
			"Ada                   /accept  (command)",
			"Ada to Jenny          One moment",
			"Ada to users          She was here before",
			"Ada                   /assign  (command)",
		}, "\n")
		var got []string
		for line := range strings.Lines(jenny.Transcript()) {
			_, line, _ = strings.Cut(strings.TrimSpace(line), "  ")
			got = append(got, line)
		}
		if text := strings.Join(got, "\n"); !strings.HasPrefix(text, want) {
			t.Errorf("the transcript begins otherwise:\n%s\nwant\n%s", text, want)
		}
	})
}
