package chipchat

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// Handler answers a message event. Its context outlives the webhook's request; it ends when [Bot.Drain] gives up
// waiting. An error is reported and answers the webhook with 400, which the server does not repeat; [ErrDrop], which
// says that a middleware kept the handler's message back, counts as none.
type Handler func(ctx context.Context, m *Message, c *Conversation) error

// EventHandler answers any event; see Handler for the context and the error.
type EventHandler func(ctx context.Context, e *Event) error

// listeners are the registered handlers, in order. The slices are never changed in place but at their end, so that
// what was read under the lock may be used after it.
type listeners struct {
	mu        sync.RWMutex
	any       []*eventListener
	events    []*eventListener
	texts     []*textListener
	callbacks map[string]Handler
	receive   []ReceiveMiddleware
	send      []SendMiddleware
}

type eventListener struct {
	name    string // as it was registered
	pattern pattern
	when    []Conditions
	handle  EventHandler
	spent   atomic.Bool // of once: it was called

	once     bool
	messages bool // only for events with a message
}

// On has h called for message events whose name matches one of the patterns, which are separated by blanks:
//
//	bot.On("message.create.*.chat.contact", reply)
//
// A message event is emitted under several names (docs/contract/sdk.md section 6): message; its full name such as
// message.create.contact.chat; notify and one of assign, command or mention if it is meant for the bot; and the
// full name with the role of the message at its end. Every pattern that matches one of them calls h. "*" stands
// for one segment, "**" for any number. On returns the bot.
func (b *Bot) On(patterns string, h Handler) *Bot {
	b.When().On(patterns, h)
	return b
}

// Once is On for the first event that a pattern matches, each pattern for itself. It returns the bot.
func (b *Bot) Once(patterns string, h Handler) *Bot {
	b.When().Once(patterns, h)
	return b
}

// OnEvent has h called for all events whose name matches one of the patterns, those of messages, of resources such
// as user.login or conversation.update, and the bot's own:
//
//	ready     Start listens
//	activity  before each event that was not dropped; Event.Activity
//	token     the access token was refreshed; Tokens has it
//	error     something went wrong that nobody awaits; Event.Err
//
// OnEvent returns the bot.
func (b *Bot) OnEvent(patterns string, h EventHandler) *Bot {
	b.When().OnEvent(patterns, h)
	return b
}

// OnceEvent is OnEvent for the first event that a pattern matches, each pattern for itself. It returns the bot.
func (b *Bot) OnceEvent(patterns string, h EventHandler) *Bot {
	b.When().OnceEvent(patterns, h)
	return b
}

// OnAny has h called for everything that is emitted, under each of its names, before the handlers of that name.
// Event.Emitted is the name. It can't be taken away again, as what listens to "**" by Listen can. OnAny returns the bot.
func (b *Bot) OnAny(h EventHandler) *Bot {
	b.listeners.mu.Lock()
	defer b.listeners.mu.Unlock()
	b.listeners.any = append(b.listeners.any, &eventListener{handle: h})
	return b
}

// Listen is OnEvent for a handler that is not wanted for ever: the function that it returns removes it. An event that
// is being handled meanwhile may still call it.
func (b *Bot) Listen(patterns string, h EventHandler) (stop func()) {
	return b.When().Listen(patterns, h)
}

// Off removes all handlers that were registered with one of these patterns, spelled as they were: "message" removes
// what On("message", ...) added, not what On("message.*", ...) did. It returns the bot.
func (b *Bot) Off(patterns string) *Bot {
	names := strings.Fields(patterns)
	b.remove(func(l *eventListener) bool { return slices.Contains(names, l.name) })
	return b
}

func (b *Bot) remove(gone func(*eventListener) bool) {
	b.listeners.mu.Lock()
	defer b.listeners.mu.Unlock()
	b.listeners.events = slices.DeleteFunc(slices.Clone(b.listeners.events), gone)
}

// wants reports whether the listener is to be called for the event under its emitted name. Of one that is called once
// it says so once.
func (l *eventListener) wants(e *Event) bool {
	return l.pattern.match(e.Emitted) && (e.Message != nil || !l.messages) && admitted(l.when, e) &&
		(!l.once || l.spent.CompareAndSwap(false, true))
}

func admitted(when []Conditions, e *Event) bool {
	for _, c := range when {
		if !c.admit(e) {
			return false
		}
	}
	return true
}

// Emit calls the handlers that are registered for the name of e, as if it had happened: those of OnAny, then the
// others in the order of registration. Each is called, whatever becomes of the others; the error joins theirs. Those
// of On are called if e has a message. An event "error" is logged, too.
func (b *Bot) Emit(ctx context.Context, e *Event) error {
	if e.Name == "error" {
		b.log.ErrorContext(ctx, "bot met an error", "err", e.Err)
	}
	return b.emit(ctx, e.Name, e)
}

// emit calls the handlers of name in order. Each is called, whatever becomes of the others.
func (b *Bot) emit(ctx context.Context, name string, e *Event) error {
	b.listeners.mu.RLock()
	hearing, listening := b.listeners.any, b.listeners.events
	b.listeners.mu.RUnlock()
	var errs []error
	named := e.as(name)
	for _, l := range hearing {
		errs = append(errs, b.call(func() error { return l.handle(ctx, named) }))
	}
	for _, l := range listening {
		if !l.wants(named) {
			continue
		}
		if l.once {
			b.remove(func(other *eventListener) bool { return other == l })
		}
		errs = append(errs, b.call(func() error { return l.handle(ctx, named) }))
	}
	return errors.Join(errs...)
}

// contain runs an author's code and turns its panic into an error. The stack goes to the log only: the error
// reaches the server.
func (b *Bot) contain(f func() error) (err error) {
	defer func() {
		if p := recover(); p == http.ErrAbortHandler {
			err = http.ErrAbortHandler // wanted, so there is nothing to tell
		} else if p != nil {
			err = fmt.Errorf("handler panicked: %v", p)
			b.log.Error("handler panicked", "panic", fmt.Sprint(p), "at", panickedAt(), "stack", string(debug.Stack()))
		}
	}()
	return f()
}

// panickedAt is the line of the author's code that a panic comes from, as file:line: a stack in a line of a log is hard to
// read. It is called by the deferred function that recovers.
func panickedAt() string {
	var callers [32]uintptr
	frames := runtime.CallersFrames(callers[:runtime.Callers(1, callers[:])])
	for panicked := false; ; {
		f, more := frames.Next()
		switch {
		case f.Function == "runtime.gopanic":
			panicked = true
		case panicked && !strings.HasPrefix(f.Function, "runtime."):
			return fmt.Sprintf("%s:%d", f.File, f.Line)
		case !more:
			return ""
		}
	}
}

// call is contain for a handler, of which ErrDrop is no failure: a middleware kept its message back.
func (b *Bot) call(f func() error) error {
	if err := b.contain(f); !errors.Is(err, ErrDrop) {
		return err
	}
	return nil
}
