package chipchattest

import (
	"fmt"
	"maps"
	"slices"

	"bellhop/chipchat"
)

// Contact is a consumer who talks to the organization.
type Contact struct {
	ID   chipchat.ID
	Name string

	// Touchpoint is the transport of what he says: web. A test may change it.
	Touchpoint string

	platform     *Platform
	conversation chipchat.ID
	ear          *ear
}

// Contact creates a contact of that name with his conversation, in which nothing was said yet.
func (p *Platform) Contact(name string) *Contact {
	p.tb.Helper()
	profile := map[string]any{"name": name, "email": p.name("contact") + "@example.com"}
	made, err := p.API.Contacts.Create(p.ctx, map[string]any{"profile": profile})
	if err != nil {
		p.tb.Fatalf("chipchattest: create the contact %s: %v", name, err)
	}
	c := &Contact{ID: made.ID, Name: name, Touchpoint: "web", platform: p, conversation: made.Conversation}
	c.ear = &ear{platform: p, name: name, conversation: made.Conversation, hears: isForContact, heard: map[chipchat.ID]bool{}, misses: toUsers}
	return c
}

// isForContact reports whether a contact gets m (docs/contract/conversations.md section 3).
func isForContact(m *chipchat.Message) bool { return m.Role == chipchat.RoleAgent && !m.IsBackchannel }

// toUsers says so if the newest message has no role, as of bots whose author did not know that it takes one.
func toUsers(all []chipchat.Message) string {
	if len(all) == 0 {
		return ""
	}
	m := all[len(all)-1]
	if m.Type != "chat" || m.Role == chipchat.RoleContact || m.Role == chipchat.RoleAgent {
		return ""
	}
	return fmt.Sprintf("; %q was said to users alone: contacts hear what has the role agent", m.Text)
}

// Conversation returns his conversation as it is now, for its status, participants, meta and so on.
func (c *Contact) Conversation() *chipchat.Conversation {
	p := c.platform
	p.tb.Helper()
	now, err := p.API.Conversations.Get(p.ctx, c.conversation, nil)
	if err != nil {
		p.tb.Fatalf("chipchattest: get the conversation of %s: %v", c.Name, err)
	}
	return now
}

// Messages are all messages of his conversation, the oldest first.
func (c *Contact) Messages() []chipchat.Message {
	c.platform.tb.Helper()
	return c.platform.messages(c.conversation)
}

// Says lets him say something. It returns when the platform has it, which is before any bot is told.
func (c *Contact) Says(text string) *chipchat.Message {
	c.platform.tb.Helper()
	return c.Sends(chipchat.Message{Text: text})
}

// Sends is Says for any message: a picture, say, or one with meta. Role and touchpoint are filled in.
func (c *Contact) Sends(m chipchat.Message) *chipchat.Message {
	p := c.platform
	p.tb.Helper()
	m.Role = chipchat.RoleContact
	if m.Touchpoint == "" {
		m.Touchpoint = c.Touchpoint
	}
	made, err := p.API.Send(p.ctx, c.conversation, m)
	if err != nil {
		p.tb.Fatalf("%s says %q: %v", c.Name, m.Text, err)
	}
	return &made[0]
}

// Presses lets him press the button with that text, in the newest message to him that has it. If there is none it waits
// until all deliveries have finished, for a bot that is about to offer it.
func (c *Contact) Presses(button string) *chipchat.Message {
	p := c.platform
	p.tb.Helper()
	var action *chipchat.Action
	var there []string
	p.eventually(func() bool {
		p.tb.Helper()
		settled := len(p.pending()) == 0 // asked first: what the last handler said is seen then
		action, there = c.button(button)
		return action != nil || settled
	})
	if action == nil {
		p.tb.Fatalf("%s has no button %q to press; there is %s\n%s", c.Name, button, brackets(there), p.story(c.conversation))
	}
	return c.press(*action)
}

// button returns the button with that text in the newest message to him that has it, else nil and those that there are.
func (c *Contact) button(text string) (_ *chipchat.Action, there []string) {
	p := c.platform
	p.tb.Helper()
	for _, m := range slices.Backward(p.messages(c.conversation)) {
		if !isForContact(&m) {
			continue
		}
		for _, a := range m.Actions {
			if a.Type != "reply" && a.Type != "postback" {
				continue
			}
			if a.Text == text {
				return &a, nil
			}
			there = append(there, a.Text)
		}
	}
	return nil, there
}

// press sends what pressing makes of an action (docs/contract/conversations.md section 3).
func (c *Contact) press(a chipchat.Action) *chipchat.Message {
	c.platform.tb.Helper()
	text, meta := a.Payload, map[string]any{}
	if text == "" {
		text = a.Text
	}
	maps.Copy(meta, a.Meta)
	if a.Size != "" {
		meta["size"] = a.Size
	}
	return c.Sends(chipchat.Message{Type: "postback", Text: text, Actions: []chipchat.Action{a}, Meta: meta})
}

// Hears waits for the next messages to him, and fails the test if one is not as it is wanted: a string is
// the whole text, a [*regexp.Regexp] finds something in it, a [Want] says more, and a
// func(*chipchat.Message) error anything. It has to be the very next message, so that a bot that
// says something twice does not pass; what other bots say at the same time counts, too. Hears
// returns the last of them.
func (c *Contact) Hears(wants ...any) *chipchat.Message {
	c.platform.tb.Helper()
	return c.ear.expect(wants)
}

// HearsNothing waits until all deliveries have finished, and fails the test if there is a message to
// him that no Hears has heard.
func (c *Contact) HearsNothing() {
	c.platform.tb.Helper()
	c.ear.expectNothing()
}
