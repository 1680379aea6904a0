package chipchat

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

var errNotFound = errors.New("Not found")

const (
	// drainWithin is how long handlers may go on after the end of Start: the time to answer, and a little more.
	drainWithin = 20 * time.Second

	headerWithin = 5 * time.Second
	bodyWithin   = 15 * time.Second
	writeWithin  = bodyWithin + answerWithin + 10*time.Second
	idleWithin   = time.Minute
	maxHeader    = 64 << 10
)

// Start runs the bot's own HTTP server on addr, or on Options.Address if addr is empty, until ctx ends; then it
// stops accepting, lets handlers finish within 20 seconds, and returns nil. Other paths than Options.Webhook, and
// ping below it, are 404; a slash at the end makes no difference. A request has 5 seconds for its headers, of at most
// 64 KiB, and 15 for all of it; a body that takes longer is answered 408. It logs where it listens.
func (b *Bot) Start(ctx context.Context, addr string) error {
	if addr == "" {
		addr = b.options.Address
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("start bot: %w", err)
	}
	return b.Serve(ctx, listener)
}

// Serve is Start on a listener, which it closes.
func (b *Bot) Serve(ctx context.Context, listener net.Listener) error {
	server := &http.Server{
		Handler:           b.site(),
		ReadHeaderTimeout: headerWithin,
		ReadTimeout:       bodyWithin,
		WriteTimeout:      writeWithin,
		IdleTimeout:       idleWithin,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(b.log.Handler(), slog.LevelWarn),
	}
	b.log.InfoContext(ctx, "bot listens", "address", listener.Addr().String(), "webhook", b.options.Webhook)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	b.running.run(ctx, func(ctx context.Context) error {
		b.announce(ctx, &Event{Name: "ready"})
		return nil
	})
	select {
	case err := <-failed:
		return errors.Join(fmt.Errorf("serve bot: %w", err), b.shutdown(context.WithoutCancel(ctx), server))
	case <-ctx.Done():
	}
	err := b.shutdown(context.WithoutCancel(ctx), server)
	<-failed
	return err
}

func (b *Bot) shutdown(ctx context.Context, server *http.Server) error {
	ctx, cancel := context.WithTimeout(ctx, drainWithin)
	defer cancel()
	err := server.Shutdown(ctx)
	if err := errors.Join(err, b.Drain(ctx)); err != nil {
		_ = server.Close() // connections whose time is over
		return fmt.Errorf("stop bot: %w", err)
	}
	return nil
}

// site is the webhook at its path, open to all origins as sdk.md section 6 wants of the built-in server.
func (b *Bot) site() http.Handler { return b.Router(RouterOptions{CORS: true}) }
