package store

import (
	"context"
	"log/slog"
	"time"
)

// upkeepRetry is how long Run waits after a failure, a full disk say.
const upkeepRetry = 5 * time.Second

// Run keeps the store in shape until ctx ends: it moves the log into the database when
// it has grown, and removes the deliveries of services that were dropped. What fails is
// logged and tried again.
func (db *DB) Run(ctx context.Context, log *slog.Logger) error {
	signal(db.dropping) // some may be left from before
	for {
		var work func(context.Context) error
		var again chan struct{}
		select {
		case <-ctx.Done():
			return nil
		case <-db.checkpoint:
			work, again = db.shortenLog, db.checkpoint
		case <-db.dropping:
			work, again = db.removeDropped, db.dropping
		}
		err := work(ctx)
		if err == nil || ctx.Err() != nil {
			continue
		}
		log.ErrorContext(ctx, "store upkeep", "err", err)
		select {
		case <-ctx.Done():
		case <-time.After(upkeepRetry):
			signal(again)
		}
	}
}

// signal leaves an element in c, which holds one.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
