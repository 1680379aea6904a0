package account

import (
	"encoding/json"
	"fmt"

	"bellhop"
)

// secrets are what the sealed part of a user holds.
type secrets struct {
	Password   string        `json:"password,omitempty"`   // in the form of the PHC; empty = cannot log in
	Generation int64         `json:"generation,omitempty"` // tokens and sessions of another one do not count
	Issued     int64         `json:"issued,omitempty"`     // iat of a bot's permanent tokens
	Scope      bellhop.Scope `json:"scope,omitempty"`      // of a bot: ScopeAdmin, or else ScopeBot
}

// revoke makes void what was issued before.
func (s *secrets) revoke(now bellhop.Time) {
	s.Generation++
	if s.Issued != 0 {
		s.Issued = seconds(now)
	}
}

func (s *secrets) encode() (json.RawMessage, error) { return json.Marshal(s) }

// seconds returns now as tokens tell the time.
func seconds(now bellhop.Time) int64 { return int64(now) / 1000 }

// identity is a user, read.
type identity struct {
	bellhop.User
	secrets secrets
}

func identityOf(doc *bellhop.Document) (*identity, error) {
	id := new(identity)
	if err := doc.Decode(&id.User); err != nil {
		return nil, err
	}
	if doc.Secret == nil {
		return id, nil
	}
	if err := json.Unmarshal(doc.Secret, &id.secrets); err != nil {
		// What encoding/json says might quote the secret.
		return nil, fmt.Errorf("decode the secrets of user %s", doc.ID)
	}
	return id, nil
}

// scope returns the right that the tokens of the user carry: that of his highest role,
// since each role counts only where he has it.
func (id *identity) scope() bellhop.Scope {
	if id.IsBot() {
		return max(id.secrets.Scope, bellhop.ScopeBot)
	}
	highest := bellhop.NoScope
	for _, m := range id.Organizations {
		highest = max(highest, m.Role.Scope())
	}
	return highest
}
