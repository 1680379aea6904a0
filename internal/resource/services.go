package resource

import (
	"context"
	"encoding/json"
	"errors"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/store"
	"bellhop/internal/subscription"
)

// ServiceRules are the rules of services: package subscription knows them. changed is
// called with each service after a commit that changed it.
func ServiceRules(subs *subscription.Subscriptions, changed func(bellhop.ID)) Rules {
	draft := func(c *Change) *subscription.Draft {
		v, _ := c.Prepared.(*subscription.Verification)
		return &subscription.Draft{Caller: c.Caller, Old: c.Old, New: c.New, Fields: c.Fields, Sent: c.Sent, Verification: v, Rotation: c.Rotation}
	}
	return Rules{
		Prepare: func(ctx context.Context, c *Change) (any, error) {
			return subs.Prepare(ctx, c.Old, c.Sent)
		},
		Create: func(ctx context.Context, c *Change) error {
			return subs.Create(ctx, c.Tx, draft(c))
		},
		Update: func(ctx context.Context, c *Change) error {
			err := subs.Update(ctx, c.Tx, draft(c))
			if errors.Is(err, subscription.ErrChanged) {
				return ErrStartOver
			}
			if v, _ := c.Prepared.(*subscription.Verification); v.Asked() && c.Sent["status"] == bellhop.ServiceActive {
				c.Verb = bellhop.AuditVerify
			}
			return err
		},
		Delete: func(ctx context.Context, c *Change) error {
			if err := subs.StopReplays(ctx, c.Tx, c.Old.ID, c.Now); err != nil {
				return err
			}
			return c.Tx.DropDeliveries(ctx, c.Old.ID)
		},
		Secrets: subscription.ChangedSecrets,
		Done:    func(_ context.Context, c *Change) { changed(c.Doc().ID) },
		Show: func(ctx context.Context, tx *store.Tx, _ *account.Caller, doc *bellhop.Document) (json.RawMessage, error) {
			return subs.Show(ctx, tx, doc)
		},
	}
}
