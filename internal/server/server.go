package server

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"golang.org/x/sync/errgroup"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/api"
	"bellhop/internal/cluster"
	"bellhop/internal/conversation"
	"bellhop/internal/dispatch"
	"bellhop/internal/egress"
	"bellhop/internal/health"
	"bellhop/internal/live"
	"bellhop/internal/metrics"
	"bellhop/internal/resource"
	"bellhop/internal/stats"
	"bellhop/internal/store"
	"bellhop/internal/subscription"
	"bellhop/internal/trace"
	"bellhop/internal/trouble"
	"bellhop/internal/tunnel"
	"bellhop/internal/tunnel/roster"
	"bellhop/internal/ui"
	"bellhop/internal/web"
)

// Server is everything that serves, put together.
type Server struct {
	log           *slog.Logger
	listener      net.Listener
	url           string // the public URL
	db            *store.DB
	cluster       *cluster.Cluster
	accounts      *account.Accounts
	resources     *resource.Resources
	subscriptions *subscription.Subscriptions
	stats         *stats.Stats
	live          *live.Hub
	dispatcher    *dispatch.Dispatcher
	endpoints     *health.Board
	roster        *roster.Roster
	tunnels       *tunnel.Tunnels
	limiter       *web.Limiter // nil if there is no limit
	conversations *conversation.Conversations
	mux           *http.ServeMux
	proxies       []netip.Prefix // that are trusted
	unready       *trouble.Teller

	tracer          *trace.Tracer // nil if nothing is traced
	metrics         *metrics.Metrics
	metricsListener net.Listener   // nil if the metrics have none of their own
	metricsMux      *http.ServeMux // what it serves
}

// New opens the store and builds what works on it; Run will serve on listener, which stays the
// caller's to close. So is the Server.
func New(ctx context.Context, c Config, listener net.Listener, log *slog.Logger) (_ *Server, err error) {
	s := &Server{
		log: log, listener: listener, url: strings.TrimSuffix(c.PublicURL, "/"), mux: http.NewServeMux(), proxies: c.TrustedProxies,
		unready: trouble.New(log, slog.LevelInfo, "not ready"),
	}
	if s.url == "" {
		s.url = "http://" + listener.Addr().String()
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	client, err := egress.New(egress.Config{Allow: c.EgressAllow, Resolver: c.Resolver, Connect: c.Connect, Inside: s.inside})
	if err != nil {
		return nil, err
	}
	s.metrics = s.newMetrics()
	if s.tracer, err = trace.Start(ctx, c.Tracing, log); err != nil {
		return nil, err
	}
	hooks := s.hooks()
	s.db, err = store.Open(ctx, store.Config{
		Dir: c.Data, Database: c.Database, KeyFile: c.KeyFile, Retain: c.Retain, RetainSize: c.RetainSize, RetainAudit: c.RetainAudit, Unsafe: c.Unsafe,
		Observe: s.committed, Trace: hooks.commit,
	})
	if err != nil {
		return nil, err
	}
	s.cluster = s.newCluster(c)
	s.db.LeadWith(s.cluster.Leads)
	s.subscriptions = subscription.New(subscription.Config{DB: s.db, Nodes: s.cluster, Egress: client, API: s.url, Trace: hooks.parent, Health: s.health, Away: s.away, Unhealthy: s.unhealthy, MakeWay: s.makeWay, Now: c.Now, Log: log})
	s.accounts, err = account.New(ctx, s.db, account.Config{AccessLife: c.AccessLife, LoggedIn: s.loggedIn, Now: c.Now})
	if err != nil {
		return nil, err
	}
	s.live = live.NewHub(s.subscriptions, s.cluster)
	s.conversations = conversation.New(conversation.Config{
		DB: s.db, Nodes: s.cluster, Announce: s.live.Announce, Again: s.accounts.Again, LoopLimit: c.LoopLimit, App: s.url, Now: c.Now, Log: log,
	})
	s.stats = stats.New(stats.Config{DB: s.db, Nodes: s.cluster, Log: log})
	s.dispatcher = dispatch.New(dispatch.Config{
		DB: s.db, Egress: client, Target: s.target,
		Consequence: s.traced((&consequences{s.subscriptions, s.accounts, s.conversations, log}).of),
		Observe:     s.attempted, Begin: hooks.begin, Now: c.Now, Log: log,
		Shared: s.db.Shared(), Sure: s.cluster.Sure, Elsewhere: s.elsewhere,
	})
	s.db.DeliverTo(s.dispatcher)
	s.joinCluster()
	s.openHealth()
	s.limiter = s.newLimiter(c.RateLimit)
	if err := s.openTunnels(ctx, s.limiter, c.Now); err != nil {
		return nil, err
	}
	s.resources = resource.New(resource.Config{
		DB: s.db, Subscriptions: s.subscriptions, Rules: s.rules(), Now: c.Now,
	})
	api.New(api.Config{
		Accounts: s.accounts, Resources: s.resources, Conversations: s.conversations, Subscriptions: s.subscriptions,
		Stats: s.stats, Live: s.live, PublicURL: c.PublicURL,
		Limiter: s.limiter, Ready: s.ready,
	}).Routes(s.mux)
	s.tunnels.Routes(s.mux)
	if !c.WithoutPages {
		if err := s.servePages(c); err != nil {
			return nil, err
		}
	}
	if err := s.listenForMetrics(c.MetricsListen); err != nil {
		return nil, err
	}
	s.serveMetrics(s.mux)
	return s, nil
}

// URL is the public one, without a slash at its end.
func (s *Server) URL() string { return s.url }

// Accounts are those of the server, for who sets it up or works in its process.
func (s *Server) Accounts() *account.Accounts { return s.accounts }

// Resources are those of the server, for who works in its process.
func (s *Server) Resources() *resource.Resources { return s.resources }

// Handle lets the server answer requests that match pattern, a pattern of http.ServeMux. It is
// called before Run.
func (s *Server) Handle(pattern string, handler http.Handler) { s.mux.Handle(pattern, handler) }

// servePages builds the pages, which are at all paths that nothing else is at.
func (s *Server) servePages(c Config) error {
	pages, err := ui.New(ui.Config{
		Accounts: s.accounts, Resources: s.resources, Subscriptions: s.subscriptions,
		Conversations: s.conversations, Stats: s.stats, Live: s.live, PublicURL: s.url, Now: c.Now, Log: s.log, ClientAddress: web.ClientAddress,
	})
	if err != nil {
		return err
	}
	s.mux.Handle("/", pages)
	return nil
}

// rules are those of all kinds that have some.
func (s *Server) rules() map[*bellhop.Kind]resource.Rules {
	rules := resource.AccountRules(s.accounts)
	rules[bellhop.Services] = resource.ServiceRules(s.subscriptions, s.wake)
	for kind, r := range s.conversations.Rules() {
		rules[kind] = r
	}
	return rules
}

// target tells the dispatcher where the deliveries of a lane go.
func (s *Server) target(ctx context.Context, lane store.LaneID) (*dispatch.Target, error) {
	w, err := s.subscriptions.Webhook(ctx, lane.Service)
	if errors.Is(err, subscription.ErrNoWebhook) {
		return nil, dispatch.ErrGone
	}
	if err != nil {
		return nil, err
	}
	t := &dispatch.Target{
		Organization: w.Organization, URL: w.URL, Active: w.Status == bellhop.ServiceActive, Signer: w.Signer, Headers: w.Headers,
		Timeout: w.Timeout, Concurrency: w.Concurrency, Rate: w.Rate, Unordered: w.Unordered,
	}
	if lane.Lane == lane.Service {
		s.throughTunnel(t)
		return t, nil
	}
	// It is a replay to another URL, which is no matter of whether the service is active.
	t.URL, err = s.subscriptions.ReplayTarget(ctx, lane.Lane)
	if errors.Is(err, subscription.ErrNoWebhook) {
		return nil, dispatch.ErrGone
	}
	if err != nil {
		return nil, err
	}
	t.Active = true
	s.throughTunnel(t)
	return t, nil
}

// loggedIn does what a login leads to, in its transaction.
func (s *Server) loggedIn(ctx context.Context, tx *store.Tx, user *bellhop.Document, now bellhop.Time) error {
	if err := s.subscriptions.LoggedIn(ctx, tx, user, now); err != nil {
		return err
	}
	return s.conversations.LoggedIn(ctx, tx, user)
}

// makeWay lets deliveries that are queued go before more is published. Those that another node
// delivers take nothing of this machine: for them nobody waits.
func (s *Server) makeWay(ctx context.Context, service bellhop.ID, n int) (passed func()) {
	return s.dispatcher.MakeWay(ctx, service, n)
}

// health tells how the endpoint of a service does.
func (s *Server) health(service bellhop.ID) subscription.Health {
	h := s.endpoints.Of(service)
	shown := subscription.Health{Since: h.Since, Failures: h.Failures, Reason: h.Reason, Next: h.Next}
	switch {
	case h.Paused:
		shown.State = "paused"
	case h.Failures > 0:
		shown.State = "failing"
	}
	return shown
}

// unhealthy tells which endpoints are down or fail.
func (s *Server) unhealthy() (paused, failing []bellhop.ID) { return s.endpoints.Unhealthy() }

// ready returns nil if requests can be served. It tells the log when they cannot.
func (s *Server) ready(ctx context.Context) error {
	err := s.look(ctx)
	if err != nil {
		s.unready.Failed(ctx, "", err)
	} else {
		s.unready.Passed("")
	}
	return err
}

func (s *Server) look(ctx context.Context) error {
	if !s.dispatcher.Running() {
		return errors.New("the dispatcher is not running")
	}
	if err := s.cluster.Ready(); err != nil {
		return err
	}
	return s.db.View(ctx, func(*store.Tx) error { return nil })
}

// Run serves until ctx ends: then it stops accepting, lets requests and attempts end, and
// stores what came of them.
func (s *Server) Run(ctx context.Context) error {
	s.log.InfoContext(ctx, "listening", "url", "http://"+s.listener.Addr().String())
	// What requests and attempts write as they end is still taken care of.
	upkeep, stopUpkeep := context.WithCancel(context.WithoutCancel(ctx))
	background := new(errgroup.Group)
	// And it is written by a member of the cluster.
	member, leave := context.WithCancel(context.WithoutCancel(ctx))
	membership := new(errgroup.Group)
	membership.Go(func() error { return s.cluster.Run(member) })
	background.Go(func() error { return s.db.Run(upkeep, s.log) })
	background.Go(func() error { return s.subscriptions.Run(upkeep) })
	background.Go(func() error { return s.stats.Run(upkeep) })
	background.Go(func() error { return s.runShared(upkeep) })

	stop := context.AfterFunc(ctx, func() { s.log.Info("stopping") })
	defer stop()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return web.Serve(ctx, s.listener, s.watched(), s.log, s.proxies...) })
	if s.metricsListener != nil {
		g.Go(func() error { return web.Serve(ctx, s.metricsListener, s.metricsMux, s.log) })
	}
	g.Go(func() error { return s.dispatcher.Run(ctx) })
	g.Go(func() error { s.handOver(ctx); return nil })
	g.Go(func() error { return s.conversations.Run(ctx) })
	g.Go(func() error { return s.tunnels.Run(ctx) })
	err := g.Wait()
	stopUpkeep()
	err = errors.Join(err, background.Wait())
	leave()
	err = errors.Join(err, membership.Wait())
	s.log.InfoContext(ctx, "stopped")
	return err
}

// Close ends what New has opened. Run has returned, or was never called.
func (s *Server) Close() error {
	if s.metricsListener != nil {
		s.metricsListener.Close()
	}
	if s.tracer != nil {
		ctx, cancel := context.WithTimeout(context.Background(), lastTraces)
		defer cancel()
		if err := s.tracer.Close(ctx); err != nil {
			s.log.Warn("the last traces are lost", "err", err)
		}
	}
	if s.db == nil {
		return nil // New has failed before it was open
	}
	return s.db.Close()
}
