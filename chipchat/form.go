package chipchat

import (
	"bytes"
	"encoding/json"
	"time"
)

// Form is what is asked of a contact, or noted about him.
type Form struct {
	ID           ID             `json:"id,omitempty"`
	Organization ID             `json:"organization,omitempty"`
	OrgPath      string         `json:"orgPath,omitempty"`
	Name         string         `json:"name,omitempty"`
	Fields       []FormField    `json:"fields,omitempty"`
	Meta         map[string]any `json:"meta,omitzero"`
	CreatedAt    time.Time      `json:"createdAt,omitzero"`
	UpdatedAt    time.Time      `json:"updatedAt,omitzero"`

	Raw json.RawMessage `json:"-"`
}

// FormField is one question of a form.
type FormField struct {
	Name     string            `json:"name,omitempty"`
	Key      string            `json:"key,omitempty"`  // made of the name if absent
	Type     string            `json:"type,omitempty"` // text if absent
	Required bool              `json:"required,omitempty"`
	Options  []json.RawMessage `json:"options,omitempty"`
}

// UnmarshalJSON keeps the document in Raw.
func (f *Form) UnmarshalJSON(b []byte) error {
	type fields Form
	*f = Form{}
	if err := decode(b, (*fields)(f)); err != nil {
		return err
	}
	f.Raw = bytes.Clone(b)
	return nil
}
