package chipchat

import (
	"bytes"
	"encoding/json"
	"time"
)

// Contact is a consumer (docs/contract/resources.md section 7). It has exactly one conversation.
type Contact struct {
	ID           ID             `json:"id,omitempty"`
	Organization ID             `json:"organization,omitempty"`
	OrgPath      string         `json:"orgPath,omitempty"`
	Conversation ID             `json:"conversation,omitempty"`
	Profile      map[string]any `json:"profile,omitzero"` // name, email, telephone, ... and free keys
	Presences    []Presence     `json:"presences,omitempty"`
	Status       string         `json:"status,omitempty"`
	Meta         map[string]any `json:"meta,omitzero"`
	CreatedAt    time.Time      `json:"createdAt,omitzero"`
	UpdatedAt    time.Time      `json:"updatedAt,omitzero"`

	Raw json.RawMessage `json:"-"`
}

// Presence is a transport by which the contact can be reached.
type Presence struct {
	Touchpoint string `json:"touchpoint,omitempty"`
	Service    ID     `json:"service,omitempty"`
	Status     string `json:"status,omitempty"`
}

// UnmarshalJSON keeps the document in Raw.
func (c *Contact) UnmarshalJSON(b []byte) error {
	type fields Contact
	*c = Contact{}
	if err := decode(b, (*fields)(c)); err != nil {
		return err
	}
	c.Raw = bytes.Clone(b)
	return nil
}
