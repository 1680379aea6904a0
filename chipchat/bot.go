package chipchat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// Bot receives events and speaks in conversations. It is made by New, and safe for concurrent use.
type Bot struct {
	Users         *Resource[User]
	Bots          *Resource[BotProfile]
	BotInstances  *Resource[BotInstance]
	Channels      *Resource[Channel]
	Contacts      *Resource[Contact]
	Conversations *Resource[Conversation]
	Messages      Messages
	Organizations *Resource[Organization]
	Services      *Resource[Service]
	OrgGroups     *Resource[OrgGroup]
	Partners      *Resource[Document]
	Forms         *Resource[Form]
	Workflows     *Resource[Workflow]
	KBases        *Resource[Document]
	KBItems       *Resource[KBItem]
	Articles      *Resource[Article]
	Files         *Resource[File]
	Locations     *Resource[Document]
	Links         *Resource[Document]
	WATemplates   *Resource[Document]
	Metrics       *Resource[Document]
	Points        *Resource[Document]
	Tests         *Resource[Document]
	TestResults   *Resource[Document]
	Deliveries    *Resource[Delivery]
	Events        *Resource[EventRecord]

	options   Options
	log       *slog.Logger
	api       *api
	listeners listeners
	memories  memories
	replies   replies
	running   running
	cache     *Cache

	organizations organizations
	configs       configs

	verifier Verifier
	proving  bool          // there is a secret
	slots    chan struct{} // one for each event that is handled or waits for it
	works    works
	orders   *orders // nil: events do not wait for each other
}

// New checks the options and makes a bot; it starts nothing and sends nothing. A token that is a refresh token is
// refused; one that can't be read is only logged (docs/contract/sdk.md section 1).
func New(o Options) (*Bot, error) {
	o, err := o.completed()
	if err != nil {
		return nil, fmt.Errorf("make bot: %w", err)
	}
	session, err := newSession(o)
	if err != nil {
		return nil, err
	}
	b := &Bot{options: o, log: o.Logger, cache: newCache()}
	b.protect()
	b.Use(o.Middleware.Receive...).UseSend(o.Middleware.Send...)
	b.api = &api{
		host: o.Host, http: o.HTTPClient, session: session, retries: o.Retries,
		report: b.report, refreshed: b.refreshed,
	}
	b.openResources()
	return b, nil
}

// openResources makes the clients of the kinds of docs/contract/sdk.md section 2, and of deliveries and events.
func (b *Bot) openResources() {
	b.Users = ResourceOf[User](b, "users")
	b.Bots = ResourceOf[BotProfile](b, "bots")
	b.BotInstances = ResourceOf[BotInstance](b, "botinstances")
	b.Channels = ResourceOf[Channel](b, "channels")
	b.Contacts = ResourceOf[Contact](b, "contacts")
	b.Conversations = ResourceOf[Conversation](b, "conversations")
	b.Conversations.bind = b.bind
	b.Messages = Messages{ResourceOf[Message](b, "messages")}
	b.Organizations = ResourceOf[Organization](b, "organizations")
	b.Services = ResourceOf[Service](b, "services")
	b.OrgGroups = ResourceOf[OrgGroup](b, "orggroups")
	b.Partners = ResourceOf[Document](b, "partners")
	b.Forms = ResourceOf[Form](b, "forms")
	b.Workflows = ResourceOf[Workflow](b, "workflows")
	b.KBases = ResourceOf[Document](b, "kbases")
	b.KBItems = ResourceOf[KBItem](b, "kbitems")
	b.Articles = ResourceOf[Article](b, "articles")
	b.Files = ResourceOf[File](b, "files")
	b.Locations = ResourceOf[Document](b, "locations")
	b.Links = ResourceOf[Document](b, "links")
	b.WATemplates = ResourceOf[Document](b, "watemplates")
	b.Metrics = ResourceOf[Document](b, "metrics")
	b.Points = ResourceOf[Document](b, "points")
	b.Tests = ResourceOf[Document](b, "tests")
	b.TestResults = ResourceOf[Document](b, "testresults")
	b.Deliveries = ResourceOf[Delivery](b, "deliveries")
	b.Events = ResourceOf[EventRecord](b, "events")
}

// Auth is who the bot is, by its present token.
func (b *Bot) Auth() Auth {
	_, auth := b.api.session.current()
	return auth
}

// Tokens are what the bot is logged in with at present.
func (b *Bot) Tokens() Tokens {
	tokens, _ := b.api.session.current()
	return tokens
}

// Host is the API host that the bot talks to, without /v2.
func (b *Bot) Host() string { return b.options.Host }

// Webhook is the path of the bot's own server, and the default of that of a Router.
func (b *Bot) Webhook() string { return b.options.Webhook }

// Secret is the webhook secret, or "".
func (b *Bot) Secret() string { return b.options.Secret }

// Cache is for what handlers want to find again within an hour, without asking for it.
func (b *Bot) Cache() *Cache { return b.cache }

// Conversation fetches a conversation to take part in. To speak in one without knowing it, Send is enough.
func (b *Bot) Conversation(ctx context.Context, id ID) (*Conversation, error) {
	if id == "" {
		return nil, fmt.Errorf("missing conversation %s", id)
	}
	c, err := b.Conversations.Get(ctx, id, nil)
	if err != nil {
		return nil, err
	}
	c.copy = b.memories.hear(c.ID, c.Raw, time.Now(), true)
	return c, nil
}

// Take returns the means to take part in a conversation that is known already, such as one that an event carries, as it
// is given. What Get sees is the copy that all contexts of this conversation share, which begins with c.
func (b *Bot) Take(c Conversation) (*Conversation, error) {
	if c.ID == "" {
		return nil, errors.New("missing conversation")
	}
	raw := c.Raw
	if raw == nil {
		encoded, err := json.Marshal(c)
		if err != nil {
			return nil, fmt.Errorf("encode conversation %s: %w", c.ID, err)
		}
		raw = encoded
	}
	c.bot = b
	c.copy = b.memories.share(c.ID, raw, time.Now())
	return &c, nil
}

// bind lets a fetched conversation speak. It may be partial, so the copy that others share is left alone.
func (b *Bot) bind(c *Conversation) {
	c.bot = b
	c.copy = &memory{raw: c.Raw}
}

// report logs what went wrong and emits it as the event "error".
func (b *Bot) report(ctx context.Context, err error) {
	if m, ok := errors.AsType[*middlewareError](err); ok {
		err = m
	}
	b.log.ErrorContext(ctx, "bot met an error", "err", err)
	b.announce(ctx, &Event{Name: "error", Err: err})
}

func (b *Bot) refreshed(ctx context.Context) { b.announce(ctx, &Event{Name: "token"}) }

// announcing marks the context of handlers of one of the bot's own events, by its name.
type announcing string

// announce emits one of the bot's own events, unless its own handlers have caused it: one of errors that fails to send
// would be called for ever. For the same reason the failure of a handler of errors is only logged.
func (b *Bot) announce(ctx context.Context, e *Event) {
	within := announcing(e.Name)
	if ctx.Value(within) != nil {
		return
	}
	err := b.emit(context.WithValue(ctx, within, true), e.Name, e)
	if err == nil {
		return
	}
	err = fmt.Errorf("handle event %s: %w", e.Name, err)
	if e.Name == "error" {
		b.log.ErrorContext(ctx, "bot met an error", "err", err)
		return
	}
	b.report(ctx, err)
}
