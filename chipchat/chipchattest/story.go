package chipchattest

import (
	"fmt"
	"strings"

	"bellhop/chipchat"
)

const timeOfDay = "15:04:05.000"

// Transcript is the conversation of c as people read it, a line a message: when, who to whom, what.
func (c *Contact) Transcript() string {
	c.platform.tb.Helper()
	return c.platform.transcript(c.conversation)
}

// story is what a failure tells: the conversation, and what became of its deliveries.
func (p *Platform) story(conversation chipchat.ID) string {
	p.tb.Helper()
	page, err := p.API.Deliveries.List(p.ctx, chipchat.Query{"key": conversation, "sort": "createdAt", "limit": 100})
	if err != nil {
		p.tb.Fatalf("chipchattest: list deliveries: %v", err)
	}
	text := "The conversation:\n" + p.transcript(conversation)
	if len(page.Items) == 0 {
		return text + "No webhook was told of it."
	}
	return text + "Its deliveries:\n" + p.describe(page.Items)
}

func (p *Platform) transcript(conversation chipchat.ID) string {
	p.tb.Helper()
	c, err := p.API.Conversations.Get(p.ctx, conversation, nil)
	if err != nil {
		p.tb.Fatalf("chipchattest: get a conversation: %v", err)
	}
	var text strings.Builder
	for _, m := range p.messages(conversation) {
		fmt.Fprintf(&text, "  %s  %-20s  %s", m.CreatedAt.Format(timeOfDay), speaker(c, &m), m.Text)
		if len(m.Actions) > 0 {
			text.WriteString("  " + brackets(buttons(&m)))
		}
		if m.Type != "chat" {
			text.WriteString("  (" + m.Type + ")")
		}
		text.WriteByte('\n')
	}
	return text.String()
}

// speaker says who speaks to whom.
func speaker(c *chipchat.Conversation, m *chipchat.Message) string {
	name := string(m.User)
	if p := c.Participant(m.User); p != nil {
		name = p.Name
	}
	switch {
	case m.User == "":
		return c.Name
	case m.Role == chipchat.RoleAgent && !m.IsBackchannel:
		return name + " to " + c.Name
	case m.Role == "":
		return name
	}
	return name + " to users"
}
