package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"time"

	"bellhop"
	"bellhop/internal/trouble"
)

const (
	retainEvery = time.Second // how often at most retention looks what has come of age
	retainIdle  = time.Minute // how often at least

	// lookBackEvery is how often retention begins anew with the oldest: what was pending when
	// it passed may have finished. A long backlog at the old end is looked at no more often.
	lookBackEvery = 10 * time.Minute

	// lookBackLeast is how many numbers it then goes back at least: events are numbered some
	// time before they are appended.
	lookBackLeast = 10_000

	warnEvery = time.Hour
)

// never is later than everything.
const never = math.MaxInt64

// retention removes what has finished and is too old, or the oldest of it while the store
// is too large (docs/contract/extensions.md section 6). Numbers ascend with time, so it
// moves two cursors from the old end to the new one: one over deliveries, and behind it
// one over events, which go when their deliveries have gone. Neither looks twice at what
// it has passed, but for a new beginning now and then.
//
// It looks for what may go in transactions that read, and removes it, in ranges of
// numbers, in small ones that ride in the commits of others.
type retention struct {
	db   *DB
	log  *slog.Logger
	pace pace

	deliveries int64     // those up to this number were looked at
	events     int64     // and these
	through    bool      // there are no more deliveries to look at just now
	blocked    bool      // by an event whose deliveries may not all be written
	began      time.Time // when the cursor over deliveries began anew
	back       bool      // the cursor over events shall go back, too
	reopened   int64     // the oldest event behind the cursor that lost a delivery since

	nextAudit bellhop.Time // when audit records are to be looked at

	elsewhere bool // another node is about it just now

	next   bellhop.Time // when something comes of age, or the size is to be looked at
	warned time.Time

	shrinking bool // free pages are being given back
	vacuum    pace
}

// retain removes what may go until ctx ends.
func (db *DB) retain(ctx context.Context, log *slog.Logger) {
	r := &retention{
		db: db, log: log,
		pace:     pace{n: 128, least: 8, most: 1024},
		vacuum:   pace{n: 64, least: 4, most: 1024},
		reopened: never,
	}
	failing := trouble.New(log, slog.LevelError, "store retention")
	for ctx.Err() == nil {
		wait := retainEvery
		if !db.isLeading() {
			wait = retainIdle
		} else if err := r.run(ctx); err == nil {
			failing.Passed("")
			wait = min(max(r.next.Sub(bellhop.TimeOf(time.Now())), retainEvery), retainIdle)
		} else if ctx.Err() == nil {
			failing.Failed(ctx, "", err)
			// What is removed needs room in the log: one that begins anew may have some, also
			// on a full disk.
			signal(db.checkpoint)
			wait = upkeepRetry
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

// run removes all that may go now.
func (r *retention) run(ctx context.Context) error {
	if r.began.IsZero() || time.Since(r.began) >= lookBackEvery {
		r.began, r.back, r.deliveries = time.Now(), true, 0
	}
	now := bellhop.TimeOf(time.Now())
	r.next, r.through = now.Add(retainIdle), false
	if r.db.retainAge > 0 {
		r.next = min(r.next, now.Add(r.db.retainAge)) // what comes in a moment is as old then
	}
	for {
		use, err := r.db.engine.use(ctx)
		if err != nil {
			return err
		}
		over := r.over(use, now)
		limit := limit{now: now, n: r.pace.n}
		if r.db.retainAge > 0 {
			limit.before = now.Add(-r.db.retainAge)
		}
		if over > 0 {
			limit.before, limit.size = never, true
			limit.n = min(limit.n, max(int(over/bigRow), r.pace.least))
		}
		more, err := r.step(ctx, limit)
		if err != nil {
			return err
		}
		if more {
			continue
		}
		if over > 0 && !r.elsewhere {
			r.warn(ctx, use)
		}
		break
	}
	if err := r.removeAgeing(ctx, now); err != nil {
		return err
	}
	return r.giveBack(ctx)
}

// bigRow is how many bytes an event with a delivery rarely has. So no step removes much
// more than it should for size.
const bigRow = 4096

// over returns by how many bytes the store is too large, and says when to look again:
// before what is left can be filled.
func (r *retention) over(use use, now bellhop.Time) int64 {
	const fastest = 64 << 20 // bytes that come in a second
	most := r.db.retainSize
	if most == 0 {
		return 0
	}
	left := most - use.live()
	r.next = min(r.next, now.Add(min(time.Duration(left/fastest)*time.Second, 10*time.Second)))
	return max(-left, 0)
}

func (r *retention) warn(ctx context.Context, use use) {
	if !r.warned.IsZero() && time.Since(r.warned) < warnEvery {
		return
	}
	r.warned = time.Now()
	r.log.WarnContext(ctx, "the store is larger than it should be, but what is left in it is pending, or neither event nor delivery",
		"bytes", use.live(), "retainSize", r.db.retainSize)
}

// limit says what is too old.
type limit struct {
	before   bellhop.Time // what happened before it
	size     bool         // the store is too large, and no more than is needed shall go
	n        int          // how many rows may go in a step
	now      bellhop.Time // what happened after it did so while the clock was wrong
	complete int64        // the first event whose deliveries may not all be written
}

// young reports whether retention has to stop at what happened then.
func (l limit) young(at bellhop.Time) bool { return at >= l.before && at <= l.now }

// step removes some deliveries and some events, and reports whether there may be more.
func (r *retention) step(ctx context.Context, l limit) (more bool, err error) {
	if r.db.retainAge == 0 && l.before == 0 {
		return false, nil
	}
	var ds deliveryRange
	var es eventRange
	err = r.db.View(ctx, func(tx *Tx) (err error) {
		if l.complete, err = tx.firstIncomplete(ctx); err != nil {
			return err
		}
		r.blocked = false
		if ds, err = r.nextDeliveries(ctx, tx, l); err != nil {
			return fmt.Errorf("look for old deliveries: %w", err)
		}
		if es, err = r.nextEvents(ctx, tx, l); err != nil {
			return fmt.Errorf("look for old events: %w", err)
		}
		if l.size && es.remove && !r.through && !r.back {
			ds = deliveryRange{} // these events come before
		}
		return nil
	})
	if err != nil {
		return false, err
	}
	if ds.remove || es.remove {
		r.pace.start()
		var held time.Duration
		var mine bool
		err = r.db.UpdateSoon(ctx, func(tx *Tx) (err error) {
			begin := time.Now()
			defer func() { held = time.Since(begin) }()
			if mine, err = r.db.engine.tryLock(ctx, tx, removingOld); err != nil || !mine {
				return err
			}
			return tx.removeRanges(ctx, ds, es, l)
		})
		if err != nil {
			return false, err
		}
		if r.elsewhere = !mine; r.elsewhere {
			return false, nil // what is left then this one finds when it looks again
		}
		r.pace.took(held)
		r.pace.rest(ctx)
	}
	more = ds.last > r.deliveries || es.last > r.events
	r.passed(ds, es)
	if !more && r.blocked {
		more, err = r.complete(ctx)
	}
	return more, errors.Join(err, ctx.Err())
}

// complete lets retention pass on to newer events, and reports whether it may.
func (r *retention) complete(ctx context.Context) (more bool, err error) {
	err = r.db.UpdateSoon(ctx, func(tx *Tx) (err error) {
		more, err = tx.completeRows(ctx)
		return err
	})
	if !more {
		r.next = 0 // soon: rows are deferred for moments
	}
	return more, err
}

// passed moves the cursors. When the one over deliveries has begun anew, the other goes
// back as soon as it is known how far.
func (r *retention) passed(ds deliveryRange, es eventRange) {
	r.deliveries = max(r.deliveries, ds.last)
	r.events = max(r.events, es.last)
	if ds.remove && ds.oldestEvent <= r.events {
		r.reopened = min(r.reopened, ds.oldestEvent)
	}
	if r.back && (ds.remove || r.through) {
		r.events = max(min(r.events-lookBackLeast, r.reopened-1), 0)
		r.back, r.reopened = false, never
	}
}

func (tx *Tx) removeRanges(ctx context.Context, ds deliveryRange, es eventRange, l limit) error {
	if err := tx.removeDeliveries(ctx, ds, l); err != nil {
		return fmt.Errorf("remove old deliveries: %w", err)
	}
	if err := tx.removeEvents(ctx, es, l); err != nil {
		return fmt.Errorf("remove old events: %w", err)
	}
	_, err := tx.exec(ctx, "UPDATE removed SET event = CASE WHEN event < $1 THEN $1 ELSE event END, delivery = CASE WHEN delivery < $2 THEN $2 ELSE delivery END", es.last, ds.lastRow)
	return err
}
