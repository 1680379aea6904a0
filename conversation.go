package bellhop

import "slices"

// Conversation is an unterminated stream of messages and who takes part in it
// (docs/contract/conversations.md section 1). It is the stored form, in the order of the
// registry, so that a PATCH that changes nothing is seen to change nothing: the ids of its
// messages are not part of it.
type Conversation struct {
	ID            ID                 `json:"id"`
	Organization  ID                 `json:"organization"`
	OrgPath       string             `json:"orgPath"`
	Type          ConversationType   `json:"type"`
	Name          string             `json:"name"`
	Status        ConversationStatus `json:"status"`
	Contact       ID                 `json:"contact,omitempty"` // of ContactConversation only
	Participants  []Participant      `json:"participants"`      // in order of arrival, each user once
	CategoryIndex int                `json:"categoryIndex"`
	Category      string             `json:"category,omitempty"`
	Forms         []ActiveForm       `json:"forms"` // in order of activation
	Results       []Result           `json:"results"`
	Tags          []string           `json:"tags"`
	Touchpoint    string             `json:"touchpoint,omitempty"`
	Context       string             `json:"context,omitempty"`
	Meta          map[string]any     `json:"meta"`
	URL           string             `json:"url"`
	CreatedBy     ID                 `json:"createdBy,omitempty"`
	CreatedAt     Time               `json:"createdAt"`
	UpdatedAt     Time               `json:"updatedAt"`
}

// ConversationType says who talks in a conversation. It never changes.
type ConversationType string

// The types: one consumer conversation for each contact, and three kinds of team
// conversations, of users only.
const (
	ContactConversation ConversationType = "contact"
	BotConversation     ConversationType = "bot"
	AgentConversation   ConversationType = "agent"
	SystemConversation  ConversationType = "system"
)

// Valid reports whether t is one of the types.
func (t ConversationType) Valid() bool {
	return t == ContactConversation || t == BotConversation || t == AgentConversation || t == SystemConversation
}

// ConversationStatus is whether somebody is expected to answer
// (docs/contract/conversations.md section 4).
type ConversationStatus string

// The statuses. A consumer conversation in which nobody has written yet is closed.
const (
	ConversationQueued ConversationStatus = "queued"
	ConversationActive ConversationStatus = "active"
	ConversationClosed ConversationStatus = "closed"
)

// Participant is a user in a conversation and how far he takes part
// (docs/contract/conversations.md section 2).
type Participant struct {
	User         ID     `json:"user"`
	Name         string `json:"name"`
	Role         string `json:"role"`
	Organization ID     `json:"organization,omitempty"`
	Active       bool   `json:"active"`   // takes part
	Accepted     bool   `json:"accepted"` // answers the contact
	Inbox        bool   `json:"inbox"`    // the conversation lies in his inbox
	Follow       bool   `json:"follow"`   // watches without taking part
}

// ActiveForm is a form that is being filled in, for one category of the organization
// (docs/contract/conversations.md section 5, form).
type ActiveForm struct {
	ID            ID             `json:"id"`
	Name          string         `json:"name"`
	CategoryIndex int            `json:"categoryIndex"`
	Values        map[string]any `json:"values"` // by the key of the field
}

// Result is what a form or a bot has found out.
type Result struct {
	Name   string `json:"name"`
	Form   ID     `json:"form,omitempty"`
	Values any    `json:"values,omitempty"`
}

// MaxCategory is the highest index of a category (docs/contract/resources.md section 7).
const MaxCategory = 9

// Complete gives every array and object of the model that is missing its empty value.
func (c *Conversation) Complete() {
	c.Participants = present(c.Participants)
	c.Forms = present(c.Forms)
	c.Results = present(c.Results)
	c.Tags = present(c.Tags)
	if c.Meta == nil {
		c.Meta = map[string]any{}
	}
}

// IsTeam reports whether c has users only.
func (c *Conversation) IsTeam() bool { return c.Type != ContactConversation }

// Participant returns the entry of a user, or nil. It is valid until one is added.
func (c *Conversation) Participant(user ID) *Participant {
	i := slices.IndexFunc(c.Participants, func(p Participant) bool { return p.User == user })
	if i < 0 {
		return nil
	}
	return &c.Participants[i]
}

// AnyActive reports whether anybody takes part.
func (c *Conversation) AnyActive() bool {
	return slices.ContainsFunc(c.Participants, func(p Participant) bool { return p.Active })
}

// AnyAccepted reports whether anybody answers the contact.
func (c *Conversation) AnyAccepted() bool {
	return slices.ContainsFunc(c.Participants, func(p Participant) bool { return p.Accepted })
}

// SetStatus sets the status as a PATCH does: closing sends everybody out
// (docs/contract/conversations.md section 8).
func (c *Conversation) SetStatus(status ConversationStatus) {
	c.Status = status
	if status != ConversationClosed {
		return
	}
	for i := range c.Participants {
		p := &c.Participants[i]
		p.Active, p.Accepted, p.Inbox = false, false, false
	}
}

// present returns a slice that JSON shows as an array.
func present[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
