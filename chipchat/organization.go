package chipchat

import (
	"bytes"
	"encoding/json"
	"time"
)

// The types of this file have the fields of docs/contract/resources.md section 7 and docs/contract/services.md.
// As received all that the server sent is in Raw; encoded, they have only the fields that are set.

// Organization is a tenant. Its Path is the ids from the root down, joined with "#".
type Organization struct {
	ID          ID             `json:"id,omitempty"`
	Name        string         `json:"name,omitempty"`
	DisplayName string         `json:"displayName,omitempty"`
	Email       string         `json:"email,omitempty"`
	URL         string         `json:"url,omitempty"`
	Country     string         `json:"country,omitempty"`
	Logo        string         `json:"logo,omitempty"`
	Industry    string         `json:"industry,omitempty"`
	Status      string         `json:"status,omitempty"`
	Stopwords   []string       `json:"stopwords,omitempty"`
	Categories  []Category     `json:"categories,omitempty"`
	Commands    []string       `json:"commands,omitempty"`
	Whitelist   []string       `json:"whitelist,omitempty"`
	Tags        []string       `json:"tags,omitempty"`
	Parent      ID             `json:"parent,omitempty"`
	Path        string         `json:"path,omitempty"`
	Level       int            `json:"level,omitempty"`
	Meta        map[string]any `json:"meta,omitzero"`
	CreatedAt   time.Time      `json:"createdAt,omitzero"`
	UpdatedAt   time.Time      `json:"updatedAt,omitzero"`

	Raw json.RawMessage `json:"-"`
}

// Category is one of the up to ten subjects that an organization sorts its conversations by.
type Category struct {
	Name  string `json:"name,omitempty"`
	Forms []ID   `json:"forms,omitempty"`
}

// Channel is an inbox that users subscribe to.
type Channel struct {
	ID           ID             `json:"id,omitempty"`
	Organization ID             `json:"organization,omitempty"`
	OrgPath      string         `json:"orgPath,omitempty"`
	Name         string         `json:"name,omitempty"`
	Users        []ID           `json:"users,omitempty"`
	Status       string         `json:"status,omitempty"`
	Meta         map[string]any `json:"meta,omitzero"`
	CreatedAt    time.Time      `json:"createdAt,omitzero"`
	UpdatedAt    time.Time      `json:"updatedAt,omitzero"`

	Raw json.RawMessage `json:"-"`
}

// Service is an integration of an organization. Params belong to its type: those of a webhook have url, secret
// and events.
type Service struct {
	ID           ID             `json:"id,omitempty"`
	Organization ID             `json:"organization,omitempty"`
	OrgPath      string         `json:"orgPath,omitempty"`
	Bot          ID             `json:"bot,omitempty"`
	Name         string         `json:"name,omitempty"`
	Type         string         `json:"type,omitempty"`
	Status       string         `json:"status,omitempty"`
	Params       map[string]any `json:"params,omitzero"`
	Meta         map[string]any `json:"meta,omitzero"`
	CreatedBy    ID             `json:"createdBy,omitempty"`
	CreatedAt    time.Time      `json:"createdAt,omitzero"`
	UpdatedAt    time.Time      `json:"updatedAt,omitzero"`

	Raw json.RawMessage `json:"-"`
}

// UnmarshalJSON keeps the document in Raw.
func (o *Organization) UnmarshalJSON(b []byte) error {
	type fields Organization
	*o = Organization{}
	if err := decode(b, (*fields)(o)); err != nil {
		return err
	}
	o.Raw = bytes.Clone(b)
	return nil
}

// UnmarshalJSON keeps the document in Raw.
func (c *Channel) UnmarshalJSON(b []byte) error {
	type fields Channel
	*c = Channel{}
	if err := decode(b, (*fields)(c)); err != nil {
		return err
	}
	c.Raw = bytes.Clone(b)
	return nil
}

// UnmarshalJSON keeps the document in Raw.
func (s *Service) UnmarshalJSON(b []byte) error {
	type fields Service
	*s = Service{}
	if err := decode(b, (*fields)(s)); err != nil {
		return err
	}
	s.Raw = bytes.Clone(b)
	return nil
}
