package chipchat

import (
	"bytes"
	"encoding/json"
	"time"
)

// The types of this file have the fields of docs/contract/resources.md section 7. As received all that the server
// sent is in Raw; encoded, they have only the fields that are set.

// User is the login of a person or of a bot.
type User struct {
	ID            ID             `json:"id,omitempty"`
	GivenName     string         `json:"givenName,omitempty"`
	FamilyName    string         `json:"familyName,omitempty"`
	DisplayName   string         `json:"displayName,omitempty"`
	Name          string         `json:"name,omitempty"`
	Email         string         `json:"email,omitempty"`
	Status        string         `json:"status,omitempty"`
	Role          string         `json:"role,omitempty"` // in the selected organization
	Organization  ID             `json:"organization,omitempty"`
	Organizations []Membership   `json:"organizations,omitempty"`
	Avatar        string         `json:"avatar,omitempty"`
	Meta          map[string]any `json:"meta,omitzero"`
	CreatedAt     time.Time      `json:"createdAt,omitzero"`
	UpdatedAt     time.Time      `json:"updatedAt,omitzero"`

	Raw json.RawMessage `json:"-"`
}

// Membership is a user's role in an organization and all below it.
type Membership struct {
	Organization ID     `json:"organization,omitempty"`
	OrgPath      string `json:"orgPath,omitempty"`
	Role         string `json:"role,omitempty"`
	Selected     bool   `json:"selected,omitempty"`
}

// BotProfile is the definition of a bot; its id is that of the bot's user.
type BotProfile struct {
	ID           ID             `json:"id,omitempty"`
	Organization ID             `json:"organization,omitempty"`
	OrgPath      string         `json:"orgPath,omitempty"`
	Name         string         `json:"name,omitempty"`
	Description  string         `json:"description,omitempty"`
	Avatar       string         `json:"avatar,omitempty"`
	Status       string         `json:"status,omitempty"`
	Enabled      bool           `json:"enabled,omitempty"`
	Audience     string         `json:"audience,omitempty"`
	Tags         []string       `json:"tags,omitempty"`
	Commands     []string       `json:"commands,omitempty"`
	Capabilities []string       `json:"capabilities,omitempty"`
	Scope        string         `json:"scope,omitempty"` // bot or admin
	Meta         map[string]any `json:"meta,omitzero"`
	Email        string         `json:"email,omitempty"`        // of the bot's user
	Token        string         `json:"token,omitempty"`        // permanent; shown to admins and to the bot itself
	RefreshToken string         `json:"refreshToken,omitempty"` // as Token
	CreatedAt    time.Time      `json:"createdAt,omitzero"`
	UpdatedAt    time.Time      `json:"updatedAt,omitzero"`

	Raw json.RawMessage `json:"-"`
}

// BotInstance is a bot's configuration in one organization.
type BotInstance struct {
	ID           ID             `json:"id,omitempty"`
	Bot          ID             `json:"bot,omitempty"`
	Organization ID             `json:"organization,omitempty"`
	OrgPath      string         `json:"orgPath,omitempty"`
	Enabled      bool           `json:"enabled,omitempty"`
	Status       string         `json:"status,omitempty"`
	Meta         map[string]any `json:"meta,omitzero"`
	CreatedAt    time.Time      `json:"createdAt,omitzero"`
	UpdatedAt    time.Time      `json:"updatedAt,omitzero"`

	Raw json.RawMessage `json:"-"`
}

// UnmarshalJSON keeps the document in Raw.
func (u *User) UnmarshalJSON(b []byte) error {
	type fields User
	*u = User{}
	if err := decode(b, (*fields)(u)); err != nil {
		return err
	}
	u.Raw = bytes.Clone(b)
	return nil
}

// UnmarshalJSON keeps the document in Raw.
func (p *BotProfile) UnmarshalJSON(b []byte) error {
	type fields BotProfile
	*p = BotProfile{}
	if err := decode(b, (*fields)(p)); err != nil {
		return err
	}
	p.Raw = bytes.Clone(b)
	return nil
}

// UnmarshalJSON keeps the document in Raw. A mere id is taken too, because messages refer to instances.
func (i *BotInstance) UnmarshalJSON(b []byte) error {
	type fields BotInstance
	*i = BotInstance{}
	if !isObject(b) {
		return i.ID.UnmarshalJSON(b)
	}
	if err := decode(b, (*fields)(i)); err != nil {
		return err
	}
	i.Raw = bytes.Clone(b)
	return nil
}
