package ui

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"bellhop"
)

const (
	// messagesShown is how many messages stand on a page, of which the first is the newest.
	messagesShown = 100

	// fateRead is how many deliveries are looked at for what the messages of a page caused,
	// and otherShown how many of those stand beside it that no message is known to have caused.
	fateRead   = 500
	otherShown = 10
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
	Others     []deliveryRow // the newest that the conversation caused, but none of the messages
	SeesFate   bool          // the visitor may see deliveries
	Heard      bool          // there are some
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
	messages, err := ui.addMessages(v, &c, p)
	if err != nil {
		return err
	}
	if v.caller.ScopeAt(c.OrgPath) >= bellhop.Deliveries.Access.List {
		if err := ui.addFate(v, &c, p, messages); err != nil {
			return err
		}
	}
	return v.show(p)
}

// addMessages adds a page of messages, the newest page first, each in the order of time.
func (ui *UI) addMessages(v *visit, c *bellhop.Conversation, p *conversationPage) ([]bellhop.Message, error) {
	offset := offsetOf(v.r)
	messages, total, err := list[bellhop.Message](v, bellhop.Messages, url.Values{
		"conversation": {string(c.ID)}, "sort": {"-createdAt"},
		"limit": {strconv.Itoa(messagesShown)}, "offset": {strconv.Itoa(offset)},
	})
	if bellhop.HasCode(err, bellhop.Forbidden) {
		p.Unreadable = true
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	slices.Reverse(messages)
	day := ""
	for i := range messages {
		view := messageViewOf(c, &messages[i])
		if at := messages[i].CreatedAt.Time().Format("Monday, 2 January 2006"); at != day {
			view.Day, day = at, at
		}
		p.Messages = append(p.Messages, view)
	}
	p.Paging = pagingOf(v.r, offset, messagesShown, len(messages), total, false).byTime()
	return messages, nil
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
	for _, f := range c.Forms {
		facts = append(facts, fact{Name: "Form", Value: f.Name})
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
