package store

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"bellhop/internal/trouble"
)

// upkeepRetry is how long Run waits after a failure, a full disk say.
const upkeepRetry = 5 * time.Second

// Run keeps the store in shape until ctx ends: it moves the log into the database when
// it has grown, removes the deliveries of services that were dropped, and what is older or
// more than Config says. What fails is logged and tried again. None of these waits for
// another.
func (db *DB) Run(ctx context.Context, log *slog.Logger) error {
	signal(db.dropping) // some may be left from before
	var wg sync.WaitGroup
	if db.Shared() {
		wg.Go(func() { db.lookForDropped(ctx) })
	}
	wg.Go(func() { db.keep(ctx, log, db.dropping, db.removeDropped) })
	wg.Go(func() { db.engine.upkeep(ctx, log) })
	if db.retainAge > 0 || db.retainSize > 0 {
		wg.Go(func() { db.retain(ctx, log) })
	}
	wg.Wait()
	return nil
}

// LeadWith sets what reports whether this process, of all that use the store at the same time, does
// what one does for all: it removes what is too old. For a moment several may do so. It is set once,
// before Run; without it this process does.
func (db *DB) LeadWith(leads func() bool) { db.leads = leads }

func (db *DB) isLeading() bool { return db.leads == nil || db.leads() }

// droppedEvery is how often deliveries are looked for that a process has dropped and, since it died,
// not removed.
const droppedEvery = time.Minute

func (db *DB) lookForDropped(ctx context.Context) {
	ticker := time.NewTicker(droppedEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			signal(db.dropping)
		}
	}
}

// keep does work whenever wake has an element.
func (db *DB) keep(ctx context.Context, log *slog.Logger, wake chan struct{}, work func(context.Context) error) {
	failing := trouble.New(log, slog.LevelError, "store upkeep")
	for {
		select {
		case <-ctx.Done():
			return
		case <-wake:
		}
		err := work(ctx)
		if err == nil {
			failing.Passed("")
			continue
		}
		failing.Failed(ctx, "", err)
		select {
		case <-ctx.Done():
		case <-time.After(upkeepRetry):
			signal(wake)
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
