package account

import (
	"context"
	"slices"
	"strings"

	"bellhop"
	"bellhop/internal/query"
	"bellhop/internal/store"
)

// directory is what the rights of users depend on besides the users themselves. It does
// not change.
type directory struct {
	version   int64
	suspended map[bellhop.ID]bool
	bots      map[bellhop.ID]*presence
	offers    *offers
}

// presence is where a bot has instances.
type presence struct {
	instances []bellhop.ID
	enabled   []Place // where it is enabled, by ascending path
}

// currentDirectory returns the directory as it is now. It may not be called in a
// transaction.
func (a *Accounts) currentDirectory(ctx context.Context) (*directory, error) {
	version, err := a.db.Mark(ctx, bellhop.Organizations, bellhop.Bots, bellhop.BotInstances)
	if err != nil {
		return nil, err
	}
	if d := a.directory.Load(); d != nil && d.version == version {
		return d, nil
	}
	d := &directory{version: version}
	err = a.db.View(ctx, func(tx *store.Tx) (err error) {
		if d.suspended, err = suspendedOrganizations(ctx, tx); err != nil {
			return err
		}
		bots, err := tx.All(ctx, bellhop.Bots)
		if err != nil {
			return err
		}
		if d.offers, err = offersOf(ctx, tx, bots); err != nil {
			return err
		}
		d.bots, err = presences(ctx, tx, bots)
		return err
	})
	if err != nil {
		return nil, err
	}
	a.directory.Store(d)
	return d, nil
}

func suspendedOrganizations(ctx context.Context, tx *store.Tx) (map[bellhop.ID]bool, error) {
	suspended := map[bellhop.ID]bool{}
	q := query.New().Where("status", query.OneOf, bellhop.OrganizationInactive)
	return suspended, eachOrganization(ctx, tx, q, func(doc *bellhop.Document) error {
		suspended[doc.ID] = true
		return nil
	})
}

// eachOrganization calls f with all that match q.
func eachOrganization(ctx context.Context, tx *store.Tx, q *query.Query, f func(*bellhop.Document) error) error {
	q.Limit = query.MaxLimit
	for ; ; q.Offset += q.Limit {
		docs, _, err := tx.List(ctx, bellhop.Organizations, q, store.Visible{All: true})
		if err != nil {
			return err
		}
		for _, doc := range docs {
			if err := f(doc); err != nil {
				return err
			}
		}
		if len(docs) < q.Limit {
			return nil
		}
	}
}

// presences returns where each bot is. A bot that is not active and enabled itself is
// enabled nowhere (docs/contract/resources.md section 7, botinstance).
func presences(ctx context.Context, tx *store.Tx, bots []*bellhop.Document) (map[bellhop.ID]*presence, error) {
	working := map[bellhop.ID]bool{}
	for _, doc := range bots {
		on, err := isOn(doc)
		if err != nil {
			return nil, err
		}
		working[doc.ID] = on
	}
	instances, err := tx.All(ctx, bellhop.BotInstances)
	if err != nil {
		return nil, err
	}
	all := map[bellhop.ID]*presence{}
	for _, doc := range instances {
		bot := doc.Parent
		p := all[bot]
		if p == nil {
			p = new(presence)
			all[bot] = p
		}
		p.instances = append(p.instances, doc.ID)
		on, err := isOn(doc)
		if err != nil {
			return nil, err
		}
		if on && working[bot] {
			p.enabled = append(p.enabled, Place{Organization: doc.Organization, OrgPath: doc.OrgPath})
		}
	}
	for _, p := range all {
		slices.SortFunc(p.enabled, func(x, y Place) int { return strings.Compare(x.OrgPath, y.OrgPath) })
	}
	return all, nil
}

// isOn reports whether a bot or an instance is active and enabled.
func isOn(doc *bellhop.Document) (bool, error) {
	var s struct {
		Enabled bool   `json:"enabled"`
		Status  string `json:"status"`
	}
	err := doc.Decode(&s)
	return s.Enabled && (s.Status == bellhop.BotActive || s.Status == ""), err
}

// isSuspended reports whether the organization with that path, or one above it, is
// inactive.
func (d *directory) isSuspended(path string) bool {
	if len(d.suspended) == 0 {
		return false
	}
	for id := range strings.SplitSeq(path, "#") {
		if d.suspended[bellhop.ID(id)] {
			return true
		}
	}
	return false
}

// caller returns the user as one who asks, with a token of that scope which names an
// organization. It returns nil for one who has nothing to ask: he is not active, or all
// his organizations are suspended.
func (d *directory) caller(id *identity, organization bellhop.ID, scope bellhop.Scope) *Caller {
	if id.Status != bellhop.UserActive {
		return nil
	}
	c := &Caller{ID: id.ID, Name: id.DisplayName, Scope: min(scope, id.scope()), offers: d.offers}
	for _, m := range id.Organizations {
		if d.isSuspended(m.OrgPath) {
			continue
		}
		place := Place{Organization: m.Organization, OrgPath: m.OrgPath}
		c.Memberships = append(c.Memberships, Membership{Place: place, Role: m.Role})
		// The token's organization if he still is in it, else the selected one, else any.
		if c.Organization == "" || m.Organization == organization || m.Selected && c.Organization != organization {
			c.Organization, c.OrgPath, c.Role = m.Organization, m.OrgPath, m.Role
		}
	}
	if len(c.Memberships) == 0 {
		return nil
	}
	if p := d.bots[id.ID]; p != nil && id.IsBot() {
		c.instances = p.instances
		c.Enabled = slices.DeleteFunc(slices.Clone(p.enabled), func(p Place) bool { return d.isSuspended(p.OrgPath) })
	}
	return c
}
