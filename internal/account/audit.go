package account

import (
	"context"
	"slices"

	"bellhop"
	"bellhop/internal/audit"
	"bellhop/internal/store"
)

// Actor is how audit records name c.
func (c *Caller) Actor() audit.Actor {
	if c.system {
		return audit.Actor{}
	}
	return audit.Actor{User: c.ID, Name: c.Name, Role: c.Role}
}

// ChangedSecrets returns the names of the sealed fields in which two states of a user differ; either
// may be nil.
func ChangedSecrets(old, new *bellhop.Document) ([]string, error) {
	var hashes [2]string
	for i, doc := range []*bellhop.Document{old, new} {
		if doc == nil {
			continue
		}
		id, err := identityOf(doc)
		if err != nil {
			return nil, err
		}
		hashes[i] = id.secrets.Password
	}
	if hashes[0] == hashes[1] {
		return nil, nil
	}
	return []string{"password"}, nil
}

// PlaceOfUser returns the organization whose admins are shown that c has changed a user: where a role
// was changed, else the one that the user has selected, if c is an admin there, else the first where
// he is one. Either of the states may be nil.
func (c *Caller) PlaceOfUser(old, new *bellhop.Document) (Place, error) {
	var before, after bellhop.User
	doc := new
	if doc == nil {
		doc = old
	}
	for _, state := range []struct {
		doc  *bellhop.Document
		user *bellhop.User
	}{{old, &before}, {new, &after}} {
		if state.doc != nil {
			if err := state.doc.Decode(state.user); err != nil {
				return Place{}, err
			}
		}
	}
	if old != nil && new != nil {
		if m := changedMembership(before.Organizations, after.Organizations); m != nil {
			return Place{m.Organization, m.OrgPath}, nil
		}
	}
	home := Place{doc.Organization, doc.OrgPath}
	if c.ScopeAt(home.OrgPath) >= bellhop.ScopeAdmin {
		return home, nil
	}
	for _, m := range slices.Concat(after.Organizations, before.Organizations) {
		if c.ScopeAt(m.OrgPath) >= bellhop.ScopeAdmin {
			return Place{m.Organization, m.OrgPath}, nil
		}
	}
	return home, nil
}

// changedMembership returns the first membership that is new, gone, or has another role; nil if there
// is none. Which of them is selected does not count.
func changedMembership(old, new []bellhop.Membership) *bellhop.Membership {
	differs := func(m bellhop.Membership, others []bellhop.Membership) bool {
		return !slices.ContainsFunc(others, func(o bellhop.Membership) bool { return o.Organization == m.Organization && o.Role == m.Role })
	}
	for i, m := range new {
		if differs(m, old) {
			return &new[i]
		}
	}
	for i, m := range old {
		if differs(m, new) {
			return &old[i]
		}
	}
	return nil
}

// audit keeps a record of an edit that stores New by itself.
func (e *Edit) audit(ctx context.Context, kind *bellhop.Kind, verb bellhop.AuditVerb) error {
	var secrets []string
	var err error
	if kind == bellhop.Users {
		if secrets, err = ChangedSecrets(e.Old, e.New); err != nil {
			return err
		}
	}
	record := audit.Of(kind, verb, e.New)
	if record.Changes, err = audit.Changes(e.Old, e.New, secrets...); err != nil {
		return err
	}
	return audit.Write(ctx, e.Tx, e.Caller.Actor(), e.Now, record)
}

// auditUser keeps a record of what caller does with a user.
func (a *Accounts) auditUser(ctx context.Context, tx *store.Tx, caller *Caller, verb bellhop.AuditVerb, user *bellhop.Document) error {
	record := audit.Of(bellhop.Users, verb, user)
	place, err := caller.PlaceOfUser(user, user)
	if err != nil {
		return err
	}
	record.Organization, record.OrgPath = place.Organization, place.OrgPath
	return audit.Write(ctx, tx, caller.Actor(), a.now(), record)
}

// auditLogin keeps a record of a user who logs in or out.
func (a *Accounts) auditLogin(ctx context.Context, tx *store.Tx, verb bellhop.AuditVerb, user *bellhop.Document) error {
	id, err := identityOf(user)
	if err != nil {
		return err
	}
	actor := audit.Actor{User: id.ID, Name: id.DisplayName, Role: (&id.User).Selected().Role}
	return audit.Write(ctx, tx, actor, a.now(), audit.Of(bellhop.Users, verb, user))
}

// auditFailure keeps a record of a login that failed: of the user whose email it was, or, at the top,
// of nobody. What was sent as an email is not kept: it may be a password. Whether there is such a user
// makes no difference in time.
func (a *Accounts) auditFailure(ctx context.Context, tx *store.Tx, id *identity) error {
	if may, err := a.throttle.mayRecord(ctx, tx, a.now()); err != nil || !may {
		return err
	}
	top, err := tx.DocumentWithKey(ctx, bellhop.Organizations, topKey)
	if bellhop.HasCode(err, bellhop.NotFound) {
		return nil // there is nobody yet
	}
	if err != nil {
		return err
	}
	record := bellhop.AuditRecord{Organization: top.Organization, OrgPath: top.OrgPath, Verb: bellhop.AuditLogin, Kind: bellhop.Users.Name}
	if id != nil {
		record.Organization, record.OrgPath, record.Object, record.Name = id.Organization, id.OrgPath, string(id.ID), id.DisplayName
	}
	record.Failed, record.Reason = true, errCredentials().Error()
	return audit.Write(ctx, tx, audit.Actor{}, a.now(), record)
}
