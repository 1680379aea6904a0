package chipchat

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
)

// Handler answers a message event. Its context outlives the webhook's request; it ends when [Bot.Drain] gives up
// waiting. An error is reported and answers the webhook with 400, which the server does not repeat.
type Handler func(ctx context.Context, m *Message, c *Conversation) error

// EventHandler answers any event; see Handler for the context and the error.
type EventHandler func(ctx context.Context, e *Event) error

// Trigger is what a text is compared with; see Text and Regexp.
type Trigger struct{ matches []matcher }

// matcher returns what it has captured of a text, nil if it does not match.
type matcher func(text string) []string

// Text is a trigger that fires on texts equal to one of these, whatever their case.
func Text(texts ...string) Trigger {
	var t Trigger
	for _, want := range texts {
		t.matches = append(t.matches, func(text string) []string {
			if !strings.EqualFold(text, want) {
				return nil
			}
			return []string{text}
		})
	}
	return t
}

// Regexp is a trigger that fires on texts in which one of these expressions finds something.
func Regexp(expressions ...*regexp.Regexp) Trigger {
	var t Trigger
	for _, expression := range expressions {
		t.matches = append(t.matches, expression.FindStringSubmatch)
	}
	return t
}

// listeners are the registered handlers, in order. The slices only grow, so that what was read under the lock may be
// used after it.
type listeners struct {
	mu     sync.RWMutex
	events []eventListener
	texts  []textListener
}

type eventListener struct {
	pattern pattern
	handle  EventHandler
}

type textListener struct {
	match  matcher
	handle Handler
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
	for p := range strings.FieldsSeq(patterns) {
		if first := parsePattern(p)[0]; !slices.Contains(messageRoots, first) {
			b.log.Warn("no message event has such a name; OnEvent takes the others", "pattern", p)
		}
	}
	return b.OnEvent(patterns, func(ctx context.Context, e *Event) error {
		if e.Message == nil {
			return nil
		}
		return h(ctx, e.Message, e.Conversation)
	})
}

// messageRoots are the first segments of patterns that a message event can match.
var messageRoots = []string{"*", "**", "message", "notify", "assign", "command", "mention"}

// OnEvent has h called for all events whose name matches one of the patterns, those of messages, of resources such
// as user.login or conversation.update, and the bot's own:
//
//	ready     Start listens
//	activity  before each event that was not dropped; Event.Activity
//	token     the access token was refreshed
//	error     something went wrong that nobody awaits; Event.Err
//
// OnEvent returns the bot.
func (b *Bot) OnEvent(patterns string, h EventHandler) *Bot {
	b.listeners.mu.Lock()
	defer b.listeners.mu.Unlock()
	for p := range strings.FieldsSeq(patterns) {
		b.listeners.events = append(b.listeners.events, eventListener{parsePattern(p), h})
	}
	return b
}

// OnText has h called for chat messages and pressed buttons of contacts and agents whose text fires the trigger,
// before and besides the handlers of events. Conversation.Captured is what matched. OnText returns the bot.
func (b *Bot) OnText(t Trigger, h Handler) *Bot {
	b.listeners.mu.Lock()
	defer b.listeners.mu.Unlock()
	for _, m := range t.matches {
		b.listeners.texts = append(b.listeners.texts, textListener{m, h})
	}
	return b
}

// emit calls the handlers of name in order. Each is called, whatever becomes of the others.
func (b *Bot) emit(ctx context.Context, name string, e *Event) error {
	b.listeners.mu.RLock()
	listening := b.listeners.events
	b.listeners.mu.RUnlock()
	var errs []error
	named := e.as(name)
	for _, l := range listening {
		if l.pattern.match(name) {
			errs = append(errs, b.contain(func() error { return l.handle(ctx, named) }))
		}
	}
	return errors.Join(errs...)
}

// trigger calls the handlers whose triggers fire on the message's text.
func (b *Bot) trigger(ctx context.Context, m *Message, c *Conversation) error {
	b.listeners.mu.RLock()
	listening := b.listeners.texts
	b.listeners.mu.RUnlock()
	var errs []error
	for _, l := range listening {
		captured := l.match(m.Text)
		if captured == nil {
			continue
		}
		c.Captured = captured
		errs = append(errs, b.contain(func() error { return l.handle(ctx, m, c) }))
		if b.options.OnlyFirstMatch {
			break
		}
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
			b.log.Error("handler panicked", "stack", string(debug.Stack()))
		}
	}()
	return f()
}
