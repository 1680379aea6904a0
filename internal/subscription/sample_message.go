package subscription

import (
	"encoding/json"
	"strings"

	"bellhop"
	"bellhop/internal/event"
)

// message makes a sample of message.<rest> (docs/contract/events.md section 1).
func (m *sampler) message(h *Happening, rest string) error {
	in, typ := bellhop.ContactConversation, bellhop.ChatMessage
	switch rest {
	case "update", "delete", "error":
	default:
		words := strings.Split(rest, ".")
		if len(words) != 3 || words[0] != "create" {
			return noSuchEvent()
		}
		in, typ = bellhop.ConversationType(words[1]), bellhop.MessageType(words[2])
		if !in.Valid() || !typ.Valid() {
			return noSuchEvent()
		}
	}
	message := m.messageOf(typ)
	message.ID = m.newID()
	conversation, body, err := m.conversation(in, bellhop.ConversationActive, []bellhop.ID{message.ID})
	if err != nil {
		return err
	}
	message.Conversation, message.Path = conversation.ID, string(message.ID)
	message.URL = m.api + "/m/" + message.Slug
	if in == bellhop.ContactConversation && message.Role == bellhop.FromContact {
		message.Contact = conversation.Contact
		h.Actor = Actor{Kind: Contact, ID: conversation.Contact, Name: conversation.Name}
	} else {
		message.User, message.CreatedBy = m.actor.ID, m.actor.ID
		if message.Role == bellhop.FromContact {
			message.Role = bellhop.ToContact
		}
	}
	if err := message.Complete(); err != nil {
		return err
	}
	shown, err := render(bellhop.Messages, message, nil)
	if err != nil {
		return err
	}
	h.Kind, h.ID, h.Thing = bellhop.Messages, message.ID, string(typ)+" message"
	h.Data = []event.Member{{Name: "conversation", Value: body}, {Name: "message", Value: shown}}
	h.Links = Links{Conversation: conversation.ID, Message: message.ID, Contact: conversation.Contact, User: message.User}
	if rest == "error" {
		h.Verb, h.Thing = "could not deliver", string(typ)+" message"
		h.Data = append(h.Data, event.Member{Name: "error", Value: json.RawMessage(`{"message":"the number cannot be reached"}`)})
	}
	return nil
}

// messageOf returns a message of that type, as far as it depends on it.
func (m *sampler) messageOf(typ bellhop.MessageType) *bellhop.Message {
	message := &bellhop.Message{
		Organization: m.organization.ID, OrgPath: m.organization.OrgPath, Type: typ, Role: bellhop.FromContact,
		Touchpoint: "web", Slug: "sample", Level: 1, Version: 1, CreatedAt: m.now, UpdatedAt: m.now,
	}
	button := bellhop.Action{Type: "postback", Text: "New car", Payload: "NEW_CAR"}
	target := m.bot
	if target == "" {
		target = m.actor.ID
	}
	switch typ {
	case bellhop.CardMessage:
		message.Text, message.Meta = "Have a look", map[string]any{"title": "Our cars"}
		message.Role = bellhop.ToContact
		message.Items = []bellhop.Item{{Title: "Small car", Description: "Fits everywhere", Actions: []bellhop.Action{button}}}
	case bellhop.MentionMessage:
		message.Text, message.Role = "Nice weather", bellhop.ToContact
		message.Meta = map[string]any{"targetUser": target, "targetName": "Echo"}
	case bellhop.PostbackMessage:
		message.Text, message.Actions = "NEW_CAR", []bellhop.Action{button}
		message.Meta = map[string]any{"size": "compact"}
	case bellhop.TagMessage:
		message.Text = "newCar"
	case bellhop.SearchMessage:
		message.Text = "opening hours"
	case bellhop.CommandMessage:
		message.Text, message.Meta = "/assign", map[string]any{"users": []bellhop.ID{target}}
	case bellhop.FormMessage:
		message.Text, message.Meta = "+Lead", map[string]any{"form": m.newID()}
	case bellhop.FieldMessage:
		message.Text, message.Meta = ".brand Toyota", map[string]any{"form": m.newID(), "key": "brand", "value": "Toyota"}
	case bellhop.ResultsMessage, bellhop.ReportMessage:
		message.Text = "Lead"
		message.Results = []bellhop.Result{{Name: "Lead", Values: map[string]any{"brand": "Toyota"}}}
	case bellhop.StatusMessage:
		message.Text = "closed"
	default:
		message.Text = "Hello, anyone there?"
	}
	if !typ.HasRole() || typ == bellhop.MentionMessage || typ == bellhop.CardMessage {
		message.Touchpoint = ""
	}
	if !typ.HasRole() {
		message.Role = bellhop.ToUsers // Complete takes it away
	}
	return message
}

// conversation makes a conversation with the ids of its messages, and shows it as event
// payloads do.
func (m *sampler) conversation(typ bellhop.ConversationType, status bellhop.ConversationStatus, messages []bellhop.ID) (*bellhop.Conversation, json.RawMessage, error) {
	c := &bellhop.Conversation{
		ID: m.newID(), Organization: m.organization.ID, OrgPath: m.organization.OrgPath, Type: typ, Name: "Sample", Status: status,
		CreatedBy: m.actor.ID, CreatedAt: m.now, UpdatedAt: m.now,
	}
	c.URL = m.api + "/conversations/" + string(c.ID)
	if typ == bellhop.ContactConversation {
		c.Name, c.Contact, c.Touchpoint = "Jenny Jones", m.newID(), "web"
	}
	participant := bellhop.Participant{User: m.actor.ID, Name: m.actor.Name, Role: "agent", Organization: m.organization.ID, Active: true, Accepted: true}
	if m.bot != "" {
		participant.User, participant.Name, participant.Role = m.bot, "Echo", "bot"
	}
	if participant.User != "" {
		c.Participants = []bellhop.Participant{participant}
	}
	c.Complete()
	if messages == nil {
		messages = []bellhop.ID{}
	}
	body, err := render(bellhop.Conversations, c, map[string]any{"messages": messages})
	return c, body, err
}
