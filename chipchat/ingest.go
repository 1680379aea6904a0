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
// if the bot has a secret, they are checked against the signature in header, that of the delivery's request, with names in any case. The error
// says what is wrong with the delivery, or joins those of the handlers; it has been emitted as the event "error", too.
// [ErrTryAgain] in it says that the delivery should be handed over again later.
// When ctx ends first, the handlers run on, and Drain waits for them.
func (b *Bot) Ingest(ctx context.Context, body []byte, header http.Header) error {
	e, err := b.takeIn(ctx, body, header)
	if err != nil {
		return err
	}
	doing := b.accept(ctx, e)
	select {
	case <-doing.done:
		return doing.err
	case <-ctx.Done():
		return fmt.Errorf("wait for handlers: %w", ctx.Err())
	}
}

// IngestDetached is Ingest without waiting for the handlers: its error tells only what is wrong with the delivery, or
// that it should be handed over again later. Drain waits for the handlers.
func (b *Bot) IngestDetached(ctx context.Context, body []byte, header http.Header) error {
	e, err := b.takeIn(ctx, body, header)
	if err != nil {
		return err
	}
	doing := b.accept(ctx, e)
	<-doing.taken
	if doing.refused != nil {
		return doing.refused
	}
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
