package chipchat_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"bellhop/chipchat"
)

// Ask waits for what the contact says next.
func ExampleConversation_Ask() {
	api := &platform{}
	bot := newBot(api)
	bot.OnText(chipchat.Text("shirt"), func(ctx context.Context, _ *chipchat.Message, c *chipchat.Conversation) error {
		ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
		defer cancel()
		size, err := c.Ask(ctx, "Which size?")
		if err != nil {
			return err
		}
		return c.Say(ctx, size.Text+" it is")
	})
	// The contact answers.
	api.heard = func(text string) {
		if text == "Which size?" {
			if err := bot.IngestDetached(context.Background(), contactSays("XL", ""), nil); err != nil {
				log.Print(err)
			}
		}
	}
	if err := bot.Ingest(context.Background(), contactSays("shirt", ""), nil); err != nil {
		log.Print(err)
	}
	// Output:
	// bot: Which size?
	// bot: XL it is
}

// AskFunc does not wait, but has a function called with the reply.
func ExampleConversation_AskFunc() {
	bot := newBot(&platform{})
	bot.OnText(chipchat.Text("shirt"), func(ctx context.Context, _ *chipchat.Message, c *chipchat.Conversation) error {
		return c.AskFunc(ctx, "Which size?", func(ctx context.Context, m *chipchat.Message, c *chipchat.Conversation) error {
			return c.Say(ctx, m.Text+" it is")
		})
	})
	for _, text := range []string{"shirt", "XL"} {
		if err := bot.Ingest(context.Background(), contactSays(text, ""), nil); err != nil {
			log.Print(err)
		}
	}
	// Output:
	// bot: Which size?
	// bot: XL it is
}

// AskCallback names the handler of the reply, which may then come after a restart or to another process.
func ExampleConversation_AskCallback() {
	start := func() *chipchat.Bot {
		bot := newBot(&platform{})
		bot.RegisterCallback("size", func(ctx context.Context, m *chipchat.Message, c *chipchat.Conversation) error {
			return c.Say(ctx, m.Text+" it is")
		})
		bot.OnText(chipchat.Text("shirt"), func(ctx context.Context, _ *chipchat.Message, c *chipchat.Conversation) error {
			return c.AskCallback(ctx, "Which size?", "size")
		})
		return bot
	}
	if err := start().Ingest(context.Background(), contactSays("shirt", ""), nil); err != nil {
		log.Print(err)
	}
	// The server has kept what was asked, and sends it along with the reply.
	reply := contactSays("XL", `"_asked64b0f1a2c3d4e5f607182930":"size"`)
	if err := start().Ingest(context.Background(), reply, nil); err != nil {
		log.Print(err)
	}
	// Output:
	// bot: Which size?
	// bot: XL it is
}

// What Set remembers is kept by the server, and comes with each event of the conversation.
func ExampleConversation_Set() {
	bot := newBot(&platform{})
	bot.On("message", func(ctx context.Context, m *chipchat.Message, c *chipchat.Conversation) error {
		if c.Get("name") == "" {
			if err := c.Set(ctx, "name", m.Text); err != nil {
				return err
			}
		}
		return c.Say(ctx, fmt.Sprintf("Hello %s, this conversation is %s", c.Get("name"), c.Get("@status")))
	})
	if err := bot.Ingest(context.Background(), contactSays("Jenny", ""), nil); err != nil {
		log.Print(err)
	}
	if err := bot.Ingest(context.Background(), contactSays("Anybody there?", `"name":"Jenny"`), nil); err != nil {
		log.Print(err)
	}
	// Output:
	// bot: /set name Jenny
	// bot: Hello Jenny, this conversation is queued
	// bot: Hello Jenny, this conversation is queued
}

// Several messages in one request, the last with buttons; the last argument is laid over each of them.
func ExampleBot_Send() {
	bot := newBot(&platform{})
	created, err := bot.Send(context.Background(), conversation, []any{
		"We have shirts and shoes.",
		chipchat.Message{Text: "What shall it be?", Actions: []chipchat.Action{
			{Type: "reply", Text: "Shirts", Payload: "SHIRTS"},
			{Type: "reply", Text: "Shoes", Payload: "SHOES"},
			{Type: "link", Text: "Look around", URI: "https://shop.example.com"},
		}},
	}, chipchat.Message{Role: chipchat.RoleAgent})
	if err != nil {
		log.Fatal(err)
	}
	for _, m := range created {
		fmt.Println(m.Role, len(m.Actions))
	}
	// Output:
	// bot: We have shirts and shoes.
	// bot: What shall it be?
	//      [Shirts]
	//      [Shoes]
	//      [Look around]
	// agent 0
	// agent 3
}
