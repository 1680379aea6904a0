// Package api is REST v2: it reads requests, has the rules do what they ask, and writes
// what came of it (docs/contract/resources.md, auth.md, extensions.md sections 1 and 2).
//
// [API.handler] shows every route. Behind each is a function that decodes, calls one method of
// the rules, and encodes; nothing is decided here, so that the pages and the API cannot
// disagree. All but the tokens, the health and the description of the server need a caller, who is known
// before anything else of his request is looked at.
package api

import (
	"context"
	"net/http"
	"strings"

	"bellhop/internal/account"
	"bellhop/internal/conversation"
	"bellhop/internal/live"
	"bellhop/internal/resource"
	"bellhop/internal/stats"
	"bellhop/internal/subscription"
	"bellhop/internal/web"
)

// Config says what the API works with.
type Config struct {
	Accounts      *account.Accounts
	Resources     *resource.Resources
	Conversations *conversation.Conversations
	Subscriptions *subscription.Subscriptions
	Stats         *stats.Stats
	Live          *live.Hub

	// PublicURL is where clients reach the server, without /v2. If it is empty, the links
	// between pages of a list are to where the client has sent his request.
	PublicURL string

	// Limiter limits the requests for /v2; nil means that there is no limit.
	Limiter *web.Limiter

	// Ready returns why requests cannot be served; nil means that they always can.
	Ready func(ctx context.Context) error
}

// API is the handler of all paths below /v2, of /healthz and of /readyz. It is safe for
// concurrent use.
type API struct {
	accounts      *account.Accounts
	resources     *resource.Resources
	conversations *conversation.Conversations
	subscriptions *subscription.Subscriptions
	stats         *stats.Stats
	live          *live.Hub
	publicURL     string
	limiter       *web.Limiter
	ready         func(ctx context.Context) error
	description   *description
	handler       http.Handler
	patterns      []string // of all routes
}

// New returns the API of a server.
func New(config Config) *API {
	a := &API{
		accounts: config.Accounts, resources: config.Resources, conversations: config.Conversations,
		subscriptions: config.Subscriptions, stats: config.Stats, live: config.Live, publicURL: config.PublicURL,
		limiter: config.Limiter, ready: config.Ready,
		description: newDescription(),
	}
	a.handler = web.NewRouter(a.routes())
	return a
}

// Routes enters the API in a mux. What is entered with a longer pattern comes before it.
func (a *API) Routes(mux *http.ServeMux) {
	for _, pattern := range []string{"/v2", "/v2/", "/healthz", "/readyz"} {
		mux.Handle(pattern, a)
	}
}

// ServeHTTP answers a request, also one for a path that there is not.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if isLimited(r) {
		if err := a.limiter.Address(web.ClientAddress(r)); err != nil {
			web.WriteError(w, r, err)
			return
		}
	}
	a.handler.ServeHTTP(w, r)
}

// isLimited reports whether requests like r are counted: all for /v2, whether there is
// something or not. Who asks how the server is has to hear it.
func isLimited(r *http.Request) bool {
	return r.URL.Path == "/v2" || strings.HasPrefix(r.URL.Path, "/v2/")
}
