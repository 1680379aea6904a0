package account

import (
	"slices"

	"bellhop"
	"bellhop/internal/store"
)

// Caller is who is asking, as he is at the time of the request. It does not change.
type Caller struct {
	ID           bellhop.ID
	Name         string
	Role         bellhop.Role  // in the selected organization
	Scope        bellhop.Scope // what the token allows at most
	Organization bellhop.ID    // the selected one: owner of what is created without saying
	OrgPath      string
	Memberships  []Membership
	Enabled      []Place // of a bot: where an instance of it is enabled

	instances []bellhop.ID // of a bot: all of them, also where it is not enabled
	offers    *offers
	system    bool
}

// Membership is a role in an organization; it holds in all organizations below, too.
type Membership struct {
	Place
	Role bellhop.Role
}

// Place is an organization and its path.
type Place struct {
	Organization bellhop.ID
	OrgPath      string
}

// System returns the caller that stands for the server itself. It may do everything.
func System() *Caller { return &Caller{Name: "System", Scope: bellhop.ScopeAdmin, system: true} }

// IsSystem reports whether c is the server itself.
func (c *Caller) IsSystem() bool { return c.system }

// IsBot reports whether c is a program.
func (c *Caller) IsBot() bool { return c.Role == bellhop.RoleBot }

// ScopeAt returns what c may do with what is owned in orgPath: the lower of the token's
// scope and of the highest role that c has there. It is NoScope outside of c's
// organizations (docs/contract/auth.md, "Revocation").
func (c *Caller) ScopeAt(orgPath string) bellhop.Scope {
	if c.system {
		return bellhop.ScopeAdmin
	}
	best := bellhop.NoScope
	for _, m := range c.Memberships {
		if bellhop.Within(orgPath, m.OrgPath) {
			best = max(best, c.roleScope(m.Role))
		}
	}
	return min(best, c.Scope)
}

// roleScope judges a bot by its token, which says whether it was given admin scope: a
// token is made from what its user is at the time it is checked.
func (c *Caller) roleScope(role bellhop.Role) bellhop.Scope {
	if role == bellhop.RoleBot {
		return c.Scope
	}
	return role.Scope()
}

// Require returns ErrPermission if c has less than scope in orgPath.
func (c *Caller) Require(orgPath string, scope bellhop.Scope) error {
	if c.ScopeAt(orgPath) < scope {
		return bellhop.ErrPermission()
	}
	return nil
}

// shared are the kinds that a bot may use where an instance of it is enabled
// (docs/contract/resources.md section 6).
var shared = []*bellhop.Kind{bellhop.Conversations, bellhop.Messages, bellhop.Contacts, bellhop.Organizations}

// ScopeFor is ScopeAt for a resource of kind that organization owns: a bot has its scope
// for conversations, messages and contacts also where an instance of it is enabled, and
// may read the organization.
func (c *Caller) ScopeFor(kind *bellhop.Kind, organization bellhop.ID, orgPath string) bellhop.Scope {
	scope := c.ScopeAt(orgPath)
	if scope == bellhop.NoScope && slices.Contains(shared, kind) &&
		slices.ContainsFunc(c.Enabled, func(p Place) bool { return p.Organization == organization }) {
		return c.sharedScope()
	}
	return scope
}

// Sees reports whether a resource of kind that organization owns exists for c.
func (c *Caller) Sees(kind *bellhop.Kind, organization bellhop.ID, orgPath string) bool {
	return c.ScopeFor(kind, organization, orgPath) > bellhop.NoScope
}

// RoleAt is the role that c has with what is owned in orgPath: the highest one that holds
// there, or less if the token's scope is lower. A bot that was given admin scope counts as
// an admin, and an admin of an organization above as an owner: else nobody could make one
// (docs/contract/auth.md, "Permissions"). It is empty outside of c's organizations.
func (c *Caller) RoleAt(orgPath string) bellhop.Role {
	if c.system {
		return bellhop.RoleOwner
	}
	var best bellhop.Role
	for _, m := range c.Memberships {
		if !bellhop.Within(orgPath, m.OrgPath) {
			continue
		}
		role := m.Role
		if role == bellhop.RoleAdmin && orgPath != m.OrgPath {
			role = bellhop.RoleOwner
		}
		if role.Above(best) {
			best = role
		}
	}
	if best == bellhop.RoleBot || best.Scope() > c.Scope {
		return bellhop.Role(c.Scope.String())
	}
	return best
}

// Visible returns what c finds in a list of a kind: what lies where he may list it.
func (c *Caller) Visible(kind *bellhop.Kind) store.Visible {
	v := c.VisibleFrom(kind.Access.List)
	if v.All {
		return v
	}
	if kind == bellhop.Messages || kind == bellhop.Conversations { // whose filters name messages
		v.Reader, v.Limited = c.ID, c.VisibleFrom(bellhop.ScopeAdmin).Roots
	}
	if slices.Contains(shared, kind) && c.sharedScope() >= kind.Access.List {
		for _, p := range c.Enabled {
			v.Organizations = append(v.Organizations, p.Organization)
		}
	}
	switch kind {
	case bellhop.Bots:
		v.IDs = c.offered()
		// What is the bot's own it may always read (docs/contract/auth.md, "Permissions").
		if c.IsBot() {
			v.IDs = append(v.IDs, c.ID)
		}
	case bellhop.BotInstances:
		v.IDs = c.instances
	}
	return v
}

// VisibleFrom returns what is owned where c has at least that scope.
func (c *Caller) VisibleFrom(need bellhop.Scope) store.Visible {
	if c.system {
		return store.Visible{All: true}
	}
	var v store.Visible
	for _, m := range c.Memberships {
		if min(c.roleScope(m.Role), c.Scope) >= need {
			v.Roots = append(v.Roots, m.OrgPath)
		}
	}
	return v
}

// sharedScope is what a bot may do where an instance of it is enabled: less than an admin,
// also for a bot that is one at home.
func (c *Caller) sharedScope() bellhop.Scope { return min(c.Scope, bellhop.ScopeBot) }
