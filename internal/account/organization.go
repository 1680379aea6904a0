package account

import (
	"context"

	"bellhop"
	"bellhop/internal/query"
	"bellhop/internal/store"
)

// CreateOrganization puts an organization that is about to be stored below its parent, by
// default the caller's organization (docs/contract/resources.md section 7, organization).
// The one at the top is made by Setup alone.
func (a *Accounts) CreateOrganization(ctx context.Context, e *Edit) error {
	parent := e.Caller.Organization
	if sent := e.text("parent"); sent != "" {
		parent = bellhop.ID(sent)
	}
	p, err := place(ctx, e.Tx, e.Caller, parent)
	if err != nil {
		return err
	}
	if err := e.Caller.Require(p.OrgPath, bellhop.Organizations.Access.Create); err != nil {
		return err
	}
	path := p.OrgPath + "#" + string(e.New.ID)
	e.Fields["parent"], e.Fields["path"], e.Fields["level"] = string(parent), path, bellhop.LevelOf(path)
	e.New.Organization, e.New.OrgPath, e.New.Parent = e.New.ID, path, parent
	return e.finishOrganization()
}

// UpdateOrganization checks an organization that is about to be replaced. It stays where
// it is, and is suspended and revived only by an admin from above, whom that does not lock
// out.
func (a *Accounts) UpdateOrganization(_ context.Context, e *Edit) error {
	old, err := e.before()
	if err != nil {
		return err
	}
	if bellhop.ID(e.text("parent")) != e.Old.Parent {
		return bellhop.InvalidField("parent", "cannot be changed")
	}
	e.Fields["path"], e.Fields["level"], e.Fields["parent"] = old["path"], old["level"], old["parent"]
	e.New.Organization, e.New.OrgPath, e.New.Parent = e.Old.Organization, e.Old.OrgPath, e.Old.Parent
	if err := e.finishOrganization(); err != nil {
		return err
	}
	if status, _ := old["status"].(string); e.text("status") == status {
		return nil
	}
	if e.Old.Parent == "" {
		return bellhop.InvalidField("status", "of the organization at the top cannot be changed")
	}
	above := e.Old.OrgPath[:len(e.Old.OrgPath)-len("#")-len(e.Old.ID)]
	return e.Caller.Require(above, bellhop.Organizations.Access.Update)
}

func (e *Edit) finishOrganization() error {
	if e.text("displayName") == "" {
		e.set("displayName", e.text("name"))
	}
	if e.text("status") == "" {
		e.Fields["status"] = bellhop.OrganizationActive
	}
	e.Fields["id"] = string(e.New.ID)
	var o bellhop.Organization
	if err := e.decode(&o); err != nil {
		return err
	}
	return o.Validate()
}

// DeleteOrganization checks an organization that is about to be deleted. It has to be
// empty: nothing that somebody still needs goes along unnoticed.
func (a *Accounts) DeleteOrganization(ctx context.Context, tx *store.Tx, doc *bellhop.Document) error {
	if doc.Parent == "" {
		return bellhop.Errorf(bellhop.Conflict, "The organization at the top cannot be deleted")
	}
	below, err := tx.ChildIDs(ctx, bellhop.Organizations, doc.ID, 1)
	if err != nil {
		return err
	}
	if len(below) > 0 {
		return bellhop.Errorf(bellhop.Conflict, "Organization has sub-organizations")
	}
	for _, kind := range bellhop.Kinds() {
		if kind == bellhop.Organizations || kind == bellhop.Users {
			continue
		}
		some, err := tx.Exists(ctx, kind, doc.OrgPath)
		if err != nil {
			return err
		}
		if some {
			return errStillHas(kind)
		}
	}
	// Users also where they have another organization selected.
	q := query.New().Where("organization", query.OneOf, string(doc.ID))
	q.Limit = 1
	_, total, err := tx.List(ctx, bellhop.Users, q, store.Visible{All: true})
	if err == nil && total > 0 {
		err = errStillHas(bellhop.Users)
	}
	return err
}

func errStillHas(kind *bellhop.Kind) error {
	return bellhop.Errorf(bellhop.Conflict, "Organization still has %s", kind.Plural)
}
