package chipchattest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"bellhop"
	"bellhop/chipchat"
	"bellhop/internal/account"
	"bellhop/internal/server"
)

const (
	platformHost = "platform.test"

	// patience is how long things may take by default in real time: longer than the first wait
	// after a failed attempt. In a bubble it is longer than a delivery lives, and costs nothing.
	patience       = 30 * time.Second
	bubblePatience = 25 * time.Hour

	// endPatience is how long handlers that still run may go on when the test has ended.
	endPatience = 5 * time.Second
)

// Platform is a server with one organization and its admin, for one test. Its methods are called from
// the goroutine of the test, as they end the test with its Fatalf when something does not go as it
// should; those that steer deliveries may be called from any goroutine.
type Platform struct {
	// API is the REST API as the admin of the organization uses it, for all that has no method here.
	API *chipchat.Bot

	// Organization is the id of the organization, in which everything is.
	Organization chipchat.ID

	// Secret signs what is sent to webhooks without a bot.
	Secret string

	// URL is where the API is, for [Platform.Client]: http://platform.test.
	URL string

	// Patience is how long Hears, Settled and their like wait for what does not come: 30 seconds, or
	// 25 hours of virtual time if Start was called in a bubble of synctest. A test may change it.
	Patience time.Duration

	tb      testing.TB
	ctx     context.Context // outlives that of the test, until the platform has ended
	log     *slog.Logger    // of the server and of bots that have none
	server  *server.Server
	network *network
	client  *http.Client
	faults  *faults

	mu      sync.Mutex
	bots    []*chipchat.Bot        // that have to be drained
	secrets map[chipchat.ID]string // of the webhooks of bots, by their users
	named   int                    // bots and contacts that were given a name
	hooks   []*endpoint
}

// Start starts a platform that ends with the test. In a bubble of synctest everything about it, the
// retries of deliveries too, is in the virtual time of the bubble.
//
// It opens no socket, and keeps its data in the temporary directory of the test, without waiting
// for the disk. Several may run at a time, in one test and in parallel ones.
func Start(tb testing.TB) *Platform {
	tb.Helper()
	dir := tb.TempDir() // whose end comes after that of the platform
	ctx, cancel := context.WithCancel(context.WithoutCancel(tb.Context()))
	p := &Platform{
		URL: "http://" + platformHost, Secret: newSecret(), Patience: patience, tb: tb, ctx: ctx,
		log:     slog.New(slog.NewTextHandler(tb.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})),
		network: newNetwork(), secrets: map[chipchat.ID]string{},
	}
	if inBubble() {
		p.Patience = bubblePatience
	}
	p.client, p.faults = p.network.client(), newFaults()
	listener := p.network.listen(platformHost)
	var err error
	p.server, err = server.New(ctx, server.Config{
		PublicURL: p.URL, Data: dir, Unsafe: true, WithoutPages: true,
		AccessLife:  100 * 365 * 24 * time.Hour, // no test has virtual time enough
		EgressAllow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		Resolver:    p.network, Connect: p.network.connect,
	}, listener, p.log)
	if err != nil {
		cancel()
		tb.Fatalf("chipchattest: start the platform: %v", err)
	}
	done := make(chan error, 1)
	go func() { done <- p.server.Run(ctx) }()
	tb.Cleanup(func() {
		p.end()
		cancel()
		if err := errors.Join(<-done, p.server.Close()); err != nil {
			tb.Errorf("chipchattest: end the platform: %v", err)
		}
		p.client.CloseIdleConnections()
	})
	if err := p.setUp(); err != nil {
		tb.Fatalf("chipchattest: set the platform up: %v", err)
	}
	return p
}

// inBubble reports whether the caller is in a bubble of synctest, by the only means there is: outside
// of one Wait panics.
func inBubble() (in bool) {
	defer func() { _ = recover() }()
	synctest.Wait()
	return true
}

// setUp makes the organization and its admin.
func (p *Platform) setUp() error {
	made, err := p.server.Accounts().Setup(p.ctx, account.SetupRequest{
		Organization: "Test", Email: "admin@" + platformHost, Password: newSecret(), GivenName: "Admin",
	})
	if err != nil {
		return err
	}
	p.Organization = chipchat.ID(made.Organization)
	p.API, err = p.actAs(chipchat.ID(made.User), bellhop.ScopeAdmin)
	return err
}

// actAs returns the API as that user uses it. The scope is that of his role.
func (p *Platform) actAs(user chipchat.ID, scope bellhop.Scope) (*chipchat.Bot, error) {
	accounts := p.server.Accounts()
	caller, err := accounts.Again(p.ctx, bellhop.ID(user), bellhop.ID(p.Organization), scope)
	if err != nil {
		return nil, err
	}
	// As a login does it, but for the password, which takes its time to check.
	tokens, err := accounts.IssueTokens(p.ctx, caller)
	if err != nil {
		return nil, err
	}
	return chipchat.New(chipchat.Options{Token: tokens.Access, Host: p.URL, HTTPClient: p.client, Logger: p.log})
}

// Client returns an HTTP client that reaches the platform, at URL, and the URLs of its webhooks, and
// nothing else.
func (p *Platform) Client() *http.Client { return p.client }

// end lets handlers end, and waits for them. Nothing is delivered any more.
func (p *Platform) end() {
	p.faults.end()
	p.mu.Lock()
	hooks, bots := p.hooks, p.bots
	p.mu.Unlock()
	for _, e := range hooks {
		_ = e.listener.Close()
	}
	ctx, cancel := context.WithTimeout(p.ctx, endPatience)
	defer cancel()
	for _, bot := range bots {
		// What still runs has its context ended; whether it heeds that is its own affair.
		_ = bot.Drain(ctx)
	}
	for _, e := range hooks {
		e.close(ctx)
	}
}

// name returns a name that nobody else of the platform has.
func (p *Platform) name(kind string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.named++
	return fmt.Sprintf("%s-%d", kind, p.named)
}
