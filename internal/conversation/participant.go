package conversation

import "bellhop"

// The functions of this file change who takes part in a conversation
// (docs/contract/conversations.md sections 2, 4 and 5.1). They return an error only if
// there would be too many participants.

// entry returns the participant that user is, added if he is none yet.
func entry(c *bellhop.Conversation, user *bellhop.Participant) (*bellhop.Participant, error) {
	if p := c.Participant(user.User); p != nil {
		return p, nil
	}
	if len(c.Participants) >= maxParticipants {
		return nil, bellhop.InvalidField("participants", "must be at most %d", maxParticipants)
	}
	c.Participants = append(c.Participants, *user)
	return &c.Participants[len(c.Participants)-1], nil
}

func join(c *bellhop.Conversation, user *bellhop.Participant) error {
	p, err := entry(c, user)
	if err != nil {
		return err
	}
	p.Active, p.Inbox = true, false
	return nil
}

func accept(c *bellhop.Conversation, user *bellhop.Participant) error {
	p, err := entry(c, user)
	if err != nil {
		return err
	}
	p.Active, p.Accepted, p.Inbox = true, true, false
	c.Status = bellhop.ConversationActive
	return nil
}

func assign(c *bellhop.Conversation, user *bellhop.Participant) error {
	p, err := entry(c, user)
	if err != nil {
		return err
	}
	p.Inbox = true
	return nil
}

// follow adds the user only to follow, not to stop following.
func follow(c *bellhop.Conversation, user *bellhop.Participant, on bool) error {
	if !on && c.Participant(user.User) == nil {
		return nil
	}
	p, err := entry(c, user)
	if err != nil {
		return err
	}
	p.Follow = on
	return nil
}

// leave reports whether the user was a participant. What becomes of the status is for the
// caller to settle.
func leave(c *bellhop.Conversation, user bellhop.ID) bool {
	p := c.Participant(user)
	if p == nil {
		return false
	}
	p.Active, p.Accepted, p.Inbox = false, false, false
	return true
}

// hasAccepted reports whether user, who may be nil, answers the contact.
func hasAccepted(c *bellhop.Conversation, user *bellhop.Participant) bool {
	if user == nil {
		return false
	}
	p := c.Participant(user.User)
	return p != nil && p.Accepted
}

// takePart makes the author of a message a participant, before it is stored, as if he had
// sent a command (docs/contract/conversations.md section 4, "Implicit participation").
func takePart(c *bellhop.Conversation, m *bellhop.Message, user *bellhop.Participant) error {
	if user == nil || m.Type == bellhop.CommandMessage || m.Role == bellhop.FromContact {
		return nil
	}
	p := c.Participant(user.User)
	if m.Role == bellhop.ToContact && !m.IsBackchannel && !c.IsTeam() {
		if p == nil || !p.Accepted {
			return accept(c, user)
		}
		return nil
	}
	if p == nil || !p.Active {
		return join(c, user)
	}
	return nil
}

// fillInboxes puts a new message of a team conversation before those who do not take part
// just now (docs/contract/conversations.md section 4).
func fillInboxes(c *bellhop.Conversation, m *bellhop.Message) {
	switch m.Type {
	case bellhop.CommandMessage, bellhop.TagMessage, bellhop.FormMessage, bellhop.FieldMessage, bellhop.StatusMessage:
		return
	}
	for i := range c.Participants {
		if p := &c.Participants[i]; !p.Active && p.User != m.User && m.SeenBy(p.User) {
			p.Inbox = true
		}
	}
}
