package ui

import (
	"strconv"
	"strings"
	"time"

	"bellhop"
	"bellhop/internal/event"
)

// messageView is a message as it stands in its conversation.
type messageView struct {
	Day      *dayView // of the first message of a day
	ID       string   // of the element, so that a link can lead to it
	Side     string
	Who      string
	Text     string
	Whole    string   // where all of the text is, if it is too long for a page; else ""
	Media    string   // its content type, if the text is the address of something
	Note     string   // what kind of message it is, if it is not what the contact and the agents say
	Title    string   // of the panel of a card
	Results  []string // what a bot has found out, each with its values
	Items    []itemView
	Buttons  []buttonView
	At       *moment
	Fate     *fateView // of the deliveries that it caused; nil if there are none
	Answered []link    // the messages that came in the answers to them
	Answers  *answerOf
	Press    *pressView // nil if the visitor may press nothing
}

// dayView is a row of its own, so that a message looks the same wherever a page begins.
type dayView struct{ ID, Text string }

func dayViewOf(at bellhop.Time) *dayView {
	return &dayView{ID: "day-" + at.Time().Format(time.DateOnly), Text: at.Time().Format("Monday, 2 January 2006")}
}

type itemView struct {
	Title, Description string
	Buttons            []buttonView
}

// pressView is how buttons are pressed.
type pressView struct {
	Path    string // where the form is sent
	Message string
	As      string // "as Jenny Jones"
}

// buttonView is something that a message offers.
type buttonView struct {
	Text  string
	Place string // in the message, of what can be pressed: see actionAt
	To    string // of what leads elsewhere
	Press *pressView
}

// The sides: contacts speak on the left, who speaks to them on the right; what stays among
// users is tinted, and what is not said but done is a thin line.
const (
	sideContact = "contact"
	sideAgent   = "agent"
	sideTeam    = "team"
	sideLine    = "line"
)

// messageViewOf shows a message to somebody who may press its buttons, or not.
func messageViewOf(c *bellhop.Conversation, m *bellhop.Message, may bool) messageView {
	v := messageView{
		ID: messageAnchor(m.ID), Side: sideOf(c, m), Who: speakerOf(c, m), Text: m.Text, Note: noteOf(m),
		At: momentAt(m.CreatedAt, "15:04:05"),
	}
	if len(m.Text) > textShown {
		v.Text, v.Whole = cutText(m.Text, textShown)+"…", conversationPath(c.ID)+"/text/"+string(m.ID)
	}
	if may {
		v.Press = &pressView{Path: conversationPath(c.ID) + "/press", Message: string(m.ID), As: "as you"}
		if pressedBy(c, m) == bellhop.FromContact {
			v.Press.As = "as " + conversationName(c)
		}
	}
	v.Buttons = buttonsOf(m.Actions, "", v.Press)
	if m.ContentType != "" && !strings.HasPrefix(m.ContentType, "text/plain") {
		v.Media = m.ContentType
	}
	v.Title, _ = m.Meta["title"].(string)
	for _, r := range m.Results {
		v.Results = append(v.Results, resultText(r))
	}
	for i, item := range m.Items {
		v.Items = append(v.Items, itemView{
			Title: item.Title, Description: item.Description, Buttons: buttonsOf(item.Actions, strconv.Itoa(i)+".", v.Press),
		})
	}
	return v
}

// textShown is how much of a message stands in its conversation, of which a page has many.
const textShown = 4 << 10

// messageText is all of a text that is too long for the page.
func (ui *UI) messageText(v *visit) error {
	var m bellhop.Message
	if err := v.get(bellhop.Messages, bellhop.ID(v.r.PathValue("m")), &m); err != nil {
		return err
	}
	if m.Conversation != v.id() {
		return bellhop.Messages.NotFound()
	}
	return v.plainText(m.Text)
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
	if m.IsLimited() {
		notes = append(notes, "for some users only")
	}
	if m.Delay > 0 {
		notes = append(notes, "delayed by "+delayText(time.Duration(m.Delay)*time.Millisecond))
	}
	return strings.Join(notes, ", ")
}

func delayText(d time.Duration) string {
	if d < 10*time.Second {
		return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) + " s"
	}
	return span(d)
}

// buttonsOf shows actions, whose places begin with prefix.
func buttonsOf(actions []bellhop.Action, prefix string, press *pressView) []buttonView {
	var buttons []buttonView
	for i, a := range actions {
		b := buttonView{Text: a.Text}
		if strings.TrimSpace(b.Text) == "" {
			b.Text = a.Type
		}
		if isPressed(&a) {
			b.Place, b.Press = prefix+strconv.Itoa(i), press
		} else if strings.HasPrefix(a.URI, "https://") || strings.HasPrefix(a.URI, "http://") {
			b.To = a.URI
		}
		buttons = append(buttons, b)
	}
	return buttons
}
