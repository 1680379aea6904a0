package subscription

import (
	"encoding/json"

	"bellhop"
	"bellhop/internal/event"
)

// ConversationLoop is the event of bots that answer themselves or each other
// (docs/contract/extensions.md section 7).
const ConversationLoop = "conversation.loop"

// LoopVerb is what the summary of ConversationLoop says, by the name of the conversation.
func LoopVerb(conversation string) string {
	if conversation == "" {
		return "stopped a loop of bots in a conversation"
	}
	return "stopped a loop of bots in conversation " + conversation
}

// loop makes a sample of ConversationLoop.
func (m *sampler) loop(h *Happening) error {
	c, body, err := m.conversation(bellhop.ContactConversation, bellhop.ConversationActive, nil)
	if err != nil {
		return err
	}
	bot := m.bot
	if bot == "" {
		bot = m.newID()
	}
	about, err := event.AppendValue(nil, map[string]any{"limit": 60, "bots": []bellhop.ID{bot}})
	if err != nil {
		return err
	}
	h.Actor, h.Kind, h.ID, h.Verb = Actor{Kind: System, Name: "System"}, bellhop.Conversations, c.ID, LoopVerb(c.Name)
	h.Data = []event.Member{{Name: "conversation", Value: body}, {Name: "loop", Value: json.RawMessage(about)}}
	if len(m.user) > 0 {
		h.Data = append(h.Data, event.Member{Name: "user", Value: m.user})
	}
	h.Links.Conversation, h.Links.Contact, h.Links.User = c.ID, c.Contact, m.actor.ID
	return nil
}
