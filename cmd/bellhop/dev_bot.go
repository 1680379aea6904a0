package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"

	crand "crypto/rand"

	"bellhop"
	"bellhop/chipchat"
	"bellhop/internal/account"
	"bellhop/internal/server"
)

// Where the demo bot listens, on the server's own listener.
const demoBotPath = "/demo-bot"

const demoContact = "jenny@demo.example"

// demo is what dev adds to a server: a bot, its webhook, and a contact to talk to.
type demo struct {
	log     *slog.Logger
	local   string // where this machine reaches the server
	url     string // where people do
	token   string // of the admin
	admin   *chipchat.Bot
	bot     *chipchat.Bot
	botID   bellhop.ID
	secret  string // of the webhook
	service chipchat.ID
}

// makeBot finds the demo bot in the store, or creates it, and makes it ready to listen.
func (d *demo) makeBot(ctx context.Context, s *server.Server, admin *account.Caller) error {
	page, err := s.Resources().List(ctx, admin, bellhop.Bots, "name=Demo%20bot&limit=1")
	if err != nil {
		return err
	}
	var body json.RawMessage
	if len(page.Items) > 0 {
		body = page.Items[0]
	} else if body, err = s.Resources().Create(ctx, admin, bellhop.Bots,
		[]byte(`{"name":"Demo bot","description":"Repeats what contacts say. bellhop dev runs it."}`)); err != nil {
		return err
	}
	var bot struct {
		ID                         bellhop.ID
		Email, Token, RefreshToken string
	}
	if err := json.Unmarshal(body, &bot); err != nil {
		return err
	}
	d.botID = bot.ID
	page, err = s.Resources().List(ctx, admin, bellhop.Services, "bot="+string(bot.ID)+"&limit=1")
	if err != nil {
		return err
	}
	d.secret = crand.Text()
	if len(page.Items) > 0 {
		var service struct {
			ID     chipchat.ID
			Params struct{ Secret string }
		}
		if err := json.Unmarshal(page.Items[0], &service); err != nil {
			return err
		}
		d.service, d.secret = service.ID, service.Params.Secret
	}
	d.bot, err = chipchat.New(chipchat.Options{
		Token: bot.Token, RefreshToken: bot.RefreshToken, Email: bot.Email,
		Secret: d.secret, Host: d.local, Logger: d.log,
	})
	if err != nil {
		return err
	}
	teach(d.bot)
	return nil
}

// teach tells the demo bot what to do.
func teach(bot *chipchat.Bot) {
	bot.On("message.create.contact.chat.contact", func(ctx context.Context, m *chipchat.Message, c *chipchat.Conversation) error {
		return c.Say(ctx, chipchat.Message{
			Role: chipchat.RoleAgent, // to the contact
			Text: "You said: " + m.Text,
			Actions: []chipchat.Action{
				{Type: "reply", Text: "Tell me a secret", Payload: "SECRET"},
				{Type: "reply", Text: "Bye", Payload: "BYE"},
			},
		})
	})
	bot.On("message.create.contact.postback.contact", func(ctx context.Context, m *chipchat.Message, c *chipchat.Conversation) error {
		if m.Text != "BYE" {
			return c.Say(ctx, chipchat.Message{Role: chipchat.RoleAgent, Text: "Bots have none."})
		}
		if err := c.Say(ctx, chipchat.Message{Role: chipchat.RoleAgent, Text: "Until next time!"}); err != nil {
			return err
		}
		return c.Leave(ctx)
	})
}

// register creates the webhook through the API, which asks the bot its challenge, and
// makes a contact with a conversation. The server must be serving. What is there from an
// earlier start is kept.
func (d *demo) register(ctx context.Context) (chipchat.ID, error) {
	url := d.local + demoBotPath
	params := map[string]any{"url": url, "secret": d.secret, "events": []string{"message.create.contact.*"}}
	var service *chipchat.Service
	var err error
	if d.service == "" {
		service, err = d.admin.Services.Create(ctx, map[string]any{
			"name": "Demo bot", "type": bellhop.WebhookType, "bot": d.botID, "params": params,
		})
	} else if service, err = d.admin.Services.Get(ctx, d.service, nil); err == nil && service.Params["url"] != url {
		// It listens elsewhere than the last time.
		service, err = d.admin.Services.Update(ctx, d.service, map[string]any{"params": params})
	}
	if err != nil {
		return "", err
	}
	if service.Status == bellhop.ServiceUnverified {
		return "", fmt.Errorf("the webhook %s was not verified", url)
	}
	d.service = service.ID
	contacts, err := d.admin.Contacts.List(ctx, chipchat.Query{"profile.email": demoContact, "limit": 1})
	if err != nil {
		return "", err
	}
	if len(contacts.Items) > 0 {
		return contacts.Items[0].Conversation, nil
	}
	conversation, err := d.admin.Conversations.Create(ctx, map[string]any{
		"type":     "contact",
		"contact":  map[string]any{"profile": map[string]any{"name": "Jenny Jones", "email": demoContact}},
		"messages": []any{map[string]any{"text": "Is anybody there?", "role": "contact", "touchpoint": "web"}},
	})
	if err != nil {
		return "", err
	}
	return conversation.ID, nil
}
