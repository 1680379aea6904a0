package account

import (
	"context"
	"fmt"

	"bellhop"
	"bellhop/internal/store"
)

// Authenticate returns who sends a request with that Authorization header, as he is now.
// What is wrong with the token is a bellhop.Unauthenticated error with the message of
// docs/contract/auth.md, "Verifying an access token". For a token that was seen before it
// reads the store only after something changed.
func (a *Accounts) Authenticate(ctx context.Context, authorization string) (*Caller, error) {
	token := bearer(authorization)
	if token == "" {
		return nil, errNoToken()
	}
	seen := a.callers.get(token)
	var c *claims
	if seen != nil {
		c = seen.claims
	} else {
		var err error
		if c, err = a.signer.verify(token); err != nil {
			return nil, err
		}
	}
	if c.expired(a.config.Now().Unix()) {
		return nil, errExpired()
	}
	version, err := a.version(ctx)
	if err != nil {
		return nil, fmt.Errorf("authenticate: %w", err)
	}
	if seen != nil && seen.version == version {
		return seen.caller, nil
	}
	caller, err := a.callerOf(ctx, c)
	if err != nil {
		return nil, err
	}
	a.callers.put(token, &seenToken{claims: c, version: version, caller: caller})
	return caller, nil
}

// version is another one after each change that a Caller depends on.
func (a *Accounts) version(ctx context.Context) (int64, error) {
	return a.db.Mark(ctx, bellhop.Users, bellhop.Bots, bellhop.BotInstances, bellhop.Organizations)
}

// callerOf returns the caller of an access token whose signature and end are good.
func (a *Accounts) callerOf(ctx context.Context, c *claims) (*Caller, error) {
	if c.GrantType != grantAccess && c.GrantType != "" {
		return nil, errInvalidToken()
	}
	d, err := a.currentDirectory(ctx)
	if err != nil {
		return nil, fmt.Errorf("authenticate: %w", err)
	}
	var id *identity
	err = a.db.View(ctx, func(tx *store.Tx) (err error) {
		id, err = findIdentity(ctx, tx, c.User)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("authenticate: %w", err)
	}
	if id == nil || id.secrets.Generation != c.Generation {
		return nil, errInvalidToken()
	}
	caller := d.caller(id, c.Organization, bellhop.ParseScope(c.Scope))
	if caller == nil {
		return nil, errInvalidToken()
	}
	return caller, nil
}

// findIdentity returns the user, or nil if there is none of that id.
func findIdentity(ctx context.Context, tx *store.Tx, user bellhop.ID) (*identity, error) {
	doc, err := tx.Document(ctx, bellhop.Users, user)
	if bellhop.HasCode(err, bellhop.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return identityOf(doc)
}
