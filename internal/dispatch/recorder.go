package dispatch

import (
	"context"
	"slices"
	"sync"

	"bellhop/internal/store"
	"bellhop/internal/trouble"
)

// recorder stores plain results in batches: they need no commit of their own, and ride
// in the next one. Two batches are on their way: while one is committed, the other waits
// for the commit after it, and takes along what has come until that begins.
type recorder struct {
	db      *store.DB
	failing *trouble.Teller

	mu      sync.Mutex
	room    sync.Cond // waited on by those who find waiting full
	waiting []entry
	riding  bool          // somebody waits for a commit, to take along what waits then
	taken   int           // results in batches that are being stored
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

func newRecorder(db *store.DB, failing *trouble.Teller) *recorder {
	r := &recorder{db: db, failing: failing, more: make(chan struct{}, 1)}
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
	e.lane.share.hands.Add(1)
	r.waiting = append(r.waiting, e)
	r.mu.Unlock()
	r.wake()
}

func (r *recorder) wake() {
	select {
	case r.more <- struct{}{}:
	default:
	}
}

// hasRoom waits for room, and returns false if ctx ends before there is some.
func (r *recorder) hasRoom(ctx context.Context) bool {
	if r.unrecorded() < maxUnrecorded {
		return true
	}
	defer context.AfterFunc(ctx, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.room.Broadcast()
	})()
	for r.unrecorded() >= maxUnrecorded && ctx.Err() == nil {
		r.room.Wait()
	}
	return r.unrecorded() < maxUnrecorded
}

func (r *recorder) unrecorded() int { return len(r.waiting) + r.taken }

// run stores results until ctx ends, and then what is left.
func (r *recorder) run(ctx context.Context) {
	var both sync.WaitGroup
	both.Go(func() { r.work(ctx) })
	both.Go(func() { r.work(ctx) })
	both.Wait()
}

func (r *recorder) work(ctx context.Context) {
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
	for r.ride() {
		batch, stored, err := r.store(ctx)
		r.ended(batch, err)
		if err != nil {
			r.failing.Failed(context.WithoutCancel(ctx), "", err, "count", len(batch))
			if !wait(ctx, troubleWait) {
				return
			}
			continue
		}
		r.failing.Passed("")
		for i, e := range batch {
			e.lane.recorded(e.result.Delivery, e.result.Due)
			if stored[i] {
				e.lane.d.observe(e.attempted)
			}
			e.lane.share.hands.Done()
		}
	}
}

// drop forgets the results that may not be written any more.
func (r *recorder) drop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waiting = slices.DeleteFunc(r.waiting, func(e entry) bool {
		lost := e.lane.share.lost.Load()
		if lost {
			e.lane.share.hands.Done()
		}
		return lost
	})
	r.room.Broadcast()
}

// ride reports whether the caller has to take what waits to the next commit, which
// somebody else may be about to do.
func (r *recorder) ride() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.riding || len(r.waiting) == 0 {
		return false
	}
	r.riding = true
	return true
}

// take returns the next batch, which is nobody else's until ended.
func (r *recorder) take() []entry {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := min(len(r.waiting), recordBatch)
	batch := slices.Clone(r.waiting[:n])
	r.waiting = r.waiting[n:]
	if len(r.waiting) == 0 {
		r.waiting = nil
	} else {
		r.wake() // the rest need not wait for the end of this commit
	}
	r.riding = false
	r.taken += n
	return batch
}

// ended ends what take has begun: what could not be stored waits again.
func (r *recorder) ended(batch []entry, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.taken -= len(batch)
	if batch == nil {
		r.riding = false // the transaction has not begun
	}
	if err != nil {
		r.waiting = slices.Concat(batch, r.waiting)
	} else {
		r.room.Broadcast()
	}
}

// store stores a batch, which it takes when its transaction begins, and returns for each
// of its members whether the delivery was still pending.
func (r *recorder) store(ctx context.Context) (batch []entry, stored []bool, err error) {
	ctx = context.WithoutCancel(ctx)
	err = r.db.UpdateLazily(ctx, func(tx *store.Tx) error {
		if batch == nil { // it may run again
			batch = r.take()
		}
		var results []store.Result
		var of []int // which of the batch they are
		for i, e := range batch {
			if e.lane.share.mayWrite(tx) { // else another node delivers it
				results, of = append(results, e.result), append(of, i)
			}
		}
		pending, err := tx.RecordAll(ctx, results)
		if err != nil {
			return err
		}
		stored = make([]bool, len(batch))
		for i, p := range pending {
			stored[of[i]] = p
		}
		return nil
	})
	return batch, stored, err
}
