package account

import (
	"context"
	"slices"

	"bellhop"
	"bellhop/internal/query"
	"bellhop/internal/store"
)

// keepAnAdmin refuses an update that leaves nobody to administrate everything: there
// would be no way back.
func (e *Edit) keepAnAdmin(ctx context.Context, old *identity) error {
	next := new(identity)
	if err := e.decode(&next.User); err != nil {
		return err
	}
	return keepAnAdmin(ctx, e.Tx, old, next)
}

// keepAnAdmin returns a bellhop.Conflict if old is the last active admin of the
// organization at the top, and next, nil if he is deleted, is none.
func keepAnAdmin(ctx context.Context, tx *store.Tx, old, next *identity) error {
	if !administratesAll(old) || next != nil && administratesAll(next) {
		return nil
	}
	// Two admins who remove each other must not both see the other one.
	if err := tx.Lock(ctx, "admins"); err != nil {
		return err
	}
	q := query.New().Where("status", query.OneOf, bellhop.UserActive).
		Where("role", query.OneOf, string(bellhop.RoleAdmin), string(bellhop.RoleOwner))
	q.Limit = query.MaxLimit
	for ; ; q.Offset += q.Limit {
		docs, _, err := tx.List(ctx, bellhop.Users, q, store.Visible{All: true})
		if err != nil {
			return err
		}
		for _, doc := range docs {
			other, err := identityOf(doc)
			if err != nil {
				return err
			}
			if other.ID != old.ID && administratesAll(other) {
				return nil
			}
		}
		if len(docs) < q.Limit {
			return bellhop.Errorf(bellhop.Conflict, "The last admin cannot be removed")
		}
	}
}

// administratesAll reports whether a person is an active admin of level 1.
func administratesAll(u *identity) bool {
	return u.Status == bellhop.UserActive && slices.ContainsFunc(u.Organizations, func(m bellhop.Membership) bool {
		return bellhop.LevelOf(m.OrgPath) == 1 && m.Role.Scope() == bellhop.ScopeAdmin
	})
}
