package bellhop

import "slices"

// The values of a bot's audience: where instances of it may be, beside its owner.
const (
	AudienceOwner   = "owner"
	AudienceSuborgs = "suborgs" // in all below, or with tags in those that have one of them
	AudienceGlobal  = "global"  // everywhere
)

// BotActive is the status of a bot or an instance that works.
const BotActive = "active"

// Bot is a program that takes part in conversations; its user has the same id
// (docs/contract/resources.md section 7, bot).
type Bot struct {
	ID           ID             `json:"id"`
	Organization ID             `json:"organization"`
	OrgPath      string         `json:"orgPath"`
	Name         string         `json:"name"`
	Description  string         `json:"description,omitempty"`
	Avatar       string         `json:"avatar"`
	Status       string         `json:"status"`
	Enabled      bool           `json:"enabled"`
	Scope        string         `json:"scope"`
	Audience     string         `json:"audience"`
	Tags         []string       `json:"tags"`
	Commands     []string       `json:"commands"`
	Capabilities []string       `json:"capabilities"`
	Email        string         `json:"email"`
	Meta         map[string]any `json:"meta"`
	CreatedBy    ID             `json:"createdBy,omitempty"`
	CreatedAt    Time           `json:"createdAt"`
	UpdatedAt    Time           `json:"updatedAt"`
}

// Works reports whether b is active and enabled.
func (b *Bot) Works() bool { return b.Status == BotActive && b.Enabled }

// MeantFor reports whether b's audience has the organization in it, which its owner always is.
func (b *Bot) MeantFor(o *Organization) bool {
	if o.ID == b.Organization {
		return true
	}
	switch b.Audience {
	case AudienceGlobal:
		return true
	case AudienceSuborgs:
		tagged := len(b.Tags) == 0 || slices.ContainsFunc(b.Tags, func(tag string) bool { return slices.Contains(o.Tags, tag) })
		return tagged && Within(o.Path, b.OrgPath)
	}
	return false
}

// BotInstance says whether a bot works in an organization (docs/contract/resources.md
// section 7, botinstance).
type BotInstance struct {
	ID           ID             `json:"id"`
	Organization ID             `json:"organization"`
	OrgPath      string         `json:"orgPath"`
	Bot          ID             `json:"bot"`
	Enabled      bool           `json:"enabled"`
	Status       string         `json:"status"`
	Meta         map[string]any `json:"meta"`
	CreatedAt    Time           `json:"createdAt"`
	UpdatedAt    Time           `json:"updatedAt"`
}
