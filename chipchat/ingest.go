package chipchat

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
)

// Ingest handles the body of a delivery that came by another way than [Bot.Handler], such as a queue or a function of
// a cloud, and waits for its handlers (docs/contract/sdk.md section 6). The body has to be the bytes that were sent:
// if the bot has a secret, they are checked against the signature in header, that of the delivery's request. The error
// says what is wrong with the delivery, or joins those of the handlers; it has been emitted as the event "error", too.
// When ctx ends first, the handlers run on, and Drain waits for them.
func (b *Bot) Ingest(ctx context.Context, body []byte, header http.Header) error {
	e, err := b.takeIn(ctx, body, header)
	if err != nil {
		return err
	}
	select {
	case err := <-b.begin(ctx, e):
		return err
	case <-ctx.Done():
		return fmt.Errorf("wait for handlers: %w", ctx.Err())
	}
}

// IngestDetached is Ingest without waiting: its error tells only what is wrong with the delivery. Drain waits for the
// handlers.
func (b *Bot) IngestDetached(ctx context.Context, body []byte, header http.Header) error {
	e, err := b.takeIn(ctx, body, header)
	if err != nil {
		return err
	}
	b.begin(ctx, e)
	return nil
}

// takeIn checks a delivery as if it had come in a request.
func (b *Bot) takeIn(ctx context.Context, body []byte, header http.Header) (*Event, error) {
	r := &http.Request{
		Method: http.MethodPost, Header: header,
		Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)),
	}
	e, _, err := b.readEvent(nil, r)
	if err != nil {
		b.report(ctx, err)
		return nil, err
	}
	return e, nil
}

// begin has the handlers of an event run. The request that brought it ends with its answer, and the server may hang up
// before; neither ends what the bot has begun.
func (b *Bot) begin(ctx context.Context, e *Event) <-chan error {
	return b.running.run(context.WithoutCancel(ctx), func(ctx context.Context) error {
		err := b.contain(func() error { return b.receive(ctx, e) })
		if err != nil {
			b.report(ctx, fmt.Errorf("handle event %s: %w", e.Name, err))
		}
		return err
	})
}
