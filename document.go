package bellhop

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Document is a stored resource of any kind.
type Document struct {
	ID           ID
	Organization ID     // the owner; of an organization, itself
	OrgPath      string // path of the owner
	CreatedAt    Time
	UpdatedAt    Time

	// Body is the resource as canonical JSON (event.Canonical), an object with all that
	// a caller who may see everything is shown, common fields included, but for what
	// Secret holds and what is computed on reading.
	Body json.RawMessage

	// Secret is JSON that the store keeps encrypted and no filter reaches; nil if the
	// resource has no secrets.
	Secret json.RawMessage

	// Keys are the values of this resource that no other of its kind may have,
	// such as "email:ada@example.com".
	Keys []string

	// Parent is what the resource is listed under: the conversation of a message.
	Parent ID
}

// Decode reads the body into v.
func (d *Document) Decode(v any) error {
	if err := json.Unmarshal(d.Body, v); err != nil {
		return fmt.Errorf("decode %s: %w", d.ID, err)
	}
	return nil
}

// Within reports whether orgPath is root or lies below it
// (docs/contract/services.md section 5).
func Within(orgPath, root string) bool {
	return strings.HasPrefix(orgPath, root) && (len(orgPath) == len(root) || orgPath[len(root)] == '#')
}
