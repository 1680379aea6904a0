package bellhop

import (
	"slices"
	"strings"
)

// Message is one entry of a conversation (docs/contract/conversations.md section 3). It
// is the stored form, in the order of the registry.
type Message struct {
	ID            ID             `json:"id"`
	Organization  ID             `json:"organization"`
	OrgPath       string         `json:"orgPath"`
	Conversation  ID             `json:"conversation"`
	Type          MessageType    `json:"type"`
	Text          string         `json:"text"`
	Role          MessageRole    `json:"role,omitempty"`
	User          ID             `json:"user,omitempty"`    // absent if the contact speaks
	Contact       ID             `json:"contact,omitempty"` // if the contact speaks
	IsBackchannel bool           `json:"isBackchannel"`
	ContentType   string         `json:"contentType"`
	Items         []Item         `json:"items"`
	Actions       []Action       `json:"actions"`
	Results       []Result       `json:"results"`
	Participants  []ID           `json:"participants"` // if there are any, it is for these alone: see SeenBy
	Entities      []any          `json:"entities"`
	Services      []any          `json:"services"`
	Likes         []any          `json:"likes"`
	Comments      []any          `json:"comments"`
	Meta          map[string]any `json:"meta"`
	Touchpoint    string         `json:"touchpoint,omitempty"`
	Context       string         `json:"context,omitempty"`
	Delay         int64          `json:"delay,omitempty"` // milliseconds from receipt until it takes effect
	Slug          string         `json:"slug"`
	URL           string         `json:"url"`
	Path          string         `json:"path"`
	Level         int            `json:"level"`
	Version       int            `json:"version"`
	Delivery      UUID           `json:"delivery,omitzero"` // in whose answer it came; zero if in none
	CreatedBy     ID             `json:"createdBy,omitempty"`
	CreatedAt     Time           `json:"createdAt"`
	UpdatedAt     Time           `json:"updatedAt"`
}

// MessageType is one of MessageTypes.
type MessageType string

// The types of messages (docs/contract/conversations.md section 5).
const (
	ChatMessage     MessageType = "chat"
	CardMessage     MessageType = "card"
	MentionMessage  MessageType = "mention"
	PostbackMessage MessageType = "postback"
	TagMessage      MessageType = "tag"
	SearchMessage   MessageType = "search"
	CommandMessage  MessageType = "command"
	FormMessage     MessageType = "form"
	FieldMessage    MessageType = "field"
	ResultsMessage  MessageType = "results"
	ReportMessage   MessageType = "report"
	StatusMessage   MessageType = "status"
)

// Valid reports whether t is one of MessageTypes.
func (t MessageType) Valid() bool { return slices.Contains(MessageTypes, string(t)) }

// HasRole reports whether messages of this type have a role.
func (t MessageType) HasRole() bool {
	return t == ChatMessage || t == CardMessage || t == MentionMessage || t == PostbackMessage
}

// MessageRole says who speaks to whom.
type MessageRole string

// The roles.
const (
	FromContact MessageRole = "contact"
	ToContact   MessageRole = "agent" // from a user
	ToUsers     MessageRole = "bot"   // never sent to the contact
)

// Valid reports whether r is one of the roles.
func (r MessageRole) Valid() bool { return r == FromContact || r == ToContact || r == ToUsers }

// Item is a card of a list or carousel.
type Item struct {
	Title       string   `json:"title,omitempty"`
	Description string   `json:"description,omitempty"`
	MediaURL    string   `json:"mediaUrl,omitempty"`
	Actions     []Action `json:"actions"`
}

// Action is something that the reader of a message can press.
type Action struct {
	Type     string         `json:"type"`
	Size     string         `json:"size"`
	Default  bool           `json:"default"`
	Text     string         `json:"text"`
	Payload  string         `json:"payload,omitempty"`
	URI      string         `json:"uri,omitempty"`
	Fallback string         `json:"fallback,omitempty"`
	Meta     map[string]any `json:"meta,omitempty"`
}

// MaxItems is how many cards a message may have (docs/contract/conversations.md section 3).
const MaxItems = 10

// ReachesContact reports whether the contact sees the message.
func (m *Message) ReachesContact() bool {
	return !m.IsBackchannel && m.Type != MentionMessage && (m.Role == FromContact || m.Role == ToContact)
}

// IsLimited reports whether m is for some users only.
func (m *Message) IsLimited() bool { return len(m.Participants) > 0 }

// SeenBy reports whether a user sees m who is not an admin of its organization: who has
// written it always does (docs/contract/conversations.md section 3, participants).
func (m *Message) SeenBy(user ID) bool {
	return !m.IsLimited() || slices.Contains(m.Readers(), user)
}

// Readers are the users that a limited message is for, and those who have written it; nil if
// it is for everybody.
func (m *Message) Readers() []ID {
	if !m.IsLimited() {
		return nil
	}
	readers := slices.Clone(m.Participants)
	for _, author := range []ID{m.User, m.CreatedBy} {
		if author != "" && !slices.Contains(readers, author) {
			readers = append(readers, author)
		}
	}
	return readers
}

// IsBotCommand reports whether m is a command for bots, which no server acts upon
// (docs/contract/conversations.md section 5.2).
func (m *Message) IsBotCommand() bool {
	return m.Type == CommandMessage && strings.HasPrefix(m.Text, ">")
}

// Complete sets the defaults of what is missing and returns an Invalid error for what no
// message may be (docs/contract/conversations.md section 3).
func (m *Message) Complete() error {
	if m.Type == "" {
		m.Type = ChatMessage
	}
	if !m.Type.Valid() {
		return InvalidField("type", "must be one of %s", strings.Join(MessageTypes, ", "))
	}
	if m.Role == "" {
		m.Role = ToUsers
	}
	if !m.Role.Valid() {
		return InvalidField("role", "must be one of contact, agent, bot")
	}
	if !m.Type.HasRole() {
		m.Role = ""
	}
	if m.IsLimited() {
		if m.Role == FromContact {
			return InvalidField("participants", "is for messages of users")
		}
		m.IsBackchannel = true
	}
	if m.ContentType == "" {
		m.ContentType = "text/plain"
	}
	m.completeLists()
	return m.completeContent()
}

func (m *Message) completeLists() {
	m.Items = present(m.Items)
	m.Actions = present(m.Actions)
	m.Results = present(m.Results)
	m.Entities = present(m.Entities)
	m.Participants = present(m.Participants)
	m.Services = present(m.Services)
	m.Likes = present(m.Likes)
	m.Comments = present(m.Comments)
	if m.Meta == nil {
		m.Meta = map[string]any{}
	}
}

func (m *Message) completeContent() error {
	if m.Text == "" && len(m.Actions)+len(m.Items)+len(m.Results) == 0 {
		return InvalidField("text", "is required")
	}
	if m.Type == CommandMessage && !strings.HasPrefix(m.Text, "/") && !strings.HasPrefix(m.Text, ">") {
		return InvalidField("text", "of a command must start with / or >")
	}
	if len(m.Items) > MaxItems {
		return InvalidField("items", "must be at most %d", MaxItems)
	}
	if err := completeActions("actions", m.Actions); err != nil {
		return err
	}
	for i := range m.Items {
		item := &m.Items[i]
		item.Actions = present(item.Actions)
		if err := completeActions("items.actions", item.Actions); err != nil {
			return err
		}
	}
	return nil
}

func completeActions(field string, actions []Action) error {
	for i := range actions {
		if err := actions[i].complete(field); err != nil {
			return err
		}
	}
	return nil
}

func (a *Action) complete(field string) error {
	switch a.Type {
	case "reply", "postback":
	case "link", "webview":
		if a.URI == "" {
			return InvalidField(field+".uri", "is required for %s", a.Type)
		}
	default:
		return InvalidField(field+".type", "must be one of reply, postback, link, webview")
	}
	if a.Payload == "" {
		a.Payload = a.Text
	}
	if a.Size == "" {
		a.Size = "compact"
	}
	return nil
}
