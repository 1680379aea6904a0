package chipchat

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// ErrTryAgain is found by [errors.Is] in the failure of an event that was not handled at all, and may be when it is
// delivered again: too much is going on, the DedupeStore cannot tell, or the bot is stopping. A handler may return it,
// too, to have the delivery answered with 503, which the server repeats, and not with 400, which is final. All handlers
// of the event run again then.
var ErrTryAgain = errors.New("event cannot be handled at present")

// Answers that have the server deliver again (docs/contract/delivery.md section 5).
var (
	errTooMany   = errors.New("Too many events at a time")
	errElsewhere = errors.New("Being handled by another process")
	errStopping  = errors.New("Stopping")
	errStore     = errors.New("Cannot tell whether it was handled")
)

// refusal is why an event was not handled.
type refusal struct{ reason error }

func (r *refusal) Error() string   { return r.reason.Error() }
func (r *refusal) Unwrap() []error { return []error{ErrTryAgain, r.reason} }

// backAfter is when a refused event is worth another attempt, in seconds.
const backAfter = "5"

// work is an event that was taken on. All deliveries of it that come meanwhile wait for the same one.
type work struct {
	taken   chan struct{} // closed when the event won't be refused any more but for the end of the bot, or is
	refused *refusal      // why it was; to be read when taken is closed

	done chan struct{} // closed when err may be read
	err  error         // of the handlers, or a *refusal
}

// take tells who waits for no more than that.
func (w *work) take(refused *refusal) {
	w.refused = refused
	close(w.taken)
}

// end tells all who wait. The event was taken before, unless it is refused or nothing is left to do.
func (w *work) end() {
	select {
	case <-w.taken:
	default:
		refused, _ := errors.AsType[*refusal](w.err)
		w.take(refused)
	}
	close(w.done)
}

// works are the events that are being handled, by the id of their delivery, if there is a DedupeStore.
type works struct {
	mu   sync.Mutex
	byID map[ID]*work
}

// join returns what goes on for id; if that is nothing, fresh is from now on.
func (ws *works) join(id ID, fresh *work) (joined *work) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if w := ws.byID[id]; w != nil {
		return w
	}
	if ws.byID == nil {
		ws.byID = map[ID]*work{}
	}
	ws.byID[id] = fresh
	return fresh
}

func (ws *works) leave(id ID) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	delete(ws.byID, id)
}

// accept has an event handled, or finds who is at it already. What it begins is not ended by ctx.
func (b *Bot) accept(ctx context.Context, e *Event) *work {
	w := &work{
		taken: make(chan struct{}), done: make(chan struct{}), err: errors.New("handler ended its goroutine"),
	}
	deduped := b.options.Dedupe != nil && e.ID != "" && len(e.ID) <= maxDedupeID
	if deduped {
		if other := b.works.join(e.ID, w); other != w {
			return other
		}
	}
	finish := func() {
		if deduped {
			b.works.leave(e.ID)
		}
		w.end()
	}
	turn, ok := b.admit(e)
	if !ok {
		w.err = &refusal{errTooMany}
		finish()
		return w
	}
	leave := sync.OnceFunc(func() { <-b.slots })
	// The request ends with its answer, and the server may hang up before; neither ends what the bot has begun.
	ctx = context.WithValue(context.WithoutCancel(ctx), slotKey{}, leave)
	b.running.run(ctx, func(ctx context.Context) error {
		defer finish()
		defer leave()
		defer turn.leave()
		if deduped {
			w.err = b.handleOnce(ctx, e, turn, w)
		} else {
			w.take(nil)
			w.err = b.handle(ctx, e, turn)
		}
		return w.err
	})
	return w
}

// admit takes a place in the order for an event, if there is room for another one.
func (b *Bot) admit(e *Event) (*turn, bool) {
	select {
	case b.slots <- struct{}{}:
	default:
		return nil, false
	}
	t, ok := b.orders.enter(e, time.Now())
	if !ok {
		<-b.slots
	}
	return t, ok
}

// slotKey finds what gives back the slot of the event whose handlers have a context.
type slotKey struct{}

// leaveSlot has the event of ctx not count any more as one that is handled.
func leaveSlot(ctx context.Context) {
	if leave, ok := ctx.Value(slotKey{}).(func()); ok {
		leave()
	}
}

// handle waits for the event's turn and has its handlers run.
func (b *Bot) handle(ctx context.Context, e *Event, t *turn) error {
	if err := t.wait(ctx); err != nil {
		return &refusal{errStopping}
	}
	e.Late = t.late()
	err := b.contain(func() error { return b.receive(withTurn(ctx, t), e) })
	if err != nil && !errors.Is(err, http.ErrAbortHandler) {
		b.report(ctx, fmt.Errorf("handle event %s: %w", e.Name, err))
	}
	return err
}
