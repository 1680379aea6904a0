package ui

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/conversation"
	"bellhop/internal/live"
	"bellhop/internal/query"
	"bellhop/internal/resource"
	"bellhop/internal/stats"
	"bellhop/internal/subscription"
	"bellhop/internal/web"
)

// Config says what the pages are made from.
type Config struct {
	Accounts      *account.Accounts
	Resources     *resource.Resources
	Subscriptions *subscription.Subscriptions
	Conversations *conversation.Conversations
	Stats         *stats.Stats
	Live          *live.Hub

	// PublicURL is where the server is reached, without a path. If it is https, or if the
	// browser has come by https, cookies are sent over https alone.
	PublicURL string

	// Log gets what the visitor is not told of a failure; nil means nowhere.
	Log *slog.Logger

	// ClientAddress tells who sent a request, for the throttle of logins; nil means the
	// other end of the connection.
	ClientAddress func(*http.Request) string

	// Now tells the time; nil means time.Now.
	Now func() time.Time
}

// UI is the pages. It is a handler for all paths, those that are no page included, and is
// safe for concurrent use.
type UI struct {
	accounts      accounts
	resources     resources
	subscriptions subscriptions
	conversing    *conversation.Conversations // whose page is called conversations
	stats         *stats.Stats
	live          *live.Hub

	address       string // of the server, as programs reach it
	secure        bool
	log           *slog.Logger
	clientAddress func(*http.Request) string
	now           func() time.Time

	checks  *urlChecks
	docs    *docs
	assets  *assets
	pages   templates
	handler http.Handler
}

// What the pages need of the rules: tests make them fail, and answer what a database
// would need hours to come to.
type (
	accounts interface {
		StartSession(ctx context.Context, email, password, address string) (string, *account.Caller, error)
		Session(ctx context.Context, cookie string) (*account.Caller, error)
		EndSession(ctx context.Context, cookie string) error
		CheckPassword(ctx context.Context, caller *account.Caller, password, address string) error
		IssueTokens(ctx context.Context, caller *account.Caller) (account.Tokens, error)
		Revoke(ctx context.Context, caller *account.Caller, user bellhop.ID) error
	}

	resources interface {
		Create(ctx context.Context, caller *account.Caller, kind *bellhop.Kind, body []byte) (json.RawMessage, error)
		Get(ctx context.Context, caller *account.Caller, kind *bellhop.Kind, id bellhop.ID, rawQuery string) (json.RawMessage, error)
		List(ctx context.Context, caller *account.Caller, kind *bellhop.Kind, rawQuery string) (*query.Page, error)
		Patch(ctx context.Context, caller *account.Caller, kind *bellhop.Kind, id bellhop.ID, body []byte) (json.RawMessage, error)
		Delete(ctx context.Context, caller *account.Caller, kind *bellhop.Kind, id bellhop.ID) error
		Counts(ctx context.Context, caller *account.Caller, paths []string, kinds ...*bellhop.Kind) (map[*bellhop.Kind]map[string]int, error)
		AuditRecords(ctx context.Context, caller *account.Caller, rawQuery string) (*query.Page, error)
		AuditRecord(ctx context.Context, caller *account.Caller, id bellhop.ID, rawQuery string) (json.RawMessage, error)
		Rotate(ctx context.Context, caller *account.Caller, id bellhop.ID, body []byte) (json.RawMessage, error)
	}

	subscriptions interface {
		SomeDeliveries(ctx context.Context, caller *account.Caller, rawQuery string, most int) (*query.Page, error)
		Delivery(ctx context.Context, caller *account.Caller, id bellhop.UUID) (json.RawMessage, error)
		Conditions(ctx context.Context, caller *account.Caller, organization bellhop.ID) (subscription.Conditions, error)
		TryURL(ctx context.Context, caller *account.Caller, organization bellhop.ID, url string) (*subscription.Trial, error)
		TestService(ctx context.Context, caller *account.Caller, service bellhop.ID, body []byte) (json.RawMessage, error)
		CreateReplay(ctx context.Context, caller *account.Caller, service bellhop.ID, body []byte) (shown json.RawMessage, dry bool, err error)
		PatchReplay(ctx context.Context, caller *account.Caller, id bellhop.ID, body []byte) (json.RawMessage, error)
		Replay(ctx context.Context, caller *account.Caller, id bellhop.ID) (json.RawMessage, error)
		Replays(ctx context.Context, caller *account.Caller, rawQuery string) (*query.Page, error)
		ReplayDelivery(ctx context.Context, caller *account.Caller, id bellhop.UUID) (json.RawMessage, error)
		Events(ctx context.Context, caller *account.Caller, rawQuery string) (*query.Page, error)
		Event(ctx context.Context, caller *account.Caller, id bellhop.UUID) (json.RawMessage, error)
		Explain(ctx context.Context, caller *account.Caller, service bellhop.ID, eventID string) (json.RawMessage, error)
		Unhealthy() (paused, failing []bellhop.ID)
		AwayAt(url string) (since bellhop.Time, away bool)
	}
)

// New returns the pages. The error is about the Config.
func New(config Config) (*UI, error) {
	l, err := readLooks()
	if err != nil {
		return nil, err
	}
	return assemble(config, l)
}

// looks is what is the same for all who visit any server: files and templates, of which nothing changes.
type looks struct {
	assets *assets
	pages  templates
}

func readLooks() (looks, error) {
	a, err := readAssets()
	if err != nil {
		return looks{}, err
	}
	pages, err := parseTemplates(a)
	return looks{a, pages}, err
}

func assemble(config Config, l looks) (*UI, error) {
	public, err := url.Parse(config.PublicURL)
	if err != nil || public.Host == "" {
		return nil, fmt.Errorf("the public URL %q is not absolute", config.PublicURL)
	}
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	if config.ClientAddress == nil {
		config.ClientAddress = web.ClientAddress
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	ui := &UI{
		accounts: config.Accounts, resources: config.Resources, subscriptions: config.Subscriptions,
		conversing: config.Conversations, stats: config.Stats, live: config.Live,
		address: public.Scheme + "://" + public.Host,
		secure:  public.Scheme == "https", log: config.Log, clientAddress: config.ClientAddress, now: config.Now,
		checks: newURLChecks(), docs: newDocs(), assets: l.assets, pages: l.pages,
	}
	ui.handler, err = ui.protect(ui.routes(), ui.address)
	return ui, err
}

// ServeHTTP answers with a page.
func (ui *UI) ServeHTTP(w http.ResponseWriter, r *http.Request) { ui.handler.ServeHTTP(w, r) }
