package dispatch

import (
	"context"
	"log/slog"
	"sync"

	"bellhop/internal/store"
)

// recorder stores plain results in batches: they need no commit of their own, and ride
// in the next one.
type recorder struct {
	db  *store.DB
	log *slog.Logger

	mu      sync.Mutex
	room    sync.Cond // waited on by those who find waiting full
	waiting []entry
	more    chan struct{} // has an element when waiting has
}

// entry is a result and the lane that waits to hear that it is stored.
type entry struct {
	lane      *lane
	result    store.Result
	attempted *Attempted // nil if nobody observes
}

const (
	// maxUnrecorded is how many results wait at most. When the store does not take them,
	// a full disk say, attempts wait too: what is not recorded is sent again.
	maxUnrecorded = 10_000

	recordBatch = 1000
)

func newRecorder(db *store.DB, log *slog.Logger) *recorder {
	r := &recorder{db: db, log: log, more: make(chan struct{}, 1)}
	r.room.L = &r.mu
	return r
}

// add takes a result. It blocks while too many wait; if ctx ends meanwhile the result is
// lost, and its delivery stays pending.
func (r *recorder) add(ctx context.Context, e entry) {
	r.mu.Lock()
	if !r.hasRoom(ctx) {
		r.mu.Unlock()
		return
	}
	r.waiting = append(r.waiting, e)
	r.mu.Unlock()
	select {
	case r.more <- struct{}{}:
	default:
	}
}

// hasRoom waits for room, and returns false if ctx ends before there is some.
func (r *recorder) hasRoom(ctx context.Context) bool {
	if len(r.waiting) < maxUnrecorded {
		return true
	}
	defer context.AfterFunc(ctx, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.room.Broadcast()
	})()
	for len(r.waiting) >= maxUnrecorded && ctx.Err() == nil {
		r.room.Wait()
	}
	return len(r.waiting) < maxUnrecorded
}

// run stores results until ctx ends, and then what is left.
func (r *recorder) run(ctx context.Context) {
	for {
		select {
		case <-r.more:
			r.flush(ctx)
		case <-ctx.Done():
			r.flush(ctx)
			return
		}
	}
}

// flush stores everything that waits. When ctx has ended it tries only once.
func (r *recorder) flush(ctx context.Context) {
	for {
		r.mu.Lock()
		batch := r.waiting[:min(len(r.waiting), recordBatch)]
		r.mu.Unlock()
		if len(batch) == 0 {
			return
		}
		stored, err := r.store(ctx, batch)
		if err != nil {
			r.log.ErrorContext(ctx, "record attempts", "count", len(batch), "err", err)
			if !wait(ctx, troubleWait) {
				return
			}
			continue
		}
		r.mu.Lock()
		r.waiting = r.waiting[len(batch):]
		if len(r.waiting) == 0 {
			r.waiting = nil
		}
		r.room.Broadcast()
		r.mu.Unlock()
		for i, e := range batch {
			e.lane.recorded(e.result.Delivery, e.result.Due)
			if stored[i] {
				e.lane.d.observe(e.attempted)
			}
		}
	}
}

// store records a batch, and returns for each of its members whether the delivery was
// still pending.
func (r *recorder) store(ctx context.Context, batch []entry) ([]bool, error) {
	ctx = context.WithoutCancel(ctx)
	stored := make([]bool, len(batch))
	err := r.db.UpdateSoon(ctx, func(tx *store.Tx) error {
		for i, e := range batch {
			var err error
			if stored[i], err = tx.Record(ctx, e.result); err != nil {
				return err
			}
		}
		return nil
	})
	return stored, err
}
