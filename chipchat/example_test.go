package chipchat_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"

	"bellhop/chipchat"
)

// The first bot: it repeats what the contact says, and offers a button.
func Example() {
	bot, err := chipchat.New(chipchat.Options{}.WithEnvironment(os.Getenv)) // TOKEN, SECRET, APIHOST and PORT
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

// ShopBot adds to all bots what this author needs: a Bot is embedded where the original has mixins.
type ShopBot struct {
	*chipchat.Bot
	Currency string
}

// Price says what something costs.
func (s ShopBot) Price(ctx context.Context, c *chipchat.Conversation, cents int) error {
	return c.Say(ctx, fmt.Sprintf("That is %d.%02d %s.", cents/100, cents%100, s.Currency))
}

// Greeting is a module: a function that adds what it is about to any bot.
func Greeting(bot *chipchat.Bot, text string) {
	bot.OnText(chipchat.Text("hello", "hi"), func(ctx context.Context, _ *chipchat.Message, c *chipchat.Conversation) error {
		return c.Say(ctx, text)
	})
}

// Methods of one's own, and parts that several bots share.
func Example_embedding() {
	shop := ShopBot{newBot(&platform{}), "EUR"}
	Greeting(shop.Bot, "Welcome!")
	shop.OnText(chipchat.Text("price"), func(ctx context.Context, _ *chipchat.Message, c *chipchat.Conversation) error {
		return shop.Price(ctx, c, 1995)
	})
	for _, text := range []string{"Hello", "price"} {
		if err := shop.Ingest(context.Background(), contactSays(text, ""), nil); err != nil {
			log.Print(err)
		}
	}
	// Output:
	// bot: Welcome!
	// bot: That is 19.95 EUR.
}

// transport adds a header to every request.
type transport struct{ http.RoundTripper }

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("X-Request-Source", "shop")
	return t.RoundTripper.RoundTrip(r)
}

// The transport of the HTTP client is the place for what concerns every request.
func Example_requestHeaders() {
	api := &platform{
		answers: map[string]string{"GET users/me": `{"id":"64b0f1a2c3d4e5f607182930","givenName":"Shop"}`},
		headers: func(h http.Header) { fmt.Println(h.Get("X-Request-Source")) },
	}
	bot, err := chipchat.New(chipchat.Options{Token: token, HTTPClient: &http.Client{Transport: transport{api}}})
	if err != nil {
		log.Fatal(err)
	}
	me, err := bot.Users.Get(context.Background(), "me", nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(me.GivenName)
	// Output:
	// shop
	// Shop
}
