package dispatch

import "time"

// pace is how many young attempts of a lane may be under way: it halves when one fails,
// grows by one with each answer, and stays between 1 and what the service allows.
// Attempts that merely take long do not slow it down
// (docs/contract/extensions.md section 3, concurrency).
type pace struct {
	limit   int
	ceiling int
}

// allow sets what the service allows. Raising it raises the limit only if that was not
// below the old one, that is, if there is no trouble.
func (p *pace) allow(ceiling int) {
	if p.limit == p.ceiling || p.limit > ceiling {
		p.limit = ceiling
	}
	p.ceiling = ceiling
}

func (p *pace) answered() { p.limit = min(p.limit+1, p.ceiling) }

func (p *pace) failed() { p.limit = max(p.limit/2, 1) }

// restart begins with one attempt at a time.
func (p *pace) restart() { p.limit = 1 }

// rate spreads the starts of attempts: on average, and but for rateSlack, one every
// interval.
type rate struct {
	interval time.Duration // 0 means no limit
	next     time.Time     // when the next start is in time
}

// rateSlack is how early an attempt may start, so that timers, which are coarse, do not
// make a high rate a lower one.
const rateSlack = 20 * time.Millisecond

// set takes over a number of attempts per second.
func (r *rate) set(perSecond float64) {
	r.interval = 0
	if perSecond > 0 {
		r.interval = time.Duration(float64(time.Second) / perSecond)
	}
}

// wait returns how long the next start must wait; 0 means that it may start.
func (r *rate) wait(now time.Time) time.Duration {
	if r.interval == 0 || !r.next.After(now) {
		return 0
	}
	wait := r.next.Sub(now)
	if r.interval < rateSlack {
		wait -= rateSlack
	}
	return max(wait, 0)
}

// start counts a start at now.
func (r *rate) start(now time.Time) {
	if r.interval == 0 {
		return
	}
	if r.next.Before(now) {
		r.next = now
	}
	r.next = r.next.Add(r.interval)
}
