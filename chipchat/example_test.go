package chipchat_test

import (
	"context"
	"log"
	"net/http"
	"os"
	"os/signal"

	"bellhop/chipchat"
)

// The first bot: it repeats what the contact says, and offers a button.
func Example() {
	bot, err := chipchat.New(chipchat.Options{Token: os.Getenv("TOKEN")}.WithEnvironment(os.Getenv))
	if err != nil {
		log.Fatal(err)
	}
	bot.On("message.create.contact.chat.contact", func(ctx context.Context, m *chipchat.Message, c *chipchat.Conversation) error {
		return c.Say(ctx, chipchat.Message{
			Role:    chipchat.RoleAgent, // to the contact
			Text:    "You said: " + m.Text,
			Actions: []chipchat.Action{{Type: "postback", Text: "Bye", Payload: "BYE"}},
		})
	})
	bot.OnText(chipchat.Text("bye"), func(ctx context.Context, m *chipchat.Message, c *chipchat.Conversation) error {
		return c.Leave(ctx)
	})
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := bot.Start(ctx, ""); err != nil {
		log.Print(err)
	}
}

// A bot in a server that is there already.
func ExampleBot_Handler() {
	bot, err := chipchat.New(chipchat.Options{Host: "http://127.0.0.1:8080", Secret: os.Getenv("SECRET")})
	if err != nil {
		log.Fatal(err)
	}
	bot.OnEvent("user.login", func(_ context.Context, e *chipchat.Event) error {
		log.Print(e.Activity.Summary)
		return nil
	})
	mux := http.NewServeMux()
	mux.Handle("/bots/greeter", bot.Handler())
}

// All active conversations, however many pages they fill.
func ExampleResource_Each() {
	bot, err := chipchat.New(chipchat.Options{Token: os.Getenv("TOKEN")})
	if err != nil {
		log.Fatal(err)
	}
	query := chipchat.Query{"status": "active", "sort": "-updatedAt"}
	for c, err := range bot.Conversations.Each(context.Background(), query, chipchat.Paging{}) {
		if err != nil {
			log.Fatal(err)
		}
		log.Print(c.Name)
	}
}
