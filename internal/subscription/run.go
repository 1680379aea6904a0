package subscription

import (
	"context"
	"sync"
	"time"

	"bellhop/internal/store"
)

// Run does what nobody waits for, until ctx ends: it takes replays further, fires the
// service.error that had to wait until a minute was over, and forgets what is kept of
// services from times whose events are gone.
func (s *Subscriptions) Run(ctx context.Context) error {
	if err := s.rememberFirst(ctx); err != nil && ctx.Err() == nil {
		s.log.ErrorContext(ctx, "keep the states of services", "err", err)
	}
	var replays sync.WaitGroup
	replays.Go(func() { s.runReplays(ctx) })
	defer replays.Wait()
	ticker := time.NewTicker(tellEvery)
	defer ticker.Stop()
	for {
		if err := s.tellRest(ctx); err != nil && ctx.Err() == nil {
			s.log.ErrorContext(ctx, "tell of dead deliveries", "err", err)
		}
		if err := s.db.UpdateSoon(ctx, func(tx *store.Tx) error { return tx.ForgetOld(ctx) }); err != nil && ctx.Err() == nil {
			s.log.ErrorContext(ctx, "forget old states", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}
