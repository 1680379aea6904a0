package chipchat

import (
	"bytes"
	"encoding/json"
	"time"
)

// Roles of a message: who speaks to whom (docs/contract/conversations.md section 3). A message of role bot, the
// default, is for the users; a bot that talks to the contact speaks as agent.
const (
	RoleContact = "contact"
	RoleAgent   = "agent"
	RoleBot     = "bot"
)

// Message is one entry of a conversation. As received all that the server sent is in Raw; to be sent, only the
// fields that are set are encoded.
type Message struct {
	ID            ID                `json:"id,omitempty"`
	Organization  ID                `json:"organization,omitempty"`
	OrgPath       string            `json:"orgPath,omitempty"`
	Conversation  ID                `json:"conversation,omitempty"`
	Type          string            `json:"type,omitempty"` // chat if absent
	Role          string            `json:"role,omitempty"` // empty on commands and the like
	User          ID                `json:"user,omitempty"`
	Contact       ID                `json:"contact,omitempty"`
	IsBackchannel bool              `json:"isBackchannel,omitempty"`
	ContentType   string            `json:"contentType,omitempty"`
	Text          string            `json:"text,omitempty"`
	Items         []Item            `json:"items,omitempty"`
	Actions       []Action          `json:"actions,omitempty"`
	Results       []Result          `json:"results,omitempty"`
	Participants  []ID              `json:"participants,omitempty"` // if any, only these users see it
	Entities      []json.RawMessage `json:"entities,omitempty"`
	Services      []json.RawMessage `json:"services,omitempty"`
	Likes         []json.RawMessage `json:"likes,omitempty"`
	Comments      []json.RawMessage `json:"comments,omitempty"`
	Meta          map[string]any    `json:"meta,omitzero"`
	Touchpoint    string            `json:"touchpoint,omitempty"`
	Context       string            `json:"context,omitempty"`
	Delay         int64             `json:"delay,omitempty"`    // milliseconds until it takes effect
	Instance      *BotInstance      `json:"instance,omitempty"` // of the bot of a bot-specific webhook
	Slug          string            `json:"slug,omitempty"`
	URL           string            `json:"url,omitempty"`
	Path          string            `json:"path,omitempty"`
	Level         int               `json:"level,omitempty"`
	Version       int               `json:"version,omitempty"`
	CreatedBy     ID                `json:"createdBy,omitempty"`
	CreatedAt     time.Time         `json:"createdAt,omitzero"`
	UpdatedAt     time.Time         `json:"updatedAt,omitzero"`

	Raw json.RawMessage `json:"-"`
}

// Action is something that the reader of a message can press.
type Action struct {
	Type     string         `json:"type,omitempty"` // reply, postback, link or webview
	Text     string         `json:"text,omitempty"`
	Payload  string         `json:"payload,omitempty"` // of reply and postback; Text if absent
	URI      string         `json:"uri,omitempty"`     // of link and webview
	Fallback string         `json:"fallback,omitempty"`
	Size     string         `json:"size,omitempty"`
	Default  bool           `json:"default,omitempty"`
	Meta     map[string]any `json:"meta,omitzero"`
}

// Item is a card of a list or carousel.
type Item struct {
	Title       string   `json:"title,omitempty"`
	Description string   `json:"description,omitempty"`
	MediaURL    string   `json:"mediaUrl,omitempty"`
	Actions     []Action `json:"actions,omitempty"`
}

// Result is what a form or a bot has found out.
type Result struct {
	Name   string          `json:"name,omitempty"`
	Form   ID              `json:"form,omitempty"`
	Values json.RawMessage `json:"values,omitempty"`
}

// UnmarshalJSON keeps the document in Raw.
func (m *Message) UnmarshalJSON(b []byte) error {
	type fields Message
	*m = Message{}
	if err := decode(b, (*fields)(m)); err != nil {
		return err
	}
	m.Raw = bytes.Clone(b)
	return nil
}
