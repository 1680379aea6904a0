package account

import (
	"context"

	"bellhop"
	"bellhop/internal/store"
)

// Bot returns the caller that a bot is when it uses its permanent token, for what the
// server does in its name. Errors are those of Authenticate, and NotFound.
func (a *Accounts) Bot(ctx context.Context, bot bellhop.ID) (*Caller, error) {
	var token string
	err := a.db.View(ctx, func(tx *store.Tx) error {
		user, err := tx.Document(ctx, bellhop.Users, bot)
		if err != nil {
			return err
		}
		token, _, err = a.BotTokens(user)
		return err
	})
	if err != nil {
		return nil, err
	}
	return a.Authenticate(ctx, token)
}
