package store

import (
	"context"
	"time"
)

// All that runs for every event is prepared once on a connection, and meant for an index. PostgreSQL makes its plan when it runs
// first, maybe when nearly nothing is there, and keeps it until it has looked at the table again, which it does once a minute at
// best: until then a plan that reads a whole table, because that is small, does so when it has become large. And how many
// deliveries are pending it never knows: when it has counted them they are done.
//
// So who writes, and who reads what waits, does not let it choose freely: one plan for any parameters, which looks up what it
// joins row by row, and reads no whole table. Who reads what waits gets it in the order of an index, and sorts nothing: or else
// one of the indexes of lists, which has all that is pending, would be read for each lane. All others, which read for people, get the
// plan that is the best one just now.
const (
	writerPlans = `set_config('plan_cache_mode', 'force_generic_plan', $1), set_config('enable_seqscan', 'off', $1),
		set_config('enable_hashjoin', 'off', $1), set_config('enable_mergejoin', 'off', $1)`
	waitingPlans = "SELECT " + writerPlans + ", set_config('enable_sort', 'off', $1)"
)

// readWaiting makes the transaction of s one that reads what waits.
func (s *session) readWaiting(ctx context.Context) error {
	stmt, err := s.stmt(ctx, waitingPlans)
	if err == nil {
		_, err = stmt.ExecContext(ctx, true)
	}
	if err != nil {
		return notReached(err)
	}
	return nil
}

// forgetPlans has the server make plans anew, by what is there then.
const forgetPlans = "DISCARD PLANS"

const (
	firstPlansFor = time.Second
	plansFor      = time.Minute
)

// plans is how long the plans of a connection are good for. The first ones are so for a second, since a store that is new may grow
// fast; each later ones twice as long, up to a minute.
type plans struct {
	until time.Time
	next  time.Duration
}

// areOld reports whether plans are to be made anew, which the caller does then.
func (p *plans) areOld(now time.Time) bool {
	isNew := p.until.IsZero()
	if isNew {
		p.next = firstPlansFor
	} else if now.Before(p.until) {
		return false
	}
	p.until, p.next = now.Add(p.next), min(2*p.next, plansFor)
	return !isNew
}
