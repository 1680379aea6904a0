package subscription

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"bellhop/internal/store"
	"bellhop/internal/trouble"
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
	telling := trouble.New(s.log, slog.LevelError, "tell of dead deliveries")
	forgetting := trouble.New(s.log, slog.LevelError, "forget old states")
	for {
		if err := s.tellRest(ctx); err != nil {
			telling.Failed(ctx, "", err)
		} else {
			telling.Passed("")
		}
		if err := s.db.UpdateSoon(ctx, func(tx *store.Tx) error { return tx.ForgetOld(ctx) }); err != nil {
			forgetting.Failed(ctx, "", err)
		} else {
			forgetting.Passed("")
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}
