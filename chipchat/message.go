package chipchat

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
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
	// More are fields to be sent that this struct lacks; they do not replace those that it has set.
	More map[string]any `json:"-"`
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

// MarshalJSON encodes the fields that are set, and More.
func (m Message) MarshalJSON() ([]byte, error) {
	type fields Message
	encoded, err := plainJSON(fields(m))
	if err != nil || len(m.More) == 0 {
		return encoded, err
	}
	all := map[string]json.RawMessage{}
	for name, value := range m.More {
		if all[name], err = plainJSON(value); err != nil {
			return nil, err
		}
	}
	if err := json.Unmarshal(encoded, &all); err != nil {
		return nil, err
	}
	return plainJSON(all)
}

// overlay lays the fields that are set in layer over those of m.
func (m *Message) overlay(layer Message) {
	to, from := reflect.ValueOf(m).Elem(), reflect.ValueOf(layer)
	for i := range from.NumField() {
		field := from.Field(i)
		empty := field.IsZero() || field.Kind() == reflect.Slice && field.Len() == 0
		if name := from.Type().Field(i).Tag.Get("json"); name != "-" && !empty {
			to.Field(i).Set(field)
		}
	}
	if len(layer.More) > 0 {
		m.More = maps.Clone(m.More)
		if m.More == nil {
			m.More = map[string]any{}
		}
		maps.Copy(m.More, layer.More)
	}
}
