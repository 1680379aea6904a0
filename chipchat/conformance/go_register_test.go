package conformance

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"bellhop/chipchat"
)

// register does what only registers something, and reports whether name is that.
func (p *play) register(name string, args []any) bool {
	last := func() string { return args[len(args)-1].(string) }
	switch name {
	case "on", "once":
		p.on(name == "once", strings.Join(names(args[0]), " "), conditions(args[1:len(args)-1]), last())
	case "off":
		p.stops[args[0].(string)+" "+last()]()
	case "onText":
		when(p.bot, conditions(args[1:len(args)-1])).OnText(trigger(args[0]), p.handler(last()))
	case "onAny":
		p.bot.OnAny(func(_ context.Context, e *chipchat.Event) error {
			p.note("%s(%s)", last(), e.Emitted)
			return nil
		})
	case "registerCallback":
		p.bot.RegisterCallback(args[0].(string), p.handler(last()))
	case "use":
		var all []chipchat.ReceiveMiddleware
		for _, name := range names(args) {
			all = append(all, p.receiveMiddleware(name))
		}
		p.bot.Use(all...)
	case "use.send":
		var all []chipchat.SendMiddleware
		for _, name := range names(args) {
			all = append(all, p.sendMiddleware(name))
		}
		p.bot.UseSend(all...)
	case "addReplyListener":
		p.replies = append(p.replies, p.bot.AddReplyListener(chipchat.ID(args[0].(string)), p.handler(last())))
	case "removeReplyListener":
		p.replies[int(args[0].(float64))-1]()
	default:
		return false
	}
	return true
}

func when(b *chipchat.Bot, c chipchat.Conditions) *chipchat.Conditional {
	if c == nil {
		return b.When()
	}
	return b.When(c)
}

// on registers a handler of messages where the scenario has messages, else one of events.
func (p *play) on(once bool, patterns string, c chipchat.Conditions, handler string) {
	if !p.emits() && ofMessages(patterns) {
		if once {
			when(p.bot, c).Once(patterns, p.handler(handler))
			return
		}
		when(p.bot, c).On(patterns, p.handler(handler))
		return
	}
	h := p.eventHandler(handler)
	switch {
	case once:
		when(p.bot, c).OnceEvent(patterns, h)
	case c == nil:
		p.stops[patterns+" "+handler] = p.bot.Listen(patterns, h)
	default:
		when(p.bot, c).OnEvent(patterns, h)
	}
}

// emits reports whether the scenario emits events of its own, which have no message.
func (p *play) emits() bool {
	return slices.ContainsFunc(p.s.Steps, func(step any) bool {
		list, ok := step.([]any)
		return ok && list[0] == "emit"
	})
}

func ofMessages(patterns string) bool {
	for pattern := range strings.FieldsSeq(patterns) {
		first, _, _ := strings.Cut(pattern, ".")
		if !slices.Contains([]string{"message", "notify", "assign", "command", "mention"}, first) {
			return false
		}
	}
	return true
}

func (p *play) receiveMiddleware(name string) chipchat.ReceiveMiddleware {
	return func(_ context.Context, _ *chipchat.Bot, e *chipchat.Event) error {
		return p.pass(name, func(text string) { e.Message.Text = text })
	}
}

func (p *play) sendMiddleware(name string) chipchat.SendMiddleware {
	return func(_ context.Context, _ *chipchat.Bot, o *chipchat.Outgoing) error {
		return p.pass(name, func(text string) { o.Messages[0].Text = text })
	}
}

// pass is what the middleware of that name does; change puts another text in place.
func (p *play) pass(name string, change func(text string)) error {
	p.note("%s", name)
	switch does := p.s.Middleware[name].(type) {
	case string:
		if does == "drop" {
			return chipchat.ErrDrop
		}
	case map[string]any:
		if text, ok := does["fail"].(string); ok {
			return errors.New(text)
		}
		change(does["text"].(string))
	}
	return nil
}

// conditions are nil if there are none.
func conditions(args []any) chipchat.Conditions {
	if len(args) == 0 {
		return nil
	}
	return special(args[0]).(map[string]any)
}

// special turns what JSON cannot say into what it means.
func special(v any) any {
	switch v := v.(type) {
	case []any:
		all := make([]any, len(v))
		for i := range v {
			all[i] = special(v[i])
		}
		return all
	case map[string]any:
		if source, ok := v["$regexp"].(string); ok {
			if v["$flags"] == "i" {
				source = "(?i)" + source
			}
			return regexp.MustCompile(source)
		}
		if v["$null"] == true {
			return nil
		}
		if v["$undefined"] == true {
			return chipchat.Missing
		}
		all := map[string]any{}
		for key, value := range v {
			all[key] = special(value)
		}
		return all
	}
	return v
}

func trigger(v any) chipchat.Trigger {
	switch v := special(v).(type) {
	case string:
		return chipchat.Text(v)
	case *regexp.Regexp:
		return chipchat.Regexp(v)
	case []any:
		var all chipchat.Trigger
		for _, one := range v {
			switch one := one.(type) {
			case string:
				all = all.Or(chipchat.Text(one))
			case *regexp.Regexp:
				all = all.Or(chipchat.Regexp(one))
			}
		}
		return all
	}
	panic(fmt.Sprintf("%v is no trigger", v))
}
