package chipchat

import (
	"bytes"
	"encoding/json"
	"time"
)

// KBItem is an entry of a knowledge base.
type KBItem struct {
	ID           ID             `json:"id,omitempty"`
	Organization ID             `json:"organization,omitempty"`
	OrgPath      string         `json:"orgPath,omitempty"`
	Name         string         `json:"name,omitempty"`
	KBase        ID             `json:"kbase,omitempty"`
	Content      string         `json:"content,omitempty"`
	Meta         map[string]any `json:"meta,omitzero"`
	CreatedAt    time.Time      `json:"createdAt,omitzero"`
	UpdatedAt    time.Time      `json:"updatedAt,omitzero"`

	Raw json.RawMessage `json:"-"`
}

// Article is a page of a knowledge base.
type Article struct {
	ID           ID             `json:"id,omitempty"`
	Organization ID             `json:"organization,omitempty"`
	OrgPath      string         `json:"orgPath,omitempty"`
	Title        string         `json:"title,omitempty"`
	Content      string         `json:"content,omitempty"` // HTML
	KBase        ID             `json:"kbase,omitempty"`
	Tags         []string       `json:"tags,omitempty"`
	Status       string         `json:"status,omitempty"`
	Meta         map[string]any `json:"meta,omitzero"`
	CreatedAt    time.Time      `json:"createdAt,omitzero"`
	UpdatedAt    time.Time      `json:"updatedAt,omitzero"`

	Raw json.RawMessage `json:"-"`
}

// File is something that lies under a URL.
type File struct {
	ID           ID             `json:"id,omitempty"`
	Organization ID             `json:"organization,omitempty"`
	OrgPath      string         `json:"orgPath,omitempty"`
	Name         string         `json:"name,omitempty"`
	URL          string         `json:"url,omitempty"`
	ContentType  string         `json:"contentType,omitempty"`
	Size         int64          `json:"size,omitempty"` // bytes
	Meta         map[string]any `json:"meta,omitzero"`
	CreatedAt    time.Time      `json:"createdAt,omitzero"`
	UpdatedAt    time.Time      `json:"updatedAt,omitzero"`

	Raw json.RawMessage `json:"-"`
}

// UnmarshalJSON keeps the document in Raw.
func (i *KBItem) UnmarshalJSON(b []byte) error {
	type fields KBItem
	*i = KBItem{}
	if err := decode(b, (*fields)(i)); err != nil {
		return err
	}
	i.Raw = bytes.Clone(b)
	return nil
}

// UnmarshalJSON keeps the document in Raw.
func (a *Article) UnmarshalJSON(b []byte) error {
	type fields Article
	*a = Article{}
	if err := decode(b, (*fields)(a)); err != nil {
		return err
	}
	a.Raw = bytes.Clone(b)
	return nil
}

// UnmarshalJSON keeps the document in Raw.
func (f *File) UnmarshalJSON(b []byte) error {
	type fields File
	*f = File{}
	if err := decode(b, (*fields)(f)); err != nil {
		return err
	}
	f.Raw = bytes.Clone(b)
	return nil
}
