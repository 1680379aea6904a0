package store

import (
	"context"
	"fmt"
	"time"
)

const (
	checkpointPages = 4000  // pages written, about, before the log is moved into the database
	longLog         = 16384 // pages in the log from which on writers wait for its end

	// checkpointPatience is how long writers wait then for those who still read in the log.
	checkpointPatience = 100 * time.Millisecond
)

func (db *DB) wantCheckpoint(pages int) {
	db.logged += pages
	if db.logged < checkpointPages {
		return
	}
	db.logged = 0
	signal(db.checkpoint)
}

// shortenLog copies the log into the database while others write. The log begins anew
// only when all of it is copied and nobody reads in it, which under a constant load is
// never; so if it is long, the short rest is copied while the writers wait.
func (db *DB) shortenLog(ctx context.Context) error {
	pages, err := db.checkpointOnce(ctx, "PASSIVE")
	if err != nil || pages < longLog {
		return err
	}
	db.writing.Lock()
	defer db.writing.Unlock()
	_, err = db.checkpointOnce(ctx, "RESTART")
	return err
}

// checkpointOnce returns how many pages the log had.
func (db *DB) checkpointOnce(ctx context.Context, mode string) (int, error) {
	var busy, log, moved int
	err := db.checkpointer.conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint("+mode+")").Scan(&busy, &log, &moved)
	if err != nil {
		return 0, fmt.Errorf("checkpoint: %w", err)
	}
	db.counters.checkpoints.Add(1)
	return log, nil
}
