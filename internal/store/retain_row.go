package store

import (
	"context"
	"fmt"

	"bellhop"
)

// ageing are the statements that remove other rows that are as old as events may be: at
// most $2 of those from before $1, found by an index.
func ageing() []string {
	return []string{}
}

// ageingStep is how many of them go in one commit.
const ageingStep = 500

// removeAgeing removes what has come of age of all other rows.
func (r *retention) removeAgeing(ctx context.Context, now bellhop.Time) error {
	if r.db.retainAge == 0 {
		return nil
	}
	before := now.Add(-r.db.retainAge)
	for _, text := range ageing() {
		for removed := int64(ageingStep); removed == ageingStep; {
			r.pace.start()
			err := r.db.UpdateSoon(ctx, func(tx *Tx) (err error) {
				removed, err = tx.exec(ctx, text, before, ageingStep)
				tx.pages += removedPages(removed)
				return err
			})
			if err != nil {
				return fmt.Errorf("%s: %w", text, err)
			}
			r.pace.rest(ctx)
		}
	}
	return nil
}
