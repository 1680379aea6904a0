package stats

import (
	"context"
	"time"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/store"
)

// spanOfHour is a twelfth of an hour.
const spanOfHour = 5 * time.Minute

// Hour is how many attempts of a service ended in each twelfth of the last hour, the
// oldest first, by how they ended.
type Hour struct {
	Delivered, Failed [int(time.Hour / spanOfHour)]int64
}

// LastHour returns the last hour of those of the services that the caller may read and
// that had attempts in it. It is made for lists: it takes the same few statements however
// many services there are, and writes nothing of this node.
func (s *Stats) LastHour(ctx context.Context, caller *account.Caller, services []bellhop.ID) (map[bellhop.ID]*Hour, error) {
	s.gather(ctx, "")
	now := bellhop.TimeOf(s.now())
	to := now - now%minute + minute
	from := to.Add(-time.Hour)
	hours := map[bellhop.ID]*Hour{}
	count := func(span int, stat *bellhop.Stat) {
		if hours[stat.Service] == nil {
			hours[stat.Service] = new(Hour)
		}
		hours[stat.Service].Delivered[span] += stat.Delivered
		hours[stat.Service].Failed[span] += stat.Failed
	}
	// While this is held nothing is on its way to the store: it is there or in memory.
	s.flushing.Lock()
	defer s.flushing.Unlock()
	readable := map[bellhop.ID]bool{}
	err := s.db.View(ctx, func(tx *store.Tx) error {
		clear(hours)
		docs, err := tx.Documents(ctx, bellhop.Services, services)
		if err != nil {
			return err
		}
		var ids []bellhop.ID
		for _, doc := range docs {
			if caller.MayRead(bellhop.Services, doc) == nil {
				ids, readable[doc.ID] = append(ids, doc.ID), true
			}
		}
		return tx.StatSums(ctx, ids, from, to, spanOfHour, count)
	})
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for service := range readable {
		for at := from; at < to; at += minute {
			if cell := s.cells[cellKey{service, at}]; cell != nil {
				count(int((at-from)/bellhop.Time(spanOfHour.Milliseconds())), cell)
			}
		}
	}
	return hours, nil
}
