package chipchat

import "strings"

// dropped reports whether the bot does not want to hear of a message event: the built-in filters of
// docs/contract/sdk.md section 6.
func (b *Bot) dropped(e *Event) bool {
	self := b.Auth().User
	m, c := e.Message, e.Conversation
	switch {
	case !b.options.KeepSelf && self != "" && m.User == self:
		return true
	case !b.options.KeepBots && m.Role == RoleBot:
		return true
	case b.options.IgnoreUnjoined && !joined(c, self) && !addressed(m, self):
		return true
	case b.options.IgnoreOnActivity && answeredByOther(c, self):
		return true
	}
	return false
}

// disabled reports whether the bot is not enabled for the organization of the message. Text triggers fire all the
// same, as sdk.md section 6 has it.
func (b *Bot) disabled(m *Message) bool {
	return !b.options.KeepDisabled && m.Instance != nil && !m.Instance.Enabled
}

func joined(c *Conversation, self ID) bool {
	p := c.Participant(self)
	return p != nil && self != "" && (p.Active || p.Follow)
}

// addressed reports whether the message is meant for the bot although it has not joined.
func addressed(m *Message, self ID) bool {
	switch m.Type {
	case "command":
		return strings.HasPrefix(m.Text, ">") ||
			strings.HasPrefix(m.Text, "/assign") && names(m.Meta["users"], self)
	case "mention":
		return names(m.Meta["targetUser"], self) || names(m.Meta["targetBot"], self)
	}
	return false
}

func answeredByOther(c *Conversation, self ID) bool {
	for _, p := range c.Participants {
		if p.Accepted && p.User != self {
			return true
		}
	}
	return false
}

// names reports whether v, a value of meta, is id or a list with it.
func names(v any, id ID) bool {
	switch v := v.(type) {
	case string:
		return id != "" && v == string(id)
	case []any:
		for _, element := range v {
			if names(element, id) {
				return true
			}
		}
	}
	return false
}
