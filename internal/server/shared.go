package server

import (
	"context"

	"golang.org/x/sync/errgroup"

	"bellhop/internal/health"
	"bellhop/internal/store"
	"bellhop/internal/web"
)

// topicUsed is what nodes tell each other on how many requests they have let in.
const topicUsed = "used"

// openHealth gets to know how endpoints do that other nodes deliver to.
func (s *Server) openHealth() { s.endpoints = health.New(s.cluster, s.dispatcher) }

// newLimiter returns what limits requests, at all nodes together.
func (s *Server) newLimiter(rate web.Rate) *web.Limiter {
	l := web.NewLimiter(rate, s.metrics.Refused)
	s.cluster.Subscribe(topicUsed, func(from store.NodeID, news []byte) {
		if from != s.cluster.Self() {
			l.Used(news)
		}
	})
	return l
}

// runShared keeps up what this node knows of the others, and they of it, until ctx ends.
func (s *Server) runShared(ctx context.Context) error {
	var g errgroup.Group // one that fails does not stop the others
	g.Go(func() error { return s.endpoints.Run(ctx) })
	g.Go(func() error { return s.live.Run(ctx) })
	g.Go(func() error { return s.roster.Run(ctx) })
	g.Go(func() error {
		others := func() bool { return len(s.cluster.Nodes()) > 1 }
		return s.limiter.Share(ctx, others, func(news []byte) { s.cluster.Publish(topicUsed, news) })
	})
	return g.Wait()
}
