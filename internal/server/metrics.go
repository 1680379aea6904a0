package server

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"time"

	"bellhop"
	"bellhop/internal/cluster"
	"bellhop/internal/metrics"
	"bellhop/internal/store"
	"bellhop/internal/web"
)

// slowCommit is how long a batch may take before the log tells of it.
const slowCommit = time.Second

// newMetrics returns the metrics of s, which need not be complete yet.
func (s *Server) newMetrics() *metrics.Metrics {
	return metrics.New(metrics.Config{
		Store: func() store.Stats { return s.db.Stats() },
		Load:  s.load,
		Nodes: func() cluster.Stats { return s.cluster.Stats() },
		Backlog: func(ctx context.Context) (b store.Backlog, err error) {
			err = s.db.View(ctx, func(tx *store.Tx) error {
				b, err = tx.WholeBacklog(ctx)
				return err
			})
			return b, err
		},
		Log: s.log,
	})
}

// committed is told of every batch of the store.
func (s *Server) committed(b store.Batch) {
	s.metrics.Committed(b)
	if b.Took >= slowCommit {
		s.log.Warn("slow commit", "updates", b.Updates, "duration", b.Took)
	}
}

// listenForMetrics opens the listener that --metrics-listen asks for, if it does.
func (s *Server) listenForMetrics(address string) error {
	if address == "" {
		return nil
	}
	var err error
	if s.metricsListener, err = net.Listen("tcp", address); err != nil {
		return fmt.Errorf("listen for metrics: %w", err)
	}
	s.log.Info("metrics", slog.String("url", "http://"+s.metricsListener.Addr().String()+metricsPath))
	return nil
}

const metricsPath = "/metrics"

// serveMetrics enters the metrics in the mux of the listener that they have of their own,
// or in that of everything, where they are for this machine alone.
func (s *Server) serveMetrics(mux *http.ServeMux) {
	pattern := "GET " + metricsPath
	if s.metricsListener == nil {
		mux.Handle(pattern, onlyLocal(s.metrics.Handler()))
		return
	}
	s.metricsMux = http.NewServeMux()
	s.metricsMux.Handle(pattern, s.metrics.Handler())
}

// onlyLocal answers those who ask from this machine and not through a proxy. To others
// there is nothing (docs/contract/extensions.md section 6).
func onlyLocal(next http.Handler) http.Handler {
	return web.Handler(func(w http.ResponseWriter, r *http.Request) error {
		from, err := netip.ParseAddr(web.ClientAddress(r))
		if err != nil || !from.Unmap().IsLoopback() || isForwarded(r) {
			return bellhop.Errorf(bellhop.NotFound, "Not found")
		}
		next.ServeHTTP(w, r)
		return nil
	})
}

// isForwarded reports whether a proxy has sent r.
func isForwarded(r *http.Request) bool {
	for _, name := range []string{"Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip"} {
		if len(r.Header[name]) > 0 {
			return true
		}
	}
	return false
}
