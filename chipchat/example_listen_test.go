package chipchat_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"regexp"
	"strings"

	"bellhop/chipchat"
)

// Texts and expressions; what an expression captured is in the conversation.
func ExampleBot_OnText() {
	bot := newBot(&platform{})
	bot.OnText(chipchat.Text("hello", "hi"), func(ctx context.Context, m *chipchat.Message, c *chipchat.Conversation) error {
		return c.Say(ctx, "Hello to you, too")
	})
	bot.OnText(chipchat.Regexp(regexp.MustCompile(`(?i)buy (\d+) (\w+)`)), func(ctx context.Context, m *chipchat.Message, c *chipchat.Conversation) error {
		return c.Say(ctx, fmt.Sprintf("%s %s? Certainly!", c.Captured[1], c.Captured[2]))
	})
	for _, text := range []string{"HELLO", "I want to buy 3 apples", "hello there"} {
		fmt.Println("contact:", text)
		if err := bot.Ingest(context.Background(), contactSays(text, ""), nil); err != nil {
			log.Print(err)
		}
	}
	// Output:
	// contact: HELLO
	// bot: Hello to you, too
	// contact: I want to buy 3 apples
	// bot: 3 apples? Certainly!
	// contact: hello there
}

// Conditions look at the message, at the conversation ("@status"), and at what either remembers.
func ExampleBot_When() {
	bot := newBot(&platform{})
	greet := func(ctx context.Context, _ *chipchat.Message, c *chipchat.Conversation) error {
		return c.Say(ctx, "Somebody will be here soon. What is it about?")
	}
	bot.When(chipchat.Conditions{"role": "contact", "@status": []string{"queued", "active"}, "greeted": chipchat.Missing}).
		On("message", greet)
	bot.When(chipchat.Conditions{"text": regexp.MustCompile(`(?i)\bhuman\b`)}).
		OnEvent("message.create.**.contact", func(ctx context.Context, e *chipchat.Event) error {
			return e.Conversation.Notify(ctx, nil, nil)
		})
	for _, meta := range []string{``, `"greeted":"1"`} {
		if err := bot.Ingest(context.Background(), contactSays("A human, please", meta), nil); err != nil {
			log.Print(err)
		}
	}
	// Output:
	// bot: Somebody will be here soon. What is it about?
	// bot: /notify
	// bot: /notify
}

// A handler of everything that happens, and one that is taken away again.
func ExampleBot_Listen() {
	bot := newBot(&platform{})
	bot.OnAny(func(_ context.Context, e *chipchat.Event) error {
		fmt.Println("emitted:", e.Emitted)
		return nil
	})
	stop := bot.Listen("order.*", func(_ context.Context, e *chipchat.Event) error {
		fmt.Println("order:", e.Name)
		return nil
	})
	for range 2 {
		if err := bot.Emit(context.Background(), &chipchat.Event{Name: "order.paid"}); err != nil {
			log.Print(err)
		}
		stop()
	}
	// Output:
	// emitted: order.paid
	// order: order.paid
	// emitted: order.paid
}

// Middleware sees all that comes in and all that goes out.
func ExampleBot_Use() {
	bot := newBot(&platform{})
	bot.Use(func(_ context.Context, _ *chipchat.Bot, e *chipchat.Event) error {
		if e.Message == nil {
			return nil
		}
		if strings.Contains(e.Message.Text, "unsubscribe") {
			return chipchat.ErrDrop // no handler is called
		}
		e.Message.Text = strings.TrimSpace(e.Message.Text)
		return nil
	})
	bot.UseSend(func(_ context.Context, _ *chipchat.Bot, o *chipchat.Outgoing) error {
		for i := range o.Messages {
			o.Messages[i].Text = strings.ToUpper(o.Messages[i].Text)
		}
		return nil
	})
	bot.On("message", func(ctx context.Context, m *chipchat.Message, c *chipchat.Conversation) error {
		return c.Say(ctx, m.Text+"!")
	})
	for _, text := range []string{"  hi ", "unsubscribe"} {
		if err := bot.Ingest(context.Background(), contactSays(text, ""), nil); err != nil {
			log.Print(err)
		}
	}
	// Output:
	// bot: HI!
}

// Errors are returned by what was called, and are the event "error" where nobody awaits them.
func ExampleError() {
	bot := newBot(&platform{answers: map[string]string{"GET users/1": "404 User not found"}})
	bot.OnEvent("error", func(_ context.Context, e *chipchat.Event) error {
		fmt.Println("error:", e.Err)
		return nil
	})
	bot.On("message", func(ctx context.Context, m *chipchat.Message, c *chipchat.Conversation) error {
		_, err := bot.Users.Get(ctx, "1", nil)
		if refused, ok := errors.AsType[*chipchat.Error](err); ok && refused.StatusCode == 404 {
			fmt.Println("no such user:", refused.Message)
		}
		return errors.New("out of luck")
	})
	if err := bot.Ingest(context.Background(), contactSays("hi", ""), nil); err != nil {
		fmt.Println("ingest:", err)
	}
	// Output:
	// no such user: User not found
	// error: handle event message.create.contact.chat: out of luck
	// ingest: out of luck
}
