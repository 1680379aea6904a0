package chipchat

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
)

// Trigger is what a text is compared with; see Text and Regexp.
type Trigger struct{ tests []textTest }

// textTest is one string or expression of a trigger.
type textTest struct {
	expression bool
	source     string
	match      matcher
}

func (t textTest) identical(other textTest) bool {
	return t.expression == other.expression && t.source == other.source
}

// matcher returns what it has captured of a text, nil if it does not match.
type matcher func(text string) []string

// Text is a trigger that fires on texts equal to one of these, whatever their case.
func Text(texts ...string) Trigger {
	var t Trigger
	for _, want := range texts {
		t.tests = append(t.tests, textTest{source: want, match: func(text string) []string {
			if !strings.EqualFold(text, want) {
				return nil
			}
			return []string{text}
		}})
	}
	return t
}

// Regexp is a trigger that fires on texts in which one of these expressions finds something.
func Regexp(expressions ...*regexp.Regexp) Trigger {
	var t Trigger
	for _, expression := range expressions {
		test := textTest{expression: true, match: expression.FindStringSubmatch}
		if expression != nil { // else its use panics, which is contained
			test.source = expression.String()
		}
		t.tests = append(t.tests, test)
	}
	return t
}

// Or is a trigger that fires on what one of all these fires on.
func (t Trigger) Or(others ...Trigger) Trigger {
	all := Trigger{slices.Clone(t.tests)}
	for _, other := range others {
		all.tests = append(all.tests, other.tests...)
	}
	return all
}

type textListener struct {
	test   textTest
	when   []Conditions
	handle Handler
}

// OnText has h called for chat messages and pressed buttons of contacts and agents whose text fires the trigger,
// before and besides the handlers of events. Conversation.Captured is what matched. Each string and each expression
// of the trigger counts for itself: h is called for every one that matches. OnText returns the bot.
func (b *Bot) OnText(t Trigger, h Handler) *Bot {
	b.When().OnText(t, h)
	return b
}

// OnText is [Bot.OnText] under the conditions.
func (w *Conditional) OnText(t Trigger, h Handler) *Conditional {
	w.bot.listeners.mu.Lock()
	defer w.bot.listeners.mu.Unlock()
	for _, test := range t.tests {
		w.bot.listeners.texts = append(w.bot.listeners.texts, &textListener{test, w.conditions, h})
	}
	return w
}

// RemoveTextListener removes, for each string and expression of the trigger, the first that was registered and is
// identical to it, also in case; expressions are identical if their source is. It returns the handler of what it
// removed, of the first if that were several, or nil.
func (b *Bot) RemoveTextListener(t Trigger) Handler {
	b.listeners.mu.Lock()
	defer b.listeners.mu.Unlock()
	var removed Handler
	for _, test := range t.tests {
		texts := b.listeners.texts
		i := slices.IndexFunc(texts, func(l *textListener) bool { return l.test.identical(test) })
		if i < 0 {
			continue
		}
		if removed == nil {
			removed = texts[i].handle
		}
		b.listeners.texts = slices.Delete(slices.Clone(texts), i, i+1)
	}
	return removed
}

// trigger calls the handlers whose triggers fire on the message's text.
func (b *Bot) trigger(ctx context.Context, e *Event) error {
	b.listeners.mu.RLock()
	listening := b.listeners.texts
	b.listeners.mu.RUnlock()
	var errs []error
	for _, l := range listening {
		captured := l.test.match(e.Message.Text)
		if captured == nil || !admitted(l.when, e) {
			continue
		}
		e.Conversation.Captured = captured
		errs = append(errs, b.call(func() error { return l.handle(ctx, e.Message, e.Conversation) }))
		if b.options.OnlyFirstMatch {
			break
		}
	}
	return errors.Join(errs...)
}
