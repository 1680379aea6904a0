package ui

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"bellhop"
)

// messagesShown is how many messages stand on a page, of which the first is the newest: so that it
// stays below 100 KB.
const messagesShown = 50

type conversationPage struct {
	frame
	Answer     string
	Status     badge
	Stream     string // what tells of changes; "" if the visitor may not be told
	Speak      *speakForm
	Close      string // where it is closed; "" if the visitor may not, or it is
	Reopen     bool   // it is closed, and the visitor may change that
	Facts      []fact
	People     []personView
	Forms      []formView
	Meta       string
	Messages   []messageView
	Unreadable bool // the visitor may see the conversation, but list no messages
	Paging     *paging
	Newest     string // where the newest messages are; "" on that page
	Deliveries string // where those of the conversation are; "" if the visitor may not see them
	Unheard    bool   // no webhook was told of what is shown
}

type personView struct {
	Name, Role string
	Flags      []badge
}

func (*conversationPage) template() string { return "conversation" }

func (ui *UI) conversation(v *visit) error {
	var c bellhop.Conversation
	if err := v.get(bellhop.Conversations, v.id(), &c); err != nil {
		return err
	}
	return ui.showConversation(v, &c, nil, http.StatusOK)
}

// showConversation answers with the page of c. What the visitor wanted to say and was refused
// is in the form again.
func (ui *UI) showConversation(v *visit, c *bellhop.Conversation, refused *speakForm, status int) error {
	// Before anything is read: what happens from now on the stream will tell.
	from := ui.live.Position()
	p := &conversationPage{
		frame:  frame{Title: conversationName(c), Section: inConversations, Trail: []link{{Text: "Conversations", To: "/conversations"}}},
		Status: conversationBadge(c.Status), Answer: conversationAnswer(c), People: peopleOf(c),
	}
	if v.caller.MayList(bellhop.Conversations) == nil {
		p.Stream = "/live" + conversationPath(c.ID) + "?" + url.Values{afterParam: {from}}.Encode()
	}
	if refused == nil {
		// Read again after the position was taken.
		if err := v.get(bellhop.Conversations, c.ID, c); err != nil {
			return err
		}
	}
	o, err := v.ownerOf(c)
	if err != nil {
		return err
	}
	p.Facts, p.Forms = ui.conversationFacts(c, o), formsOf(c)
	if len(c.Meta) > 0 {
		text, err := json.Marshal(c.Meta)
		if err != nil {
			return err
		}
		p.Meta = indentJSON(text)
	}
	if v.caller.ScopeFor(bellhop.Conversations, c.Organization, c.OrgPath) >= bellhop.Conversations.Access.Update {
		p.Reopen = c.Status == bellhop.ConversationClosed && !c.IsTeam()
		if c.Status != bellhop.ConversationClosed {
			p.Close = conversationPath(c.ID) + "/close"
		}
	}
	messages, err := ui.addMessages(v, c, p)
	if err != nil {
		return err
	}
	if v.caller.ScopeAt(c.OrgPath) >= bellhop.Deliveries.Access.List {
		if err := ui.addFate(v, c, p, messages); err != nil {
			return err
		}
	}
	if offsetOf(v.r) > 0 {
		p.Newest = conversationPath(c.ID)
	} else if v.mayPost(c) {
		if err := v.addSpeak(c, o, p, refused); err != nil {
			return err
		}
	}
	return v.showAs(status, p)
}

// ownerOf returns the organization of c, nil if the visitor may not read it.
func (v *visit) ownerOf(c *bellhop.Conversation) (*bellhop.Organization, error) {
	o := new(bellhop.Organization)
	err := v.get(bellhop.Organizations, c.Organization, o)
	if bellhop.HasCode(err, bellhop.Forbidden) || bellhop.HasCode(err, bellhop.NotFound) {
		return nil, nil
	}
	return o, err
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
	var day dayView
	may := v.mayPost(c)
	for i := range messages {
		view := messageViewOf(c, &messages[i], may)
		if at := dayViewOf(messages[i].CreatedAt); *at != day {
			view.Day, day = at, *at
		}
		p.Messages = append(p.Messages, view)
	}
	p.Paging = pagingOf(v.r, offset, messagesShown, len(messages), total, 0).byTime()
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

func (ui *UI) conversationFacts(c *bellhop.Conversation, o *bellhop.Organization) []fact {
	owner := fact{Name: "Organization", Value: string(c.Organization), Code: true}
	if o != nil {
		owner = fact{Name: "Organization", Value: nameOf(o), To: orgPath(o.ID)}
	}
	facts := []fact{{Name: "Type", Value: string(c.Type)}, owner, {Name: "Id", Value: string(c.ID), Code: true}}
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

// peopleOf shows who takes part; each flag is a word and a shape.
func peopleOf(c *bellhop.Conversation) []personView {
	people := make([]personView, len(c.Participants))
	for i, p := range c.Participants {
		var flags []badge
		for _, flag := range []struct {
			set  bool
			show badge
		}{
			{p.Accepted, badge{toneOK, "accepted"}}, {p.Active, badge{toneOK, "active"}},
			{p.Inbox, badge{toneWait, "in the inbox"}}, {p.Follow, badge{toneOff, "follows"}},
		} {
			if flag.set {
				flags = append(flags, flag.show)
			}
		}
		if len(flags) == 0 {
			flags = []badge{{toneOff, "has left"}}
		}
		people[i] = personView{Name: personName(p.Name, p.User), Role: p.Role, Flags: flags}
	}
	return people
}

// formsOf shows the active forms with what is filled in.
func formsOf(c *bellhop.Conversation) []formView {
	var forms []formView
	for _, f := range c.Forms {
		shown := formView{ID: string(f.ID), Name: f.Name}
		for _, key := range slices.Sorted(maps.Keys(f.Values)) {
			shown.Values = append(shown.Values, fact{Name: key, Value: fmt.Sprint(f.Values[key])})
		}
		forms = append(forms, shown)
	}
	return forms
}
