package store

import (
	"context"

	"bellhop"
)

// ageingStep is how many of them go in one commit.
const ageingStep = 500

// removeAgeing removes what has come of age of all other rows.
func (r *retention) removeAgeing(ctx context.Context, now bellhop.Time) error {
	if r.db.retainAge == 0 {
		return nil
	}
	before := now.Add(-r.db.retainAge)
	for removed := ageingStep; removed == ageingStep; {
		r.pace.start()
		err := r.db.UpdateSoon(ctx, func(tx *Tx) (err error) {
			removed, err = tx.DropStats(ctx, before, ageingStep)
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
