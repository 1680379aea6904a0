package main

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"bellhop/chipchat"
)

// isPosted reports whether a message can be posted, changed or deleted for this event. The server alone writes those of
// type status. A form must be there, and a field needs a contact or a form: for these --data says which.
func isPosted(parts []string, data bool) bool {
	name := strings.Join(parts, ".")
	if name == "message.update" || name == "message.delete" {
		return true
	}
	if len(parts) != 4 || parts[0] != "message" || parts[1] != "create" {
		return false
	}
	switch parts[3] {
	case "status":
		return false
	case "form":
		return data
	case "field":
		return data || parts[2] == "contact"
	}
	return true
}

// message makes a real message, so that the bot finds whatever it asks for.
func (t *triggering) message(ctx context.Context, name string, data map[string]any) (*triggered, error) {
	parts := strings.Split(name, ".")
	in, typ := "contact", "chat"
	if parts[1] == "create" {
		in, typ = parts[2], parts[3]
	}
	message := map[string]any{"type": typ}
	maps.Copy(message, example(in, typ, t.bot.Auth().User))
	maps.Copy(message, data)
	conversation, err := t.place(ctx, in)
	if err != nil {
		return nil, fmt.Errorf("trigger %s: %w", name, hintEvent(err, name))
	}
	m, err := t.post(ctx, conversation, message)
	if err != nil {
		return nil, fmt.Errorf("trigger %s: %w", name, hintEvent(err, name))
	}
	switch name {
	case "message.update":
		_, err = t.bot.Messages.Update(ctx, m.ID, map[string]any{"text": m.Text + " (changed)"})
	case "message.delete":
		err = t.bot.Messages.Delete(ctx, m.ID)
	}
	if err != nil {
		return nil, fmt.Errorf("trigger %s: %w", name, err)
	}
	return &triggered{Event: name, Conversation: conversation, Message: m.ID}, nil
}

// place is the conversation for a message.
func (t *triggering) place(ctx context.Context, in string) (chipchat.ID, error) {
	if t.conversation != "" {
		id, err := t.find(ctx, t.conversation)
		if err != nil {
			return "", err
		}
		c, err := t.request.conversation(ctx, id)
		if err != nil {
			return "", err
		}
		if c.Type != in {
			return "", wrongUsage("the conversation %s is of type %s, not %s", id, c.Type, in)
		}
		return id, nil
	}
	if in == "contact" {
		c, err := t.begin(ctx, &beginning{contact: "Jenny Jones"})
		if err != nil {
			return "", err
		}
		return c.ID, nil
	}
	c, err := t.bot.Conversations.Create(ctx, map[string]any{"type": in, "name": "Sample"})
	if err != nil {
		return "", fmt.Errorf("begin a conversation of type %s: %w", in, err)
	}
	return c.ID, nil
}

// example is a message of each type (docs/contract/conversations.md section 5).
func example(in, typ string, me chipchat.ID) map[string]any {
	role := chipchat.RoleAgent
	if in == "contact" {
		role = chipchat.RoleContact
	}
	switch typ {
	case "postback":
		return map[string]any{"text": "YES", "role": role, "actions": []chipchat.Action{{Type: "postback", Text: "Yes, please", Payload: "YES"}}}
	case "card":
		return map[string]any{"text": "Everything about your order", "role": chipchat.RoleAgent, "meta": map[string]any{"title": "Order 17"}}
	case "mention":
		return map[string]any{"text": "can you have a look?", "role": chipchat.RoleBot, "meta": map[string]any{"targetUser": me}}
	case "tag":
		return map[string]any{"text": "#sample"}
	case "search":
		return map[string]any{"text": "opening hours"}
	case "command":
		return map[string]any{"text": "/set sample yes"}
	case "field":
		return map[string]any{"text": ".location Amsterdam"}
	case "results", "report":
		return map[string]any{"text": "Sample", "results": []any{map[string]any{"name": "Sample", "values": map[string]any{"number": "17"}}}}
	}
	return map[string]any{"text": "Hello, anyone there?", "role": role}
}
