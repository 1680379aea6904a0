package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"

	"golang.org/x/sync/errgroup"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/api"
	"bellhop/internal/conversation"
	"bellhop/internal/dispatch"
	"bellhop/internal/egress"
	"bellhop/internal/resource"
	"bellhop/internal/store"
	"bellhop/internal/subscription"
	"bellhop/internal/ui"
	"bellhop/internal/web"
)

// server is everything that serves, put together.
type server struct {
	log           *slog.Logger
	url           string // the public URL
	db            *store.DB
	accounts      *account.Accounts
	resources     *resource.Resources
	subscriptions *subscription.Subscriptions
	dispatcher    *dispatch.Dispatcher
	mux           *http.ServeMux
}

// newServer opens the store and builds what works on it. listener is where it will serve.
// The caller closes the server.
func newServer(ctx context.Context, c *config, listener net.Listener, log *slog.Logger) (*server, error) {
	s := &server{log: log, url: strings.TrimSuffix(c.publicURL, "/"), mux: http.NewServeMux()}
	if s.url == "" {
		s.url = "http://" + listener.Addr().String()
	}
	client, err := egress.New(egress.Config{Allow: c.egressAllow})
	if err != nil {
		return nil, err
	}
	if s.db, err = store.Open(ctx, store.Config{Dir: c.data, KeyFile: c.keyFile}); err != nil {
		return nil, err
	}
	s.subscriptions = subscription.New(subscription.Config{DB: s.db, Egress: client, API: s.url, Now: c.now, Log: log})
	s.accounts, err = account.New(ctx, s.db, account.Config{LoggedIn: s.subscriptions.LoggedIn, Now: c.now})
	if err != nil {
		return nil, errors.Join(err, s.db.Close())
	}
	conversations := conversation.New(conversation.Config{
		DB: s.db, Announce: s.subscriptions.Announce, App: s.url, Now: c.now,
	})
	s.dispatcher = dispatch.New(dispatch.Config{
		DB: s.db, Egress: client, Target: s.target,
		Consequence: (&consequences{s.subscriptions, s.accounts, conversations, log}).of, Now: c.now, Log: log,
	})
	s.db.OnCommit(s.dispatcher.HandOver)
	s.resources = resource.New(resource.Config{
		DB: s.db, Subscriptions: s.subscriptions, Rules: s.rules(conversations), Now: c.now,
	})
	api.New(api.Config{
		Accounts: s.accounts, Resources: s.resources, Conversations: conversations, Subscriptions: s.subscriptions,
		PublicURL: c.publicURL, Ready: s.ready,
	}).Routes(s.mux)
	pages, err := ui.New(ui.Config{
		Accounts: s.accounts, Resources: s.resources, Subscriptions: s.subscriptions,
		PublicURL: s.url, Now: c.now, Log: log, ClientAddress: web.ClientAddress,
	})
	if err != nil {
		return nil, errors.Join(err, s.db.Close())
	}
	s.mux.Handle("/", pages)
	return s, nil
}

// rules are those of all kinds that have some.
func (s *server) rules(conversations *conversation.Conversations) map[*bellhop.Kind]resource.Rules {
	rules := resource.AccountRules(s.accounts)
	rules[bellhop.Services] = resource.ServiceRules(s.subscriptions, s.dispatcher.Wake)
	for kind, r := range conversations.Rules() {
		rules[kind] = r
	}
	return rules
}

// target tells the dispatcher where a service is.
func (s *server) target(ctx context.Context, service bellhop.ID) (*dispatch.Target, error) {
	w, err := s.subscriptions.Webhook(ctx, service)
	if errors.Is(err, subscription.ErrNoWebhook) {
		return nil, dispatch.ErrGone
	}
	if err != nil {
		return nil, err
	}
	return &dispatch.Target{
		URL: w.URL, Active: w.Status == bellhop.ServiceActive, Signer: w.Signer, Headers: w.Headers,
		Timeout: w.Timeout, Concurrency: w.Concurrency, Unordered: w.Unordered,
	}, nil
}

// ready returns nil if requests can be served.
func (s *server) ready(ctx context.Context) error {
	if !s.dispatcher.Running() {
		return errors.New("the dispatcher is not running")
	}
	return s.db.View(ctx, func(*store.Tx) error { return nil })
}

// run serves until ctx ends: then it stops accepting, lets requests and attempts end, and
// stores what came of them.
func (s *server) run(ctx context.Context, listener net.Listener) error {
	s.log.InfoContext(ctx, "listening", "url", "http://"+listener.Addr().String())
	// What requests and attempts write as they end is still taken care of.
	upkeep, stopUpkeep := context.WithCancel(context.WithoutCancel(ctx))
	background := new(errgroup.Group)
	background.Go(func() error { return s.db.Run(upkeep, s.log) })
	background.Go(func() error { return s.subscriptions.Run(upkeep) })

	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return web.Serve(ctx, listener, s.mux, s.log) })
	g.Go(func() error { return s.dispatcher.Run(ctx) })
	err := g.Wait()
	stopUpkeep()
	return errors.Join(err, background.Wait())
}

func (s *server) close() error { return s.db.Close() }
