package ui

import (
	"maps"
	"strconv"
	"strings"

	"bellhop"
)

// said is a message as a client of the API posts it.
type said struct {
	Type          bellhop.MessageType `json:"type,omitempty"`
	Text          string              `json:"text"`
	Role          bellhop.MessageRole `json:"role,omitempty"`
	IsBackchannel bool                `json:"isBackchannel,omitempty"`
	Actions       []bellhop.Action    `json:"actions,omitempty"`
	Meta          map[string]any      `json:"meta,omitempty"`
}

// press presses a button of a message.
func (ui *UI) press(v *visit) error {
	if err := readForm(v.r); err != nil {
		return err
	}
	var c bellhop.Conversation
	if err := v.get(bellhop.Conversations, v.id(), &c); err != nil {
		return err
	}
	var m bellhop.Message
	if err := v.get(bellhop.Messages, bellhop.ID(v.r.PostFormValue("message")), &m); err != nil {
		return err
	}
	a := actionAt(&m, v.r.PostFormValue("press"))
	if m.Conversation != c.ID || a == nil {
		return bellhop.Errorf(bellhop.NotFound, "There is no such button any more")
	}
	return ui.say(v, &c, pressed(&c, &m, a), &speakForm{As: string(asWho(&c, pressedBy(&c, &m)))})
}

// pressed is what pressing a button says (docs/contract/conversations.md section 3).
func pressed(c *bellhop.Conversation, m *bellhop.Message, a *bellhop.Action) *said {
	meta := map[string]any{}
	maps.Copy(meta, a.Meta)
	meta["size"] = a.Size
	return &said{
		Type: bellhop.PostbackMessage, Text: a.Payload, Role: pressedBy(c, m), IsBackchannel: m.IsBackchannel,
		Actions: []bellhop.Action{*a}, Meta: meta,
	}
}

// pressedBy says for whom a message offers its buttons: for the contact, if he sees it.
func pressedBy(c *bellhop.Conversation, m *bellhop.Message) bellhop.MessageRole {
	switch {
	case c.IsTeam():
		return bellhop.ToContact
	case m.ReachesContact():
		return bellhop.FromContact
	}
	return bellhop.ToUsers
}

// isPressed reports whether pressing says something; all else leads elsewhere.
func isPressed(a *bellhop.Action) bool { return a.Type == "reply" || a.Type == "postback" }

// actionAt returns the action at a place, which is its number, behind that of the item if
// it is of one: "1", "0.1"; nil if nothing can be pressed there.
func actionAt(m *bellhop.Message, place string) *bellhop.Action {
	actions := m.Actions
	if item, rest, ok := strings.Cut(place, "."); ok {
		i, err := strconv.Atoi(item)
		if err != nil || i < 0 || i >= len(m.Items) {
			return nil
		}
		actions, place = m.Items[i].Actions, rest
	}
	i, err := strconv.Atoi(place)
	if err != nil || i < 0 || i >= len(actions) || !isPressed(&actions[i]) {
		return nil
	}
	return &actions[i]
}

// closeConversation sends everybody out.
func (ui *UI) closeConversation(v *visit) error {
	_, err := ui.resources.Patch(v.r.Context(), v.caller, bellhop.Conversations, v.id(), []byte(`{"status":"closed"}`))
	if err != nil {
		return err
	}
	return v.seeOther(conversationPath(v.id()))
}
