package bellhop

import "strings"

// Contact is a consumer, with one conversation (docs/contract/resources.md section 7).
type Contact struct {
	ID           ID               `json:"id"`
	Organization ID               `json:"organization"`
	OrgPath      string           `json:"orgPath"`
	Conversation ID               `json:"conversation,omitempty"` // absent once that was deleted
	Profile      Profile          `json:"profile"`
	Presences    []map[string]any `json:"presences"`
	Status       string           `json:"status"`
	Meta         map[string]any   `json:"meta"`
	CreatedBy    ID               `json:"createdBy,omitempty"`
	CreatedAt    Time             `json:"createdAt"`
	UpdatedAt    Time             `json:"updatedAt"`
}

// Profile is what is known of a contact. Its keys are free; those named in the contract
// are strings but for the address.
type Profile map[string]any

// profileTexts are the strings of a profile; telephone and email identify the contact.
var profileTexts = []string{"name", "givenName", "familyName", "email", "telephone", "locale"}

// Complete sets the defaults of what is missing, brings the profile into its stored form
// and returns an Invalid error for what no contact may be.
func (c *Contact) Complete() error {
	if c.Profile == nil {
		c.Profile = Profile{}
	}
	c.Presences = present(c.Presences)
	if c.Status == "" {
		c.Status = "active"
	}
	if c.Meta == nil {
		c.Meta = map[string]any{}
	}
	return c.Profile.Complete()
}

// Keys are the identifiers of the contact, unique in its organization; not nil.
func (c *Contact) Keys() []string { return c.Profile.Keys(c.Organization) }

// Complete brings p into its stored form: the telephone in E.164, identifiers trimmed and
// left out if they are empty (docs/contract/conversations.md section 7).
func (p Profile) Complete() error {
	for _, name := range profileTexts {
		if value, ok := p[name]; ok && value != nil {
			if _, ok := value.(string); !ok {
				return InvalidField("profile."+name, "must be a string")
			}
		}
	}
	for _, name := range []string{"email", "telephone"} {
		value := strings.TrimSpace(p.text(name))
		if value == "" {
			delete(p, name)
			continue
		}
		p[name] = value
	}
	return p.completeIdentifiers()
}

func (p Profile) completeIdentifiers() error {
	if email := p.Email(); email != "" && !ValidEmail(email) {
		return InvalidField("profile.email", "is not an email address")
	}
	if p.Telephone() == "" {
		return nil
	}
	number, ok := E164(p.Telephone())
	if !ok {
		return InvalidField("profile.telephone", "is not a telephone number that begins with + and the country code")
	}
	p["telephone"] = number
	return nil
}

// Email returns the email address, or "".
func (p Profile) Email() string { return p.text("email") }

// Telephone returns the telephone number, or "".
func (p Profile) Telephone() string { return p.text("telephone") }

// DisplayName is what a conversation with the contact is called: his name, else his
// telephone number or email address (docs/contract/conversations.md section 1).
func (p Profile) DisplayName() string {
	for _, name := range []string{
		p.text("name"), strings.TrimSpace(p.text("givenName") + " " + p.text("familyName")), p.Telephone(), p.Email(),
	} {
		if name != "" {
			return name
		}
	}
	return ""
}

// Keys are the identifiers in p as an organization keeps them apart: the telephone first,
// since it wins where two contacts match. The slice is not nil.
func (p Profile) Keys(organization ID) []string {
	keys := []string{}
	if number := p.Telephone(); number != "" {
		keys = append(keys, "telephone:"+string(organization)+":"+number)
	}
	if email := p.Email(); email != "" {
		keys = append(keys, "email:"+string(organization)+":"+strings.ToLower(email))
	}
	return keys
}

func (p Profile) text(name string) string {
	s, _ := p[name].(string)
	return s
}

// E164 returns a telephone number as + and up to 15 digits, and whether it is one. White
// space, dashes and parentheses are left out.
func E164(number string) (string, bool) {
	number = strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \t\u00a0-\u2010\u2011()", r) {
			return -1
		}
		return r
	}, number)
	digits, ok := strings.CutPrefix(number, "+")
	if !ok || len(digits) < 2 || len(digits) > 15 || digits[0] == '0' || strings.Trim(digits, "0123456789") != "" {
		return "", false
	}
	return number, true
}
