package account

import (
	"context"
	"fmt"

	"bellhop"
	"bellhop/internal/store"
)

// Revoke ends all tokens and sessions of a user that were issued before, also the
// permanent ones of a bot, which gets others (docs/contract/auth.md, "Permissions"). It
// takes an admin over all organizations of the user, or the person himself; for others it
// returns what MayRead does, or bellhop.ErrPermission.
func (a *Accounts) Revoke(ctx context.Context, caller *Caller, user bellhop.ID) error {
	err := a.db.Update(ctx, func(tx *store.Tx) error {
		doc, err := tx.Document(ctx, bellhop.Users, user)
		if err != nil {
			return err
		}
		if err := caller.MayRead(bellhop.Users, doc); err != nil {
			return err
		}
		id, err := identityOf(doc)
		if err != nil {
			return err
		}
		// A bot has nobody to log it in anew.
		if own := caller.ID == id.ID && !id.IsBot(); !own {
			if err := caller.mayEditAll(id, bellhop.ScopeAdmin); err != nil {
				return err
			}
		}
		id.secrets.revoke(a.now())
		if doc.Secret, err = id.secrets.encode(); err != nil {
			return err
		}
		if err := tx.Replace(ctx, bellhop.Users, doc); err != nil {
			return err
		}
		return a.auditUser(ctx, tx, caller, bellhop.AuditRevoke, doc)
	})
	if err != nil {
		return fmt.Errorf("revoke the tokens of user %s: %w", user, err)
	}
	return nil
}
