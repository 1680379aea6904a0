package bellhop

import (
	"strings"
	"unicode"
)

// The states of a user. Only an active one may log in, and only his tokens count.
const (
	UserActive   = "active"
	UserInvited  = "invited"
	UserInactive = "inactive"
)

// BotDomain is where the emails of bots are (docs/contract/resources.md section 7, user).
const BotDomain = "web1on1.chat"

// User is a login, of a person or of a program (docs/contract/resources.md section 7, user).
type User struct {
	ID            ID             `json:"id"`
	GivenName     string         `json:"givenName,omitempty"`
	FamilyName    string         `json:"familyName,omitempty"`
	DisplayName   string         `json:"displayName"`
	Name          string         `json:"name"` // DisplayName once more
	Email         string         `json:"email"`
	Status        string         `json:"status"`
	Role          Role           `json:"role"`         // that of the selected membership
	Organization  ID             `json:"organization"` // that of the selected membership
	OrgPath       string         `json:"orgPath"`      // that of the selected membership
	Organizations []Membership   `json:"organizations"`
	Avatar        string         `json:"avatar"`
	Meta          map[string]any `json:"meta,omitempty"`
	CreatedBy     ID             `json:"createdBy,omitempty"`
	CreatedAt     Time           `json:"createdAt"`
	UpdatedAt     Time           `json:"updatedAt"`
}

// Membership is what a user is in an organization, and in all below it.
type Membership struct {
	Organization ID     `json:"organization"`
	OrgPath      string `json:"orgPath"`
	Role         Role   `json:"role"`
	Selected     bool   `json:"selected"`
}

// IsBot reports whether u is a program.
func (u *User) IsBot() bool { return u.Role == RoleBot }

// Selected returns the selected membership: in a valid user there is exactly one.
func (u *User) Selected() Membership {
	for _, m := range u.Organizations {
		if m.Selected {
			return m
		}
	}
	return Membership{}
}

// ComposeName returns the display name of somebody who has not chosen one.
func (u *User) ComposeName() string {
	return strings.TrimSpace(strings.TrimSpace(u.GivenName) + " " + strings.TrimSpace(u.FamilyName))
}

// Validate returns the *Error of the first field that makes u no valid user.
func (u *User) Validate() error {
	switch {
	case u.Email == "":
		return InvalidField("email", "is required")
	case !ValidEmail(u.Email):
		return InvalidField("email", "is not an email address")
	case strings.TrimSpace(u.DisplayName) == "":
		return InvalidField("name", "is required")
	case u.Status != UserActive && u.Status != UserInvited && u.Status != UserInactive:
		return InvalidField("status", "must be one of active, invited, inactive")
	}
	return validateMemberships(u.Organizations)
}

func validateMemberships(ms []Membership) error {
	if len(ms) == 0 {
		return InvalidField("organizations", "must have an entry")
	}
	seen := map[ID]bool{}
	selected := 0
	for _, m := range ms {
		switch {
		case !m.Organization.Valid() || m.OrgPath == "":
			return InvalidField("organizations", "has an entry without organization")
		case seen[m.Organization]:
			return InvalidField("organizations", "has two entries for one organization")
		case !m.Role.Valid():
			return InvalidField("organizations", "has an unknown role")
		case m.Role == RoleBot && len(ms) > 1:
			return InvalidField("organizations", "of a bot has one entry")
		}
		seen[m.Organization] = true
		if m.Selected {
			selected++
		}
	}
	if selected != 1 {
		return InvalidField("organizations", "must have exactly one selected entry")
	}
	return nil
}

// BotEmail returns the email of the bot with that id.
func BotEmail(id ID) string { return "bot+" + string(id) + "@" + BotDomain }

// maxEmail is the longest address that mail can be sent to (RFC 5321).
const maxEmail = 254

// ValidEmail reports whether s has the form of an email address: something, an @, and a
// domain. Whether mail arrives there only mail can tell.
func ValidEmail(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	if !ok || local == "" || domain == "" || len(s) > maxEmail {
		return false
	}
	if strings.HasPrefix(domain, ".") || strings.HasSuffix(domain, ".") || strings.Contains(domain, "..") {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r) || r == unicode.ReplacementChar || strings.ContainsRune(`<>()[],;:\"`, r)
	}) && !strings.Contains(domain, "@")
}
