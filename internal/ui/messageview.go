package ui

import (
	"strings"

	"bellhop"
	"bellhop/internal/event"
)

// messageView is a message as it stands in its conversation.
type messageView struct {
	Day     string // of the first message of a day, which day it is
	ID      string // of the element, so that a link can lead to it
	Side    string
	Who     string
	Text    string
	Media   string   // its content type, if the text is the address of something
	Note    string   // what kind of message it is, if it is not what the contact and the agents say
	Title   string   // of the panel of a card
	Results []string // what a bot has found out, each with its values
	Items   []itemView
	Buttons []string
	At      *moment
	Fate    []deliveryRow // the deliveries that it caused
}

type itemView struct {
	Title, Description string
	Buttons            []string
}

// The sides: contacts speak on the left, who speaks to them on the right; what stays among
// users is tinted, and what is not said but done is a thin line.
const (
	sideContact = "contact"
	sideAgent   = "agent"
	sideTeam    = "team"
	sideLine    = "line"
)

func messageViewOf(c *bellhop.Conversation, m *bellhop.Message) messageView {
	v := messageView{
		ID: messageAnchor(m.ID), Side: sideOf(c, m), Who: speakerOf(c, m), Text: m.Text, Note: noteOf(m),
		Buttons: buttonsOf(m.Actions), At: momentAt(m.CreatedAt, "15:04:05"),
	}
	if m.ContentType != "" && !strings.HasPrefix(m.ContentType, "text/plain") {
		v.Media = m.ContentType
	}
	v.Title, _ = m.Meta["title"].(string)
	for _, r := range m.Results {
		v.Results = append(v.Results, resultText(r))
	}
	for _, item := range m.Items {
		v.Items = append(v.Items, itemView{Title: item.Title, Description: item.Description, Buttons: buttonsOf(item.Actions)})
	}
	return v
}

// resultText returns the name of a result and its values, as they were sent.
func resultText(r bellhop.Result) string {
	values, err := event.AppendValue(nil, r.Values)
	if err != nil || r.Values == nil {
		return r.Name
	}
	return r.Name + ": " + string(values)
}

func messageAnchor(id bellhop.ID) string { return "message-" + string(id) }

func sideOf(c *bellhop.Conversation, m *bellhop.Message) string {
	switch {
	case !m.Type.HasRole():
		return sideLine
	case m.Role == bellhop.FromContact:
		return sideContact
	case m.ReachesContact() || c.IsTeam():
		return sideAgent
	}
	return sideTeam
}

func speakerOf(c *bellhop.Conversation, m *bellhop.Message) string {
	if m.Role == bellhop.FromContact || m.User == "" && m.Contact != "" { // by ">cs "
		return conversationName(c)
	}
	if p := c.Participant(m.User); p != nil {
		return personName(p.Name, p.User)
	}
	if m.User == "" {
		return "System"
	}
	return "User " + string(m.User)
}

func noteOf(m *bellhop.Message) string {
	var notes []string
	if m.Type != bellhop.ChatMessage {
		notes = append(notes, string(m.Type))
	}
	if m.IsBackchannel {
		notes = append(notes, "backchannel")
	} else if m.Role == bellhop.ToUsers {
		notes = append(notes, "to users only")
	}
	if len(m.Participants) > 0 {
		notes = append(notes, "for some users only")
	}
	return strings.Join(notes, ", ")
}

func buttonsOf(actions []bellhop.Action) []string {
	buttons := make([]string, 0, len(actions))
	for _, a := range actions {
		buttons = append(buttons, a.Text)
	}
	return buttons
}
