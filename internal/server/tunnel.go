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
	"bellhop/internal/tunnel"
	"bellhop/internal/tunnel/roster"
	"bellhop/internal/web"
)

// openTunnels reads which tunnels there are. What delivers must be there: it is told of who
// arrives.
func (s *Server) openTunnels(ctx context.Context, limiter *web.Limiter, now func() time.Time) error {
	known, err := roster.Load(ctx, s.db, now)
	if err != nil {
		return err
	}
	s.tunnels, err = tunnel.New(tunnel.Config{
		Accounts: s.accounts, Roster: known, URL: s.url, Limiter: limiter, Arrived: s.dispatcher.Arrived, Log: s.log,
	})
	return err
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
	near := s.tunnels.Inside(r.URL, tunnel.Sender{Owner: r.Owner, Order: r.Order})
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
