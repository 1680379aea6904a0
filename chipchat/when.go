package chipchat

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Conditional registers handlers that are called only when conditions hold; see [Bot.When].
type Conditional struct {
	bot        *Bot
	conditions []Conditions
}

// When returns what registers handlers under conditions, which all have to hold:
//
//	bot.When(chipchat.Conditions{"role": "contact", "@status": "queued"}).On("message", greet)
func (b *Bot) When(conditions ...Conditions) *Conditional {
	for _, c := range conditions {
		for key, test := range c {
			if !isTest(test) {
				b.log.Warn("condition never matches", "key", key, "type", fmt.Sprintf("%T", test))
			}
		}
	}
	return &Conditional{b, conditions}
}

// On is [Bot.On] under the conditions.
func (w *Conditional) On(patterns string, h Handler) *Conditional {
	return w.onMessage(patterns, h, false)
}

// Once is [Bot.Once] for the first event that fulfils the conditions.
func (w *Conditional) Once(patterns string, h Handler) *Conditional {
	return w.onMessage(patterns, h, true)
}

func (w *Conditional) onMessage(patterns string, h Handler, once bool) *Conditional {
	for p := range strings.FieldsSeq(patterns) {
		if first := parsePattern(p)[0]; !slices.Contains(messageRoots, first) {
			w.bot.log.Warn("no message event has such a name; OnEvent takes the others", "pattern", p)
		}
	}
	w.listen(patterns, once, true, func(ctx context.Context, e *Event) error {
		return h(ctx, e.Message, e.Conversation)
	})
	return w
}

// messageRoots are the first segments of patterns that a message event can match.
var messageRoots = []string{"*", "**", "message", "notify", "assign", "command", "mention"}

// OnEvent is [Bot.OnEvent] under the conditions.
func (w *Conditional) OnEvent(patterns string, h EventHandler) *Conditional {
	w.listen(patterns, false, false, h)
	return w
}

// OnceEvent is [Bot.OnceEvent] for the first event that fulfils the conditions.
func (w *Conditional) OnceEvent(patterns string, h EventHandler) *Conditional {
	w.listen(patterns, true, false, h)
	return w
}

// Listen is [Bot.Listen] under the conditions.
func (w *Conditional) Listen(patterns string, h EventHandler) (stop func()) {
	made := w.listen(patterns, false, false, h)
	return func() { w.bot.remove(func(l *eventListener) bool { return slices.Contains(made, l) }) }
}

// listen registers a handler for each of the patterns. With messages set it is not called for events without one.
func (w *Conditional) listen(patterns string, once, messages bool, h EventHandler) []*eventListener {
	var made []*eventListener
	for p := range strings.FieldsSeq(patterns) {
		l := &eventListener{name: p, pattern: parsePattern(p), when: w.conditions, once: once, messages: messages, handle: h}
		made = append(made, l)
	}
	w.bot.listeners.mu.Lock()
	defer w.bot.listeners.mu.Unlock()
	w.bot.listeners.events = append(w.bot.listeners.events, made...)
	return made
}
