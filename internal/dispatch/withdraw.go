package dispatch

import (
	"context"

	"bellhop/internal/store"
)

// withdrawn reports whether j was dropped since the lane took it: its replay was stopped.
// Others are never dropped while their service is there, and are not looked for.
func (l *lane) withdrawn(ctx context.Context, j *job) bool {
	if j.Delivery.Replay == "" {
		return false
	}
	pending := true
	err := l.d.config.DB.View(ctx, func(tx *store.Tx) (err error) {
		pending, err = tx.IsPending(ctx, j.Delivery.Seq)
		return err
	})
	if err != nil || pending {
		return false // if that is not known it is attempted: once more is better than never
	}
	l.recorded(j.Delivery.Seq, 0)
	return true
}
