package resource

import (
	"context"
	"encoding/json"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/store"
)

// AccountRules are the rules of users, bots, bot instances and organizations: package
// account knows them.
func AccountRules(accounts *account.Accounts) map[*bellhop.Kind]Rules {
	return map[*bellhop.Kind]Rules{
		bellhop.Users:         userRules(accounts),
		bellhop.Bots:          botRules(accounts),
		bellhop.BotInstances:  botInstanceRules(accounts),
		bellhop.Organizations: organizationRules(accounts),
	}
}

func edit(c *Change) *account.Edit {
	return &account.Edit{Tx: c.Tx, Caller: c.Caller, Now: c.Now, Old: c.Old, New: c.New, Fields: c.Fields, Sent: c.Sent}
}

func userRules(accounts *account.Accounts) Rules {
	return Rules{
		Prepare: func(ctx context.Context, c *Change) (any, error) {
			return accounts.PrepareUser(ctx, c.Sent)
		},
		Create: func(ctx context.Context, c *Change) error {
			return accounts.CreateUser(ctx, edit(c), c.Prepared.(string))
		},
		Update: func(ctx context.Context, c *Change) error {
			return accounts.UpdateUser(ctx, edit(c), c.Prepared.(string))
		},
		Delete: func(ctx context.Context, c *Change) error {
			return accounts.DeleteUser(ctx, c.Tx, c.Caller, c.Old)
		},
		Show: func(_ context.Context, _ *store.Tx, caller *account.Caller, doc *bellhop.Document) (json.RawMessage, error) {
			return accounts.ShowUser(caller, doc)
		},
		Secrets: account.ChangedSecrets,
		Place: func(c *Change) (account.Place, error) {
			return c.Caller.PlaceOfUser(c.Old, c.New)
		},
	}
}

func botRules(accounts *account.Accounts) Rules {
	return Rules{
		Create: func(ctx context.Context, c *Change) error { return accounts.CreateBot(ctx, edit(c)) },
		Update: func(ctx context.Context, c *Change) error {
			e := edit(c)
			err := accounts.UpdateBot(ctx, e)
			c.Touched = e.Touched
			return err
		},
		Delete: func(ctx context.Context, c *Change) error { return accounts.DeleteBot(ctx, c.Tx, c.Old.ID) },
		Show:   accounts.ShowBot,
	}
}

func botInstanceRules(accounts *account.Accounts) Rules {
	return Rules{
		Create: func(ctx context.Context, c *Change) error { return accounts.CreateBotInstance(ctx, edit(c)) },
		Update: func(ctx context.Context, c *Change) error { return accounts.UpdateBotInstance(ctx, edit(c)) },
	}
}

func organizationRules(accounts *account.Accounts) Rules {
	return Rules{
		Create: func(ctx context.Context, c *Change) error { return accounts.CreateOrganization(ctx, edit(c)) },
		Update: func(ctx context.Context, c *Change) error { return accounts.UpdateOrganization(ctx, edit(c)) },
		Delete: func(ctx context.Context, c *Change) error {
			return accounts.DeleteOrganization(ctx, c.Tx, c.Old)
		},
	}
}
