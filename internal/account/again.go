package account

import (
	"context"
	"fmt"

	"bellhop"
	"bellhop/internal/store"
)

// Again returns who a user is now that was a caller before, with a token for that
// organization and scope: what the server does later in his name it does with the rights
// that he has then. An Unauthenticated error says that he may ask for nothing any more.
func (a *Accounts) Again(ctx context.Context, user, organization bellhop.ID, scope bellhop.Scope) (*Caller, error) {
	d, err := a.currentDirectory(ctx)
	if err != nil {
		return nil, fmt.Errorf("look for user %s again: %w", user, err)
	}
	var id *identity
	err = a.db.View(ctx, func(tx *store.Tx) (err error) {
		id, err = findIdentity(ctx, tx, user)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look for user %s again: %w", user, err)
	}
	if id == nil {
		return nil, errInvalidToken()
	}
	caller := d.caller(id, organization, scope)
	if caller == nil {
		return nil, errInvalidToken()
	}
	return caller, nil
}
