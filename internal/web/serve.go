package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"time"
)

const (
	headerTimeout = 10 * time.Second

	// exchangeTimeout bounds a request with its answer. It is longer than anything a handler
	// waits for: a PATCH of a webhook asks a challenge of 20 s, up to five times. What lasts
	// longer lifts the deadlines with http.ResponseController.
	exchangeTimeout = 2 * time.Minute

	// idleTimeout is longer than that of common balancers, so that it is them who close.
	idleTimeout = 2 * time.Minute

	// maxHeader has room for the longest query of a list, escaped.
	maxHeader = 256 << 10

	// grace is how long requests may still take when the server ends: a challenge and a bit.
	grace = 25 * time.Second
)

// Serve answers the requests of listener with handler, behind Wrap with trusted, until ctx ends. Then
// it accepts no more, lets requests end for 25 s, and returns nil. The listener is closed
// in any case. Requests are not canceled by the end of ctx.
func Serve(ctx context.Context, listener net.Listener, handler http.Handler, log *slog.Logger, trusted ...netip.Prefix) error {
	return serve(ctx, listener, Wrap(handler, log, trusted...), log, grace)
}

func serve(ctx context.Context, listener net.Listener, handler http.Handler, log *slog.Logger, grace time.Duration) error {
	requests, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       exchangeTimeout,
		WriteTimeout:      exchangeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		BaseContext:       func(net.Listener) context.Context { return context.WithValue(requests, endingKey{}, ctx.Done()) },
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return fmt.Errorf("serve HTTP: %w", err)
	case <-ctx.Done():
	}
	err := drain(requests, server, grace)
	if err != nil {
		log.WarnContext(ctx, "requests were cut off at the end", "err", err)
	}
	<-served
	return nil
}

// drain lets requests end, and cuts off those that take too long.
func drain(ctx context.Context, server *http.Server, grace time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	err := server.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, server.Close())
	}
	return err
}
