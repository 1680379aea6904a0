package conversation

import (
	"context"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/store"
)

// Route routes a conversation by organizations alone, as a mention of them does.
func (c *Conversations) Route(ctx context.Context, tx *store.Tx, caller *account.Caller, id bellhop.ID, organizations []bellhop.ID) error {
	p := c.plan(tx, caller)
	s, err := p.open(ctx, id)
	if err != nil {
		return err
	}
	paths, err := s.places(ctx, organizations)
	if err != nil {
		return err
	}
	if err := s.routeAt(ctx, paths); err != nil {
		return err
	}
	if _, err := s.update(); err != nil {
		return err
	}
	return p.carryOut(ctx)
}
