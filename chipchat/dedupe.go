package chipchat

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrClaimed is what DedupeStore.Claim returns for a delivery that somebody else has claimed.
var ErrClaimed = errors.New("delivery is claimed by another")

const (
	// claimLease is how long a delivery is left to the process that has begun with it. One that took longer than it
	// and was repeated meanwhile to another process is handled there, too.
	claimLease = 2 * time.Minute
	// storeWithin bounds one call of the store.
	storeWithin = 5 * time.Second
	// maxDedupeID bounds what the store is given to keep; the id of a delivery is a UUID.
	maxDedupeID = 128
)

// DedupeStore remembers which deliveries were handled, so that a repeat, which the server sends whenever it got no
// answer, is not handled again (docs/contract/delivery.md sections 3 and 6). Deliveries are known by the id of their
// envelope, at most 128 bytes, which is the same in all attempts. One that is shared between processes keeps them from
// handling the same delivery at the same time.
//
// A bot calls it so: Claim before the handlers run; then Keep if all of them returned nil, or else Release, so that
// the repeat is handled. Within one process a repeat that comes before waits for the first one's answer, without the
// store being asked. Calls come from many goroutines, have contexts that end after 5 seconds, and may panic.
// What fails is reported. A Claim that fails answers the delivery with 503: the server will repeat it, and nothing is
// done twice or lost. After a Keep that failed a repeat is handled again when the claim has ended.
type DedupeStore interface {
	// Claim takes the delivery for the caller until lease is over, at once or not at all. It returns false, nil
	// if the delivery is the caller's; true if it was handled; and ErrClaimed if another one has claimed it.
	Claim(ctx context.Context, id ID, lease time.Duration) (handled bool, err error)
	// Keep remembers that a claimed delivery was handled, for as long as repeats may come: 24 hours.
	Keep(ctx context.Context, id ID) error
	// Release ends a claim whose delivery was not handled.
	Release(ctx context.Context, id ID) error
}

// handleOnce has the event handled unless it was already.
func (b *Bot) handleOnce(ctx context.Context, e *Event, t *turn, w *work) error {
	handled, err := b.claim(ctx, e.ID)
	if err != nil || handled {
		return err
	}
	w.take(nil)
	defer func() { // also if a handler ends its goroutine
		if !handled {
			b.tellStore(ctx, "release claim of delivery", e.ID, b.options.Dedupe.Release)
		}
	}()
	if err := b.handle(ctx, e, t); err != nil {
		return err
	}
	handled = true
	b.tellStore(ctx, "remember delivery", e.ID, b.options.Dedupe.Keep)
	return nil
}

func (b *Bot) claim(ctx context.Context, id ID) (handled bool, err error) {
	bounded, cancel := context.WithTimeout(ctx, storeWithin)
	defer cancel()
	err = b.contain(func() (err error) {
		handled, err = b.options.Dedupe.Claim(bounded, id, claimLease)
		return err
	})
	switch {
	case errors.Is(err, ErrClaimed):
		return false, &refusal{errElsewhere}
	case err != nil:
		b.report(ctx, fmt.Errorf("claim delivery %s: %w", id, err))
		return false, &refusal{errStore}
	}
	return handled, nil
}

// tellStore calls the store also when the event's context has ended, and reports what fails.
func (b *Bot) tellStore(ctx context.Context, doing string, id ID, f func(context.Context, ID) error) {
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeWithin)
	defer cancel()
	if err := b.contain(func() error { return f(bounded, id) }); err != nil {
		b.report(ctx, fmt.Errorf("%s %s: %w", doing, id, err))
	}
}
