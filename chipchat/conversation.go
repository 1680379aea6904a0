package chipchat

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
)

// Conversation is a stream of messages (docs/contract/conversations.md section 1), and the means to take part in
// it. The fields are what the server sent and stay as they are; what Set changes is seen by Get. One from the Bot,
// be it in a handler or from a resource, can speak; a literal can't.
type Conversation struct {
	ID            ID             `json:"id,omitempty"`
	Organization  ID             `json:"organization,omitempty"`
	OrgPath       string         `json:"orgPath,omitempty"`
	Type          string         `json:"type,omitempty"` // contact, bot, agent or system
	Name          string         `json:"name,omitempty"`
	Status        string         `json:"status,omitempty"` // queued, active or closed
	Contact       ID             `json:"contact,omitempty"`
	Participants  []Participant  `json:"participants,omitempty"`
	Messages      []ID           `json:"messages,omitempty"` // oldest first, the newest only
	CategoryIndex int            `json:"categoryIndex,omitempty"`
	Category      string         `json:"category,omitempty"`
	Forms         []ActiveForm   `json:"forms,omitempty"`
	Results       []Result       `json:"results,omitempty"`
	Tags          []string       `json:"tags,omitempty"`
	Touchpoint    string         `json:"touchpoint,omitempty"`
	Context       string         `json:"context,omitempty"`
	Meta          map[string]any `json:"meta,omitzero"`
	URL           string         `json:"url,omitempty"`
	CreatedBy     ID             `json:"createdBy,omitempty"`
	CreatedAt     time.Time      `json:"createdAt,omitzero"`
	UpdatedAt     time.Time      `json:"updatedAt,omitzero"`

	// Captured is what the text trigger that led to this handler matched: the whole match, then the groups of
	// the regular expression. What is called after the triggers finds that of the last one that fired on the message;
	// nil if none did.
	Captured []string `json:"-"`

	// Org is the whole organization, with its categories' forms, if Options.PreloadOrganizations is set and a message
	// led to this handler; else nil.
	Org *Organization `json:"-"`

	Raw json.RawMessage `json:"-"`

	bot  *Bot
	copy *memory
}

// Participant is a user in a conversation and how far he takes part.
type Participant struct {
	User         ID     `json:"user,omitempty"`
	Name         string `json:"name,omitempty"`
	Role         string `json:"role,omitempty"`
	Organization ID     `json:"organization,omitempty"`
	Active       bool   `json:"active,omitempty"`
	Accepted     bool   `json:"accepted,omitempty"`
	Inbox        bool   `json:"inbox,omitempty"`
	Follow       bool   `json:"follow,omitempty"`
}

// ActiveForm is a form that is being filled in.
type ActiveForm struct {
	ID            ID              `json:"id,omitempty"`
	Name          string          `json:"name,omitempty"`
	CategoryIndex int             `json:"categoryIndex,omitempty"`
	Values        json.RawMessage `json:"values,omitempty"`
}

var (
	errUnbound = errors.New("conversation does not come from a bot")
	errSetKey  = errors.New("key should be a word without white space")
)

// UnmarshalJSON keeps the document in Raw.
func (c *Conversation) UnmarshalJSON(b []byte) error {
	type fields Conversation
	*c = Conversation{}
	if err := decode(b, (*fields)(c)); err != nil {
		return err
	}
	c.Raw = bytes.Clone(b)
	return nil
}

// Say sends to this conversation what [Bot.Send] takes. Use that for the messages as they were created. What a
// middleware keeps back counts as said, as it does for the commands below.
func (c *Conversation) Say(ctx context.Context, body any, extra ...Message) error {
	if c.bot == nil {
		return errUnbound
	}
	_, err := c.bot.Send(ctx, c.ID, body, extra...)
	return unlessDropped(err)
}

func unlessDropped(err error) error {
	if errors.Is(err, ErrDrop) {
		return nil
	}
	return err
}

// Accept takes responsibility for answering the contact.
func (c *Conversation) Accept(ctx context.Context) error { return c.order(ctx, "/accept", nil) }

// Join takes part.
func (c *Conversation) Join(ctx context.Context) error { return c.order(ctx, "/join", nil) }

// Leave ends taking part.
func (c *Conversation) Leave(ctx context.Context) error { return c.order(ctx, "/leave", nil) }

// Assign puts the conversation into the inbox of users, bots among them.
func (c *Conversation) Assign(ctx context.Context, users ...ID) error {
	if users == nil {
		users = []ID{}
	}
	return c.order(ctx, "/assign", map[string]any{"users": users})
}

// Notify puts the conversation into channels, or has the workflows of organizations run. Either may be nil; with
// both nil the workflows of the conversation's own organization run.
func (c *Conversation) Notify(ctx context.Context, channels, organizations []ID) error {
	if channels == nil && organizations == nil {
		return c.order(ctx, "/notify", nil)
	}
	return c.order(ctx, "/notify", map[string]any{"channels": channels, "organizations": organizations})
}

// Command sends a command, "/..." or ">...", and returns it as it was created, or [ErrDrop].
func (c *Conversation) Command(ctx context.Context, command string, meta map[string]any) (*Message, error) {
	if c.bot == nil {
		return nil, errUnbound
	}
	if meta == nil {
		meta = map[string]any{}
	}
	created, err := c.bot.Send(ctx, c.ID, Message{Text: command, Type: "command", Meta: meta})
	if err != nil {
		return nil, err
	}
	return &created[0], nil
}

func (c *Conversation) order(ctx context.Context, command string, meta map[string]any) error {
	_, err := c.Command(ctx, command, meta)
	return unlessDropped(err)
}

// Set remembers value under key in the conversation: "@name" is one of its properties, any other key one of its
// meta, where it is kept as text (docs/contract/conversations.md section 5.3). nil, "", false and 0 remove the key.
// Get sees the value at once, in all handlers of this conversation, also if Set then fails.
func (c *Conversation) Set(ctx context.Context, key string, value any) error {
	if c.bot == nil {
		return errUnbound
	}
	if key == "" || strings.ContainsFunc(key, unicode.IsSpace) {
		return fmt.Errorf("set %q: %w", key, errSetKey)
	}
	stored, err := setText(value)
	if err != nil {
		return fmt.Errorf("set %q: %w", key, err)
	}
	c.copy.set(key, stored)
	return c.order(ctx, "/set "+key+" "+stored, nil)
}

// setText is the text of value; what JavaScript takes for false is empty, as the contract wants.
func setText(value any) (string, error) {
	if falsy(value) {
		return "", nil
	}
	encoded, err := plainJSON(value)
	if err != nil {
		return "", err
	}
	switch string(encoded) {
	case "false", "0", "-0", "null":
		return "", nil
	}
	return text(value), nil
}

// Get returns what is remembered under key, from memory, without a request: text as it is, anything else as JSON,
// and "" if there is nothing. "@name" is a property of the conversation.
func (c *Conversation) Get(key string) string {
	if c.copy == nil {
		return text(c.Meta[key])
	}
	return c.copy.get(key)
}

// Participant returns the entry of a user, or nil.
func (c *Conversation) Participant(user ID) *Participant {
	for i := range c.Participants {
		if c.Participants[i].User == user {
			return &c.Participants[i]
		}
	}
	return nil
}
