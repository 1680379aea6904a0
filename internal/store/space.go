package store

import (
	"context"
	"fmt"
	"time"
)

// slackLeast is how many bytes of free pages a store always keeps for what comes.
const slackLeast = 16 << 20

// use is how the database file is used; the log is not in it.
type use struct {
	pages, free int64
	pageSize    int64
	gives       bool // free pages can be given back
}

// live returns the bytes that hold something.
func (u use) live() int64 { return (u.pages - u.free) * u.pageSize }

// excess returns how many free pages are more than what will be used again soon: a
// quarter of the rest is kept, so that a steady load, which frees what it takes, moves
// nothing.
func (u use) excess() int64 {
	return u.free - max((u.pages-u.free)/4, slackLeast/u.pageSize)
}

func (e sqliteEngine) use(ctx context.Context) (u use, err error) {
	err = e.db.View(ctx, func(tx *Tx) error {
		var vacuum int
		for _, value := range []struct {
			pragma string
			dest   any
		}{
			{"PRAGMA page_count", &u.pages}, {"PRAGMA freelist_count", &u.free},
			{"PRAGMA page_size", &u.pageSize}, {"PRAGMA auto_vacuum", &vacuum},
		} {
			if err := tx.get(ctx, value.pragma, nil, value.dest); err != nil {
				return fmt.Errorf("%s: %w", value.pragma, err)
			}
		}
		u.gives = vacuum == 2
		return nil
	})
	return u, err
}

// giveBack makes the file shorter while much of it is free, for a second at most. A page
// at its end is moved to a free one, so this goes on until the excess is gone, and does
// not begin before there is twice as much.
func (r *retention) giveBack(ctx context.Context) error {
	for began := time.Now(); ; {
		u, err := r.db.engine.use(ctx)
		if err != nil || !u.gives || ctx.Err() != nil {
			return err
		}
		r.shrinking = u.excess() > 0 && (r.shrinking || u.excess() > slackLeast/u.pageSize)
		if !r.shrinking {
			return nil
		}
		if time.Since(began) > retainEvery {
			r.next = 0
			return nil
		}
		r.vacuum.start()
		var held time.Duration
		err = r.db.UpdateSoon(ctx, func(tx *Tx) error {
			begin := time.Now()
			defer func() { held = time.Since(begin) }()
			return tx.giveBack(ctx, min(r.vacuum.n, int(u.excess())))
		})
		if err != nil {
			return fmt.Errorf("give free pages back: %w", err)
		}
		r.vacuum.took(held)
		r.vacuum.rest(ctx)
		if u.excess() <= int64(r.vacuum.n) {
			signal(r.db.checkpoint) // the file itself is cut then
		}
	}
}

// giveBack takes n free pages off the end of the database.
func (tx *Tx) giveBack(ctx context.Context, n int) error {
	tx.writes++
	tx.pages += 2 * n
	_, err := tx.session.conn.ExecContext(tx.context(ctx), fmt.Sprintf("PRAGMA incremental_vacuum(%d)", n))
	if err != nil {
		return machineError(err)
	}
	return nil
}
