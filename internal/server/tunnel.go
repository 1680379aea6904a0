package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"bellhop"
	"bellhop/internal/dispatch"
	"bellhop/internal/egress"
	"bellhop/internal/store"
	"bellhop/internal/tunnel"
	"bellhop/internal/tunnel/roster"
	"bellhop/internal/web"
)

// topicTunnel is what nodes bring each other requests to tunnels on.
const topicTunnel = "tunnel"

// openTunnels reads which tunnels there are. What delivers must be there: it is told of who
// arrives.
func (s *Server) openTunnels(ctx context.Context, limiter *web.Limiter, now func() time.Time) error {
	var err error
	if s.roster, err = roster.Load(ctx, roster.Config{DB: s.db, Nodes: s.cluster, Now: now, Log: s.log}); err != nil {
		return err
	}
	s.tunnels, err = tunnel.New(tunnel.Config{
		Accounts: s.accounts, Roster: s.roster, URL: s.url, Limiter: limiter, Arrived: s.dispatcher.Arrived, Log: s.log,
		Ask: func(ctx context.Context, node roster.Node, question []byte) ([]byte, error) {
			return s.cluster.Ask(ctx, node, topicTunnel, question)
		},
		Tell: func(node roster.Node, news []byte) { s.cluster.Send(node, topicTunnel, news) },
	})
	if err != nil {
		return err
	}
	s.cluster.Answer(topicTunnel, s.tunnels.Answer)
	s.cluster.Subscribe(topicTunnel, func(_ store.NodeID, news []byte) { s.tunnels.Told(news) })
	return nil
}

// throughTunnel says of a target whether it is at the other end of a tunnel of this server.
func (s *Server) throughTunnel(t *dispatch.Target) {
	if t.Tunnel = s.tunnels.Of(t.URL); t.Tunnel != "" {
		_, t.Away = s.tunnels.Away(t.Tunnel)
	}
}

// away reports whether u leads to a tunnel that nobody listens at, and since when.
func (s *Server) away(u *url.URL) (since bellhop.Time, away bool) {
	id := s.tunnels.Of(u)
	if id == "" {
		return 0, false
	}
	return s.tunnels.Away(id)
}

// inside returns what answers r within this process, nil if it has to leave it.
func (s *Server) inside(r *egress.Request) http.RoundTripper {
	near := s.tunnels.Inside(r.URL, tunnel.Sender{Owner: r.Owner, Order: r.Order, MayLeave: r.MayLeave})
	if near == nil {
		return nil
	}
	return knowsAway{near}
}

// knowsAway says in the words of egress that nobody is at the other end.
type knowsAway struct{ http.RoundTripper }

func (k knowsAway) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := k.RoundTripper.RoundTrip(r)
	if errors.Is(err, tunnel.ErrAway) {
		return nil, fmt.Errorf("%w (%w)", egress.ErrAway, err)
	}
	return response, err
}
