package subscription

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"bellhop"
	"bellhop/internal/event"
)

// sampleMark is the member of data that no real event has.
var sampleMark = event.Member{Name: "sample", Value: json.RawMessage("true")}

// sampler makes samples of events for one service: what is told is plausible, and has not
// happened. Their resources do not exist, but for the service, its organization, and the
// user who asks.
type sampler struct {
	api          string
	now          bellhop.Time
	service      *bellhop.Document
	organization *bellhop.Document
	bot          bellhop.ID // of the service; may be empty
	actor        Actor
	user         json.RawMessage // the acting user; empty for the server itself

	newID func() bellhop.ID
}

// actions are the ends of the names of resource events that every kind has.
var actions = []string{"create", "update", "delete"}

// happening returns what the named event of the contract would tell of, or an Invalid
// error if there is no such event (docs/contract/events.md).
func (m *sampler) happening(name string) (*Happening, error) {
	h := &Happening{
		Event: name, Organization: m.organization.ID, OrgPath: m.organization.OrgPath, At: m.now, Actor: m.actor,
	}
	first, rest, _ := strings.Cut(name, ".")
	var err error
	switch {
	case first == bellhop.Messages.Name:
		err = m.message(h, rest)
	case name == "user.login":
		h.Kind, h.ID, h.Verb = bellhop.Users, m.actor.ID, "logged in"
		h.Data, h.Links.User = []event.Member{{Name: "user", Value: m.user}}, m.actor.ID
	case name == serviceError || name == servicePaused || name == serviceResumed:
		m.aboutService(h)
	case name == "channel.notify":
		err = m.notify(h)
	case slices.Contains(actions, rest):
		err = m.resource(h, first)
	default:
		return nil, noSuchEvent()
	}
	h.Data = append(h.Data, sampleMark)
	return h, err
}

func noSuchEvent() error {
	return bellhop.InvalidField("event", "is no event of the server, and those of your own do not begin with a resource")
}

func (m *sampler) aboutService(h *Happening) {
	h.Actor, h.Kind, h.ID = Actor{Kind: System, Name: "System"}, bellhop.Services, m.service.ID
	h.Data = []event.Member{{Name: "service", Value: m.service.Body}}
	var service bellhop.Service
	_ = m.service.Decode(&service) // its name alone is wanted
	var failure json.RawMessage
	switch h.Event {
	case serviceError:
		h.Verb, failure = "reported an error of service "+service.Name, json.RawMessage(`{"message":"gave up after 24 h: status 503","count":1}`)
	case servicePaused:
		h.Verb, failure = "paused service "+service.Name, json.RawMessage(`{"message":"connection refused"}`)
	default:
		h.Verb = "resumed service " + service.Name
		return
	}
	h.Data = append(h.Data, event.Member{Name: "error", Value: failure})
}

func (m *sampler) notify(h *Happening) error {
	conversation, body, err := m.conversation(bellhop.ContactConversation, bellhop.ConversationQueued, nil)
	if err != nil {
		return err
	}
	channel := m.newID()
	h.Actor, h.Kind, h.ID = Actor{Kind: System, Name: "System"}, bellhop.Channels, channel
	h.Verb = "notified channel Sales of conversation " + conversation.Name
	text, err := m.ofKind(bellhop.Channels, channel, map[string]any{"name": "Sales"})
	h.Data = []event.Member{{Name: "channel", Value: text}, {Name: "conversation", Value: body}}
	h.Links.Conversation = conversation.ID
	return err
}

// resource makes a sample of <kind>.<action>.
func (m *sampler) resource(h *Happening, name string) error {
	if h.Kind = bellhop.KindNamed(name); h.Kind == nil {
		return noSuchEvent()
	}
	h.ID, h.Links.User = m.newID(), m.actor.ID
	var body json.RawMessage
	var err error
	switch {
	case h.Kind == bellhop.Services:
		h.ID, body = m.service.ID, m.service.Body
	case h.Kind == bellhop.Organizations:
		h.ID, body = m.organization.ID, m.organization.Body
	case h.Kind == bellhop.Conversations:
		var c *bellhop.Conversation
		c, body, err = m.conversation(bellhop.ContactConversation, bellhop.ConversationActive, nil)
		if err == nil {
			h.ID, h.Links.Conversation, h.Links.Contact = c.ID, c.ID, c.Contact
		}
	case h.Kind == bellhop.Contacts:
		contact := m.contact(h.ID, m.newID())
		h.Links.Contact, h.Links.Conversation = h.ID, contact.Conversation
		body, err = render(h.Kind, contact, nil)
	case h.Kind == bellhop.Users:
		body, err = render(h.Kind, m.person(h.ID), nil)
		h.Links.User = h.ID
	case h.Kind == bellhop.Bots:
		body, err = m.ofKind(h.Kind, h.ID, map[string]any{"name": "Echo", "email": bellhop.BotEmail(h.ID), "scope": "bot"})
	case h.Kind == bellhop.BotInstances:
		bot := m.bot
		if bot == "" {
			bot = m.newID()
		}
		body, err = m.ofKind(h.Kind, h.ID, map[string]any{"bot": bot, "enabled": true, "meta": map[string]any{"greeting": "Hi"}})
	default:
		body, err = m.ofKind(h.Kind, h.ID, map[string]any{"name": "Sample", "title": "Sample"})
	}
	h.Data = []event.Member{{Name: name, Value: body}}
	if len(m.user) > 0 && h.Kind != bellhop.Users {
		h.Data = append(h.Data, event.Member{Name: "user", Value: m.user})
	}
	return err
}

func (m *sampler) contact(id, conversation bellhop.ID) *bellhop.Contact {
	return &bellhop.Contact{
		ID: id, Organization: m.organization.ID, OrgPath: m.organization.OrgPath, Conversation: conversation,
		Profile:   bellhop.Profile{"name": "Jenny Jones", "email": "jenny@example.com", "telephone": "+441134960999", "locale": "en"},
		Presences: []map[string]any{{"touchpoint": "web"}}, Status: "active", Meta: map[string]any{},
		CreatedBy: m.actor.ID, CreatedAt: m.now, UpdatedAt: m.now,
	}
}

func (m *sampler) person(id bellhop.ID) *bellhop.User {
	return &bellhop.User{
		ID: id, GivenName: "Joe", FamilyName: "Johnson", DisplayName: "Joe Johnson", Name: "Joe Johnson", Email: "joe@example.com",
		Status: bellhop.UserActive, Role: bellhop.RoleAgent, Organization: m.organization.ID, OrgPath: m.organization.OrgPath,
		Organizations: []bellhop.Membership{{
			Organization: m.organization.ID, OrgPath: m.organization.OrgPath, Role: bellhop.RoleAgent, Selected: true,
		}},
		Avatar: "/images/avatar.png", CreatedBy: m.actor.ID, CreatedAt: m.now, UpdatedAt: m.now,
	}
}

// ofKind renders a resource of a registered kind: fields, what all have, and defaults.
func (m *sampler) ofKind(kind *bellhop.Kind, id bellhop.ID, fields map[string]any) (json.RawMessage, error) {
	m.common(id, fields)
	for _, f := range kind.Fields {
		if _, ok := fields[f.Name]; !ok && f.Default != "" {
			fields[f.Name] = json.RawMessage(f.Default)
		}
	}
	return render(kind, fields, nil)
}

func (m *sampler) common(id bellhop.ID, fields map[string]any) {
	fields["id"], fields["organization"], fields["orgPath"] = id, m.organization.ID, m.organization.OrgPath
	fields["createdAt"], fields["updatedAt"] = m.now, m.now
	if m.actor.ID != "" {
		fields["createdBy"] = m.actor.ID
	}
}

// render writes v, a resource, with its fields in the order of the registry, and further
// ones that are not in it.
func render(kind *bellhop.Kind, v any, further map[string]any) (json.RawMessage, error) {
	members := map[string]json.RawMessage{}
	text, err := event.AppendValue(nil, v)
	if err == nil {
		err = json.Unmarshal(text, &members)
	}
	for name, value := range further {
		if err == nil {
			members[name], err = event.AppendValue(nil, value)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("make a sample %s: %w", kind.Name, err)
	}
	body := []byte{'{'}
	for _, f := range kind.Fields {
		if value, ok := members[f.Name]; ok {
			if len(body) > 1 {
				body = append(body, ',')
			}
			body = append(event.AppendString(body, f.Name), ':')
			body = append(body, value...)
		}
	}
	return append(body, '}'), nil
}
