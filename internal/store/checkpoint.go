package store

import (
	"context"
	"fmt"
)

const (
	checkpointRows = 4000  // rows written before the log is moved into the database
	longLog        = 16384 // pages in the log from which on writers wait for its end
)

func (db *DB) wantCheckpoint(writes int) {
	db.logged += writes
	if db.logged < checkpointRows {
		return
	}
	db.logged = 0
	signal(db.checkpoint)
}

// shortenLog copies the log into the database while others write. The log begins anew
// only when a checkpoint has caught up with them, so if it is long nevertheless, the
// short rest is copied while they wait.
func (db *DB) shortenLog(ctx context.Context) error {
	left, err := db.checkpointOnce(ctx)
	if err != nil || left < longLog {
		return err
	}
	db.writing.Lock()
	defer db.writing.Unlock()
	_, err = db.checkpointOnce(ctx)
	return err
}

// checkpointOnce returns how many pages the log has if it could not begin anew.
func (db *DB) checkpointOnce(ctx context.Context) (int, error) {
	var busy, log, moved int
	err := db.checkpointer.conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint(PASSIVE)").Scan(&busy, &log, &moved)
	if err != nil {
		return 0, fmt.Errorf("checkpoint: %w", err)
	}
	if log == moved {
		return 0, nil
	}
	return log, nil
}
