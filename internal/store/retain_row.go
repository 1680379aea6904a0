package store

import (
	"context"
	"time"

	"bellhop"
)

// ageingStep is how many of them go in one commit.
const ageingStep = 500

// auditEvery is how often audit records are looked at: they are kept for long.
const auditEvery = time.Minute

// removeAgeing removes what has come of age of all other rows.
func (r *retention) removeAgeing(ctx context.Context, now bellhop.Time) error {
	if r.db.retainAge > 0 {
		before := now.Add(-r.db.retainAge)
		if err := r.removeRows(ctx, func(tx *Tx) (int, error) { return tx.DropStats(ctx, before, ageingStep) }); err != nil {
			return err
		}
	}
	return r.removeAudit(ctx, now)
}

// removeAudit removes audit records.
func (r *retention) removeAudit(ctx context.Context, now bellhop.Time) error {
	if now < r.nextAudit {
		return nil
	}
	r.nextAudit = now.Add(auditEvery)
	var before bellhop.Time
	if r.db.retainAudit > 0 {
		before = now.Add(-r.db.retainAudit)
	}
	var some bool
	err := r.db.View(ctx, func(tx *Tx) (err error) {
		some, err = tx.isAuditOld(ctx, before, MaxAudit)
		return err
	})
	if err != nil || !some {
		return err
	}
	return r.removeRows(ctx, func(tx *Tx) (int, error) { return tx.DropAudit(ctx, before, MaxAudit, ageingStep) })
}

// removeRows has drop remove rows, at most ageingStep of them in one commit, until it finds no more.
func (r *retention) removeRows(ctx context.Context, drop func(*Tx) (int, error)) error {
	for removed := ageingStep; removed == ageingStep; {
		r.pace.start()
		err := r.db.UpdateSoon(ctx, func(tx *Tx) (err error) {
			removed, err = drop(tx)
			tx.pages += removedPages(int64(removed))
			return err
		})
		if err != nil {
			return err
		}
		r.pace.rest(ctx)
	}
	return nil
}
