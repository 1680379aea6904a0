package chipchat_test

import (
	"context"
	"fmt"
	"log"
	"sync"

	"bellhop/chipchat"
)

// All active conversations, however many pages they fill. The next page is fetched when it is reached.
func ExampleResource_Each() {
	bot := newBot(&platform{
		answers: map[string]string{
			"GET conversations?limit=2&sort=-updatedAt&status=active":          `[{"id":"1","name":"Jenny"},{"id":"2","name":"Tom"}]`,
			"GET conversations?limit=2&offset=2&sort=-updatedAt&status=active": `[{"id":"3","name":"Kim"}]`,
		},
		next: map[string]string{
			"conversations?limit=2&sort=-updatedAt&status=active": "conversations?limit=2&offset=2&sort=-updatedAt&status=active",
		},
	})
	query := chipchat.Query{"status": "active", "sort": "-updatedAt"}
	for c, err := range bot.Conversations.Each(context.Background(), query, chipchat.Paging{Limit: 2}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(c.Name)
	}
	// Output:
	// Jenny
	// Tom
	// Kim
}

// A kind that this package has no type for, or a server of one's own has: fields are what one says they are.
func ExampleResourceOf() {
	bot := newBot(&platform{answers: map[string]string{"GET coupons?valid=true": `[{"id":"1","code":"SPRING"}]`}})
	type Coupon struct {
		ID   chipchat.ID `json:"id"`
		Code string      `json:"code"`
	}
	page, err := chipchat.ResourceOf[Coupon](bot, "coupons").List(context.Background(), chipchat.Query{"valid": true})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(page.Items[0].Code)
	// Output: SPRING
}

// memoryStore keeps the tokens of a bot in memory. A real one has a file or a database, which all processes share.
type memoryStore struct {
	mu     sync.Mutex
	tokens chipchat.Tokens
}

func (s *memoryStore) Tokens(context.Context) (chipchat.Tokens, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tokens, nil
}

func (s *memoryStore) SetTokens(_ context.Context, tokens chipchat.Tokens) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens = tokens
	return nil
}

// With a store a bot needs its email alone: the token comes from there, and a renewed one goes there.
func ExampleTokenStore() {
	api := &platform{answers: map[string]string{"GET organizations/1": `{"id":"1","name":"Acme"}`}}
	bot, err := chipchat.New(chipchat.Options{
		Email:      "bot+64b0f1a2c3d4e5f607182930@web1on1.chat",
		TokenStore: &memoryStore{tokens: chipchat.Tokens{Token: token, RefreshToken: "..."}},
		HTTPClient: api.client(),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(bot.Auth().User)
	organization, err := bot.Organizations.Get(context.Background(), "1", nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(organization.Name, bot.Auth().Scope)
	// Output:
	// 64b0f1a2c3d4e5f607182930
	// Acme viewer anonymous guest agent bot
}

// What admins have configured for the bot, merged from the top of the path down.
func ExampleBot_GetInstanceConfig() {
	bot := newBot(&platform{answers: map[string]string{
		"GET bots/64b0f1a2c3d4e5f607182930": `{"id":"64b0f1a2c3d4e5f607182930","name":"Shop","status":"active","enabled":true,
			"meta":{"greeting":"Hello","language":"en"}}`,
		"GET botinstances?bot=64b0f1a2c3d4e5f607182930&limit=100&organization=%5Ba%2Cb%5D&sort=orgPath": `[
			{"id":"1","orgPath":"a","enabled":true,"status":"active","meta":{"language":"nl"}},
			{"id":"2","orgPath":"a#b","enabled":true,"status":"active","meta":{"greeting":"Hoi","language":" "}}]`,
	}})
	config, err := bot.GetInstanceConfig(context.Background(), "a#b", false)
	if err != nil {
		log.Print(err) // and config is not enabled
	}
	fmt.Println(config.Name, config.Enabled, config.Meta["greeting"], config.Meta["language"])
	// Output: Shop true Hoi nl
}
