package chipchat

import (
	"bytes"
	"encoding/json"
	"time"
)

// The types of this file, form.go and knowledge.go have the fields of docs/contract/resources.md section 7. As
// received all that the server sent is in Raw; encoded, they have only the fields that are set.

// OrgGroup is a group of organizations.
type OrgGroup struct {
	ID            ID             `json:"id,omitempty"`
	Organization  ID             `json:"organization,omitempty"`
	OrgPath       string         `json:"orgPath,omitempty"`
	Name          string         `json:"name,omitempty"`
	Organizations []ID           `json:"organizations,omitempty"`
	Meta          map[string]any `json:"meta,omitzero"`
	CreatedAt     time.Time      `json:"createdAt,omitzero"`
	UpdatedAt     time.Time      `json:"updatedAt,omitzero"`

	Raw json.RawMessage `json:"-"`
}

// Workflow says who is notified of a conversation.
type Workflow struct {
	ID            ID                `json:"id,omitempty"`
	Organization  ID                `json:"organization,omitempty"`
	OrgPath       string            `json:"orgPath,omitempty"`
	Name          string            `json:"name,omitempty"`
	Status        string            `json:"status,omitempty"` // it works while that is active
	Rules         []json.RawMessage `json:"rules,omitempty"`
	Channels      []ID              `json:"channels,omitempty"`
	Organizations []ID              `json:"organizations,omitempty"`
	OrgGroups     []ID              `json:"orggroups,omitempty"`
	Meta          map[string]any    `json:"meta,omitzero"`
	CreatedAt     time.Time         `json:"createdAt,omitzero"`
	UpdatedAt     time.Time         `json:"updatedAt,omitzero"`

	Raw json.RawMessage `json:"-"`
}

// UnmarshalJSON keeps the document in Raw.
func (g *OrgGroup) UnmarshalJSON(b []byte) error {
	type fields OrgGroup
	*g = OrgGroup{}
	if err := decode(b, (*fields)(g)); err != nil {
		return err
	}
	g.Raw = bytes.Clone(b)
	return nil
}

// UnmarshalJSON keeps the document in Raw.
func (w *Workflow) UnmarshalJSON(b []byte) error {
	type fields Workflow
	*w = Workflow{}
	if err := decode(b, (*fields)(w)); err != nil {
		return err
	}
	w.Raw = bytes.Clone(b)
	return nil
}
