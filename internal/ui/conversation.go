package ui

import (
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"bellhop"
)

const (
	// messagesShown is how many messages stand on a page, of which the first is the newest.
	messagesShown = 100

	// causedShown is how many of the deliveries that a conversation caused stand beside it.
	causedShown = 12
)

type conversationPage struct {
	frame
	Answer     string
	Status     badge
	Facts      []fact
	People     []personView
	Meta       string
	Messages   []messageView
	Unreadable bool // the visitor may see the conversation, but list no messages
	Paging     *paging
	Deliveries []deliveryRow // the newest that it caused
	SeesFate   bool          // the visitor may see deliveries
}

type personView struct {
	Name, Role string
	Flags      string // "accepted, active"
}

func (*conversationPage) template() string { return "conversation" }

func (ui *UI) conversation(v *visit) error {
	var c bellhop.Conversation
	if err := v.get(bellhop.Conversations, v.id(), &c); err != nil {
		return err
	}
	p := &conversationPage{
		frame:  frame{Title: conversationName(&c), Section: inConversations, Trail: []link{{Text: "Conversations", To: "/conversations"}}},
		Status: conversationBadge(c.Status), Answer: conversationAnswer(&c),
		Facts: ui.conversationFacts(&c), People: peopleOf(&c),
	}
	if len(c.Meta) > 0 {
		text, err := json.Marshal(c.Meta)
		if err != nil {
			return err
		}
		p.Meta = indentJSON(text)
	}
	if err := ui.addMessages(v, &c, p); err != nil {
		return err
	}
	if err := ui.addFate(v, &c, p); err != nil {
		return err
	}
	return v.show(p)
}

// addMessages adds a page of messages, the newest page first, each in the order of time.
func (ui *UI) addMessages(v *visit, c *bellhop.Conversation, p *conversationPage) error {
	offset := offsetOf(v.r)
	messages, total, err := list[bellhop.Message](v, bellhop.Messages, url.Values{
		"conversation": {string(c.ID)}, "sort": {"-createdAt"},
		"limit": {strconv.Itoa(messagesShown)}, "offset": {strconv.Itoa(offset)},
	})
	if isForbidden(err) {
		p.Unreadable = true
		return nil
	}
	if err != nil {
		return err
	}
	slices.Reverse(messages)
	for i := range messages {
		p.Messages = append(p.Messages, messageViewOf(c, &messages[i]))
	}
	p.Paging = pagingOf(v.r, offset, messagesShown, len(messages), total, false).byTime()
	return nil
}

// addFate adds the deliveries that the conversation caused, for admins.
func (ui *UI) addFate(v *visit, c *bellhop.Conversation, p *conversationPage) error {
	if v.caller.ScopeAt(c.OrgPath) < bellhop.Deliveries.Access.List {
		return nil
	}
	p.SeesFate = true
	found, _, err := v.findDeliveries(url.Values{"key": {string(c.ID)}, "limit": {strconv.Itoa(causedShown)}})
	if err != nil {
		return err
	}
	names, err := v.serviceNames(found)
	if err != nil {
		return err
	}
	for i := range found {
		p.Deliveries = append(p.Deliveries, ui.deliveryRow(&found[i], names))
	}
	return nil
}

func isForbidden(err error) bool {
	e, ok := errors.AsType[*bellhop.Error](err)
	return ok && e.Code == bellhop.Forbidden
}

// conversationAnswer says who is expected to act.
func conversationAnswer(c *bellhop.Conversation) string {
	var accepted []string
	for _, p := range c.Participants {
		if p.Accepted {
			accepted = append(accepted, personName(p.Name, p.User))
		}
	}
	switch {
	case c.Status == bellhop.ConversationQueued:
		return "Queued: nobody has accepted it yet."
	case c.Status == bellhop.ConversationClosed:
		return "Closed: nobody is expected to answer."
	case len(accepted) > 0:
		return "Active: answered by " + commas(accepted) + "."
	}
	return "Active."
}

func (ui *UI) conversationFacts(c *bellhop.Conversation) []fact {
	facts := []fact{
		{Name: "Type", Value: string(c.Type)},
		{Name: "Organization", Value: string(c.Organization), Code: true, To: orgPath(c.Organization)},
		{Name: "Id", Value: string(c.ID), Code: true},
	}
	for _, f := range []fact{
		{Name: "Contact", Value: string(c.Contact), Code: true}, {Name: "Touchpoint", Value: c.Touchpoint},
		{Name: "Category", Value: c.Category}, {Name: "Tags", Value: commas(c.Tags)}, {Name: "Context", Value: c.Context},
	} {
		if f.Value != "" {
			facts = append(facts, f)
		}
	}
	return append(facts, fact{Name: "Started", At: ui.moment(c.CreatedAt)}, fact{Name: "Changed", At: ui.moment(c.UpdatedAt)})
}

func peopleOf(c *bellhop.Conversation) []personView {
	people := make([]personView, len(c.Participants))
	for i, p := range c.Participants {
		var flags []string
		for _, flag := range []struct {
			set  bool
			word string
		}{{p.Accepted, "accepted"}, {p.Active, "active"}, {p.Inbox, "in the inbox"}, {p.Follow, "follows"}} {
			if flag.set {
				flags = append(flags, flag.word)
			}
		}
		if len(flags) == 0 {
			flags = []string{"has left"}
		}
		people[i] = personView{Name: personName(p.Name, p.User), Role: p.Role, Flags: strings.Join(flags, ", ")}
	}
	return people
}
