package chipchattest

import (
	"encoding/json"
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
	texts := map[chipchat.ID]string{}
	for _, m := range p.messages(conversation) {
		texts[m.ID] = m.Text
	}
	text := "The conversation:\n" + p.transcript(conversation)
	if len(page.Items) == 0 {
		return text + "No webhook was told of it.\n" + p.listening()
	}
	return text + "Its deliveries:\n" + describe(page.Items, texts)
}

// listening says which webhooks there are, and what they listen to.
func (p *Platform) listening() string {
	p.tb.Helper()
	webhooks, err := p.API.Services.All(p.ctx, chipchat.Query{"type": "webhook", "sort": "createdAt"}, everything)
	if err != nil {
		p.tb.Fatalf("chipchattest: list webhooks: %v", err)
	}
	if len(webhooks) == 0 {
		return "There is none: Connect makes one."
	}
	text := "There are:\n"
	for _, w := range webhooks {
		text += fmt.Sprintf("  %s, %s, for %v\n", w.Name, w.Status, w.Params["events"])
	}
	return text
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

// describe tells of deliveries in a line each, with the texts of the messages that they are about.
func describe(deliveries []chipchat.Delivery, texts map[chipchat.ID]string) string {
	var text strings.Builder
	for _, d := range deliveries {
		fmt.Fprintf(&text, "  %s", d.Event)
		if said := texts[messageOf(&d)]; said != "" {
			fmt.Fprintf(&text, " %q", said)
		}
		fmt.Fprintf(&text, ": %s, attempts: %d", d.Status, d.Attempts)
		if d.LastError != "" {
			text.WriteString(", the last: " + d.LastError)
		}
		if d.Status == "pending" && !d.NextAttempt.IsZero() {
			text.WriteString(", the next at " + d.NextAttempt.Format(timeOfDay))
		}
		text.WriteByte('\n')
	}
	return text.String()
}

// messageOf is the message that a delivery is about, or nothing.
func messageOf(d *chipchat.Delivery) chipchat.ID {
	var about struct{ Message chipchat.ID }
	if json.Unmarshal(d.Raw, &about) != nil {
		return ""
	}
	return about.Message
}
