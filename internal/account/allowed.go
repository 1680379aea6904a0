package account

import (
	"slices"

	"bellhop"
)

// Allowed returns nil if c has the scope need for resources of kind that organization
// owns. Where c has no rights at all there is nothing for him: then it returns the kind's
// NotFound. With fewer rights it returns bellhop.ErrPermission (docs/contract/auth.md,
// "Permissions").
func (c *Caller) Allowed(kind *bellhop.Kind, need bellhop.Scope, organization bellhop.ID, orgPath string) error {
	return judge(kind, c.ScopeFor(kind, organization, orgPath), need)
}

// MayList returns bellhop.ErrPermission if c may list a kind nowhere; else Caller.Visible
// says where.
func (c *Caller) MayList(kind *bellhop.Kind) error {
	v := c.Visible(kind)
	if v.All || len(v.Roots) > 0 || len(v.Organizations) > 0 || len(v.IDs) > 0 {
		return nil
	}
	return bellhop.ErrPermission()
}

// MayCreate returns nil if c may create a resource of kind in organization. An
// organization outside of c's scope is not found, whatever the kind is.
func (c *Caller) MayCreate(kind *bellhop.Kind, organization bellhop.ID, orgPath string) error {
	scope := c.ScopeFor(kind, organization, orgPath)
	if scope == bellhop.NoScope {
		return bellhop.Organizations.NotFound()
	}
	return judge(kind, scope, kind.Access.Create)
}

// MayRead returns nil if c may be shown the resource: by the registry, or because it is his own
// user, or the bot's own record or instance, or a bot that is meant for an organization of his.
// Its errors are those of Allowed, or internal.
func (c *Caller) MayRead(kind *bellhop.Kind, doc *bellhop.Document) error {
	if c.owns(kind, doc.ID) || kind == bellhop.Bots && c.isOffered(doc.ID) {
		return nil
	}
	return c.may(kind, kind.Access.Get, doc)
}

// MayUpdate returns nil if c may change something of the resource. For a user that is not
// all: UpdateUser looks at what is changed.
func (c *Caller) MayUpdate(kind *bellhop.Kind, doc *bellhop.Document) error {
	need := kind.Access.Update
	if kind == bellhop.Users {
		if c.owns(kind, doc.ID) {
			return nil
		}
		need = bellhop.ScopeBot // bots change meta
	}
	return c.mayWrite(kind, need, doc)
}

// MayDelete returns nil if c may delete the resource; DeleteUser looks further.
func (c *Caller) MayDelete(kind *bellhop.Kind, doc *bellhop.Document) error {
	return c.mayWrite(kind, kind.Access.Delete, doc)
}

// mayWrite does not say that there is no such thing as c may read.
func (c *Caller) mayWrite(kind *bellhop.Kind, need bellhop.Scope, doc *bellhop.Document) error {
	err := c.may(kind, need, doc)
	if bellhop.HasCode(err, bellhop.NotFound) && c.MayRead(kind, doc) == nil {
		return bellhop.ErrPermission()
	}
	return err
}

func (c *Caller) may(kind *bellhop.Kind, need bellhop.Scope, doc *bellhop.Document) error {
	if kind != bellhop.Users {
		return c.Allowed(kind, need, doc.Organization, doc.OrgPath)
	}
	// A user belongs to all of his organizations, not to the selected one alone.
	var user bellhop.User
	if err := doc.Decode(&user); err != nil {
		return err
	}
	scope := bellhop.NoScope
	for _, m := range user.Organizations {
		scope = max(scope, c.ScopeAt(m.OrgPath))
	}
	return judge(kind, scope, need)
}

func (c *Caller) owns(kind *bellhop.Kind, id bellhop.ID) bool {
	switch kind {
	case bellhop.Users:
		return c.ID == id
	case bellhop.Bots:
		return c.IsBot() && c.ID == id
	case bellhop.BotInstances:
		return slices.Contains(c.instances, id)
	}
	return false
}

func judge(kind *bellhop.Kind, scope, need bellhop.Scope) error {
	switch {
	case scope == bellhop.NoScope:
		return kind.NotFound()
	case scope < need:
		return bellhop.ErrPermission()
	}
	return nil
}
