package chipchattest

import (
	"crypto/rand"
	"net/http"

	"bellhop/chipchat"
)

// Options creates a bot in the organization and returns o with what that bot needs to work with the
// platform in the fields that are empty: tokens and email, a webhook secret, the host, an HTTP client
// that reaches it, and a logger that writes warnings to the log of the test. They are for the
// function of a program that makes its bot; [Platform.Bot] is for tests without one.
func (p *Platform) Options(o chipchat.Options) chipchat.Options {
	p.tb.Helper()
	made, err := p.API.Bots.Create(p.ctx, map[string]any{"name": p.name("Bot")})
	if err != nil {
		p.tb.Fatalf("chipchattest: create a bot: %v", err)
	}
	if o.Token == "" {
		o.Token, o.RefreshToken, o.Email = made.Token, made.RefreshToken, made.Email
	}
	if o.Secret == "" {
		o.Secret = newSecret()
	}
	if o.Host == "" {
		o.Host = p.URL
	}
	if o.HTTPClient == nil {
		o.HTTPClient = p.client
	}
	if o.Logger == nil {
		o.Logger = p.log
	}
	p.mu.Lock()
	p.secrets[made.ID] = o.Secret
	p.mu.Unlock()
	return o
}

// Bot returns a bot that is made of [Platform.Options].
func (p *Platform) Bot(o chipchat.Options) *chipchat.Bot {
	p.tb.Helper()
	bot, err := chipchat.New(p.Options(o))
	if err != nil {
		p.tb.Fatalf("chipchattest: make a bot: %v", err)
	}
	return bot
}

// Connect serves the handler of bot, whose options came from this platform, at a URL, and creates its
// bot-specific webhook, to which that handler answers the challenge. Events are patterns as in
// params.events (docs/contract/services.md section 5); none means all events. When the test ends,
// Connect sees to it that handlers of bot end.
func (p *Platform) Connect(bot *chipchat.Bot, events ...string) *chipchat.Service {
	p.tb.Helper()
	return p.ConnectHandler(bot, bot.Handler(), events...)
}

// ConnectHandler is Connect for a handler that is not, or not only, the bot's own: one with
// middleware around it, or the mux of a whole program whose webhook is at /. Without bot the webhook is
// a general one of the organization, signed with [Platform.Secret].
func (p *Platform) ConnectHandler(bot *chipchat.Bot, handler http.Handler, events ...string) *chipchat.Service {
	p.tb.Helper()
	e := p.listen(handler)
	params := map[string]any{"url": e.url}
	if len(events) > 0 {
		params["events"] = events
	}
	service := map[string]any{"name": "Webhook at " + e.url, "type": "webhook", "params": params}
	if bot == nil {
		params["secret"] = p.Secret
	} else {
		user := bot.Auth().User
		p.mu.Lock()
		secret, ours := p.secrets[user]
		p.bots = append(p.bots, bot)
		p.mu.Unlock()
		if !ours {
			p.tb.Fatalf("chipchattest: connect a bot: its options do not come from Options or Bot of this platform")
		}
		service["bot"], params["secret"] = user, secret
	}
	made, err := p.API.Services.Create(p.ctx, service)
	if err != nil {
		p.tb.Fatalf("chipchattest: connect a bot: %v", err)
	}
	if made.Status != "active" {
		p.tb.Fatalf("chipchattest: connect a bot: its webhook is %s, since its handler does not answer the challenge (docs/contract/delivery.md section 1)",
			made.Status)
	}
	return made
}

func newSecret() string { return rand.Text() }
