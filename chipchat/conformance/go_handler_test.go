package conformance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"bellhop/chipchat"
)

// handler is that of messages; "callback:<name>" is the one registered under that name.
func (p *play) handler(name string) chipchat.Handler {
	if callback, ok := strings.CutPrefix(name, "callback:"); ok {
		return p.bot.Callback(callback)
	}
	return func(ctx context.Context, m *chipchat.Message, c *chipchat.Conversation) error {
		return p.handle(ctx, name, aboutMessage(m), c)
	}
}

func (p *play) eventHandler(name string) chipchat.EventHandler {
	return func(ctx context.Context, e *chipchat.Event) error {
		return p.handle(ctx, name, p.about(e), e.Conversation)
	}
}

func (p *play) handle(ctx context.Context, name, about string, c *chipchat.Conversation) error {
	line := fmt.Sprintf("%s(%s)", name, about)
	if c != nil && c.Captured != nil {
		line += " captured"
	}
	p.note("%s", line)
	for _, action := range p.s.Handlers[name] {
		if err := p.act(ctx, action.([]any), c); err != nil {
			return err
		}
	}
	return nil
}

func aboutMessage(m *chipchat.Message) string {
	var raw map[string]any
	if json.Unmarshal(m.Raw, &raw) == nil && raw["text"] == nil && m.Text == "" {
		return m.Type
	}
	return m.Text
}

// about is what a handler was called with, in a word.
func (p *play) about(e *chipchat.Event) string {
	var text string
	switch {
	case e.Err != nil:
		return e.Err.Error()
	case e.Emitted == "token":
		return p.bot.Tokens().Token
	case e.Emitted == "activity":
		return e.Activity.Summary
	case e.Message != nil:
		return aboutMessage(e.Message)
	case json.Unmarshal(e.Raw, &text) == nil:
		return text
	}
	return e.Name
}

// act does in a handler what the scenario says; what it gets to know is noted as a call.
func (p *play) act(ctx context.Context, action []any, c *chipchat.Conversation) error {
	args := action[1:]
	text := func() string { return args[0].(string) }
	switch action[0] {
	case "fail":
		return errors.New(text())
	case "note":
		p.note("%s", text())
	case "captured":
		p.note("captured = %s", encode(c.Captured))
	case "get":
		p.note("get %s = %s", text(), c.Get(text()))
	case "property":
		if text() == "organization" && c.Org != nil {
			p.note("organization = %s", c.Org.Raw)
			return nil
		}
		p.note("%s = %s", text(), c.Get("@"+text()))
	case "set":
		return c.Set(ctx, text(), args[1])
	case "say":
		return c.Say(ctx, args[0], extra(args[1:])...)
	case "accept":
		return c.Accept(ctx)
	case "join":
		return c.Join(ctx)
	case "leave":
		return c.Leave(ctx)
	case "assign":
		return c.Assign(ctx, idList(args, 0)...)
	case "notify":
		return c.Notify(ctx, idList(args, 0), idList(args, 1))
	case "ask":
		return p.ask(ctx, args, c)
	default:
		return fmt.Errorf("there is no action %v", action[0])
	}
	return nil
}

// idList is one id or many; nil if the argument is not there.
func idList(args []any, i int) (all []chipchat.ID) {
	if i >= len(args) || args[i] == nil {
		return nil
	}
	for _, name := range names(args[i]) {
		all = append(all, chipchat.ID(name))
	}
	return all
}

func (p *play) ask(ctx context.Context, args []any, c *chipchat.Conversation) error {
	if len(args) == 1 {
		reply, err := c.Ask(ctx, args[0])
		if err == nil {
			p.note("reply(%s)", aboutMessage(reply))
		}
		return err
	}
	if named, ok := args[1].(string); ok {
		return c.AskCallback(ctx, args[0], named)
	}
	return c.AskFunc(ctx, args[0], p.handler(args[1].(map[string]any)["$handler"].(string)))
}
