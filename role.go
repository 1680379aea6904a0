package bellhop

import (
	"slices"
	"strings"
)

// Role is what a user is in an organization and in all below it
// (docs/contract/auth.md, "Scopes and roles").
type Role string

// The roles, from the lowest to the highest.
const (
	RoleViewer     Role = "viewer"
	RoleAnonymous  Role = "anonymous"
	RoleGuest      Role = "guest"
	RoleAgent      Role = "agent"
	RoleBot        Role = "bot"
	RoleSupervisor Role = "supervisor"
	RoleAdmin      Role = "admin"
	RoleOwner      Role = "owner"
)

// Roles lists the roles that a user can be given, as the contract names them.
var roles = []Role{RoleGuest, RoleViewer, RoleAgent, RoleBot, RoleSupervisor, RoleAdmin, RoleOwner}

// Valid reports whether r is a role that a user can have.
func (r Role) Valid() bool { return slices.Contains(roles, r) }

// Scope is a right: a step of the ladder. A higher one includes all lower ones.
type Scope int

// The ladder. NoScope is below all of it.
const (
	NoScope Scope = iota
	ScopeViewer
	ScopeAnonymous
	ScopeGuest
	ScopeAgent
	ScopeBot
	ScopeSupervisor
	ScopeAdmin
)

var ladder = []string{"viewer", "anonymous", "guest", "agent", "bot", "supervisor", "admin"}

// String returns the step as one word, "" for NoScope.
func (s Scope) String() string {
	if s < ScopeViewer || s > ScopeAdmin {
		return ""
	}
	return ladder[s-1]
}

// Ladder returns the scope claim of a token: all words up to s, separated by blanks.
func (s Scope) Ladder() string { return strings.Join(ladder[:s], " ") }

// ParseScope judges a scope claim by its highest word; unknown words count nothing.
func ParseScope(claim string) Scope {
	highest := NoScope
	for word := range strings.FieldsSeq(claim) {
		highest = max(highest, Scope(slices.Index(ladder, word)+1))
	}
	return highest
}

// Scope returns the right that a role gives. An owner has the scope of an admin.
func (r Role) Scope() Scope {
	if r == RoleOwner {
		return ScopeAdmin
	}
	return Scope(slices.Index(ladder, string(r)) + 1)
}

// Above reports whether r is a higher role than other; an owner is above an admin.
func (r Role) Above(other Role) bool {
	return r.Scope() > other.Scope() || r == RoleOwner && other == RoleAdmin
}
