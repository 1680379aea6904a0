package store

import (
	"context"
	"os"
	"sync/atomic"
	"time"

	"bellhop"
)

// Batch is a group of updates that were committed together, or tried to.
type Batch struct {
	Updates int
	Failed  int           // those of them that the machine could not write
	Took    time.Duration // from the beginning of the transaction to the end of its commit
}

// Stats counts what a store has done since it was opened.
type Stats struct {
	Events      int64 // appended
	Deliveries  int64 // appended with them
	Checkpoints int64
	LogBytes    int64 // size of the log that is not yet in the database; 0 on PostgreSQL, which keeps it to itself
	Bytes       int64 // size of the database; on PostgreSQL as Run has read it in the last minute
}

// counters are the parts of Stats that are counted.
type counters struct {
	events, deliveries, checkpoints atomic.Int64
}

// Stats returns the counts of a moment.
func (db *DB) Stats() Stats {
	database, log := db.engine.sizes()
	return Stats{
		Events: db.counters.events.Load(), Deliveries: db.counters.deliveries.Load(),
		Checkpoints: db.counters.checkpoints.Load(),
		LogBytes:    log, Bytes: database,
	}
}

func fileSize(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// committedBatch tells Config.Observe of a batch whose members are answered.
func (db *DB) committedBatch(batch []*update, began time.Time) {
	if db.observe == nil {
		return
	}
	b := Batch{Updates: len(batch), Took: time.Since(began)}
	for _, u := range batch {
		if bellhop.HasCode(u.err, bellhop.Unavailable) {
			b.Failed++
		}
	}
	db.observe(b)
}

// traced is Update for those who watch it.
func (db *DB) traced(ctx context.Context, f func(*Tx) error) error {
	end := db.trace(ctx)
	err := db.unfenced(ctx, func() error { return db.group.join(ctx, db, newUpdate(ctx, f)) })
	end(err)
	return err
}
