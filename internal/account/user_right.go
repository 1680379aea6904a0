package account

import (
	"slices"

	"bellhop"
)

// mayChange checks who may change what of a user (docs/contract/auth.md, "Not covered by
// the table"). The memberships were checked one by one already.
func (e *Edit) mayChange(old *identity, names []string) error {
	c := e.Caller
	own := c.ID == old.ID && !c.system
	for _, name := range names {
		var err error
		switch name {
		case "role", "organizations":
		case "email", "password":
			if !own {
				err = c.mayEditAll(old, bellhop.ScopeAdmin)
			}
		case "status":
			err = c.mayEditAll(old, bellhop.ScopeAdmin)
		case "meta":
			if !own && !c.isBotOver(old) {
				err = c.mayEditAll(old, bellhop.Users.Access.Update)
			}
		case "organization":
			err = bellhop.InvalidField("organization", "cannot be changed; select another one of organizations")
		default:
			if !own {
				err = c.mayEditAll(old, bellhop.Users.Access.Update)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// mayEditAll returns nil if c has at least that scope in all organizations of a user, who
// is nowhere above him.
func (c *Caller) mayEditAll(u *identity, need bellhop.Scope) error {
	for _, m := range u.Organizations {
		if c.ScopeAt(m.OrgPath) < need {
			return bellhop.ErrPermission()
		}
	}
	return c.notBelow(u)
}

// notBelow returns ErrPermission if the user has a higher role than c somewhere where c has one.
func (c *Caller) notBelow(u *identity) error {
	if c.ID == u.ID {
		return nil
	}
	for _, m := range u.Organizations {
		if c.ScopeAt(m.OrgPath) > bellhop.NoScope && roleOf(u, m.OrgPath).Above(c.RoleAt(m.OrgPath)) {
			return bellhop.ErrPermission()
		}
	}
	return nil
}

// roleOf is the highest role that a user has in orgPath.
func roleOf(u *identity, orgPath string) bellhop.Role {
	var best bellhop.Role
	for _, m := range u.Organizations {
		if bellhop.Within(orgPath, m.OrgPath) && m.Role.Above(best) {
			best = m.Role
		}
	}
	if best == bellhop.RoleBot {
		return bellhop.Role(u.scope().String()) // it may have been given admin scope
	}
	return best
}

// isBotOver reports whether c is a bot that has the user in its scope.
func (c *Caller) isBotOver(u *identity) bool {
	return c.IsBot() && slices.ContainsFunc(u.Organizations, func(m bellhop.Membership) bool {
		return c.ScopeAt(m.OrgPath) >= bellhop.ScopeBot
	})
}
