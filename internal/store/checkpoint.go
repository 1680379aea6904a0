package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"bellhop/internal/trouble"
)

const (
	checkpointPages = 4000  // pages written, about, before the log is moved into the database
	longLog         = 16384 // pages in the log from which on writers wait for its end

	// keptLog is how many bytes of its file the log keeps when it begins anew: more than it has normally, or else under
	// load it would be cut and grow again and again.
	keptLog = 2 * longLog * pageSize

	// checkpointPatience is how long writers wait then for those who still read in the log.
	checkpointPatience = 100 * time.Millisecond

	// The file of the log keeps the length that it once had. While there is little to write,
	// which is looked at that often, it is cut if it is longer than that many bytes.
	quietEvery = time.Minute
	quietPages = 500
	shortLog   = 4 << 20
)

func (db *DB) wantCheckpoint(pages int) {
	db.written.Add(int64(pages))
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
	db.checkpointing.Lock()
	defer db.checkpointing.Unlock()
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

// keepLogShort cuts the file of the log in quiet times, until ctx ends.
func (db *DB) keepLogShort(ctx context.Context, log *slog.Logger) {
	var before int64
	failing := trouble.New(log, slog.LevelError, "store upkeep")
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(quietEvery):
		}
		written := db.written.Load()
		if written-before < quietPages {
			if err := db.cutLog(ctx); err != nil {
				failing.Failed(ctx, "", err)
			} else {
				failing.Passed("")
			}
		}
		before = written
	}
}

// cutLog empties the file of the log, unless it is short. Somebody who reads in it for
// long prevents that.
func (db *DB) cutLog(ctx context.Context) error {
	info, err := os.Stat(db.logPath)
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() <= shortLog {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look at the log: %w", err)
	}
	db.checkpointing.Lock()
	defer db.checkpointing.Unlock()
	if _, err := db.checkpointOnce(ctx, "PASSIVE"); err != nil {
		return err
	}
	db.writing.Lock()
	defer db.writing.Unlock()
	_, err = db.checkpointOnce(ctx, "TRUNCATE")
	return err
}
