package bellhop

import "strings"

// The states of an organization. One that is inactive is suspended, with all below it.
const (
	OrganizationActive   = "active"
	OrganizationInactive = "inactive"
)

const (
	// MaxLevel is how deep organizations are nested.
	MaxLevel = 3

	maxCategories = 10
)

// Organization is a tenant (docs/contract/resources.md section 7, organization).
type Organization struct {
	ID          ID             `json:"id"`
	Name        string         `json:"name"`
	DisplayName string         `json:"displayName"`
	Email       string         `json:"email"`
	URL         string         `json:"url,omitempty"`
	Country     string         `json:"country,omitempty"` // ISO 3166 alpha-2
	Logo        string         `json:"logo,omitempty"`
	Industry    string         `json:"industry,omitempty"`
	Status      string         `json:"status"`
	Stopwords   []string       `json:"stopwords"`
	Categories  []Category     `json:"categories"`
	Commands    []string       `json:"commands"`
	Whitelist   []string       `json:"whitelist"` // email domains
	Tags        []string       `json:"tags"`
	Parent      *ID            `json:"parent"` // nil on level 1
	Path        string         `json:"path"`   // ids from level 1 down to its own, joined with #
	Level       int            `json:"level"`
	Meta        map[string]any `json:"meta,omitempty"`
	CreatedBy   ID             `json:"createdBy,omitempty"`
	CreatedAt   Time           `json:"createdAt"`
	UpdatedAt   Time           `json:"updatedAt"`
}

// Category is what conversations of an organization can be about; its place in the list
// is its index.
type Category struct {
	Name  string `json:"name"`
	Forms []ID   `json:"forms"`
}

// Validate returns the *Error of the first field that makes o no valid organization.
func (o *Organization) Validate() error {
	switch {
	case strings.TrimSpace(o.Name) == "":
		return InvalidField("name", "is required")
	case o.Status != OrganizationActive && o.Status != OrganizationInactive:
		return InvalidField("status", "must be one of active, inactive")
	case o.Country != "" && !isCountry(o.Country):
		return InvalidField("country", "must have two letters")
	case len(o.Categories) > maxCategories:
		return InvalidField("categories", "must have at most %d entries", maxCategories)
	case o.Level != LevelOf(o.Path) || !strings.HasSuffix(o.Path, string(o.ID)):
		return InvalidField("path", "does not lead to the organization")
	case o.Level > MaxLevel:
		return InvalidField("parent", "is on level %d, below which there are no organizations", MaxLevel)
	}
	return nil
}

// LevelOf returns the level of the organization with that path: 1 for the one at the
// top, 0 for no path.
func LevelOf(path string) int {
	if path == "" {
		return 0
	}
	return strings.Count(path, "#") + 1
}

func isCountry(s string) bool {
	letter := func(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
	return len(s) == 2 && letter(s[0]) && letter(s[1])
}
