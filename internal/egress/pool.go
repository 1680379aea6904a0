package egress

import (
	"container/list"
	"context"
	"slices"
	"sync"
	"time"
)

const (
	// idleTime is less than the 4 s of docs/contract/delivery.md section 7 by what a request may
	// need to reach the endpoint.
	idleTime = 3500 * time.Millisecond
	// maxAge makes a busy connection follow its name to other addresses some day.
	maxAge = 2 * time.Minute
)

// pool keeps idle connections and says who may open one. A seat is the right to one connection,
// open or yet to be opened; an idle connection keeps the seat it was opened on.
//
//	take ──> seat (an attempt's) ──leave──> waiter, or idle, or given back
//	  ▲                                             │
//	  └─────────────────────────────────────────────┘
type pool struct {
	max int

	mu             sync.Mutex
	open           int // seats in use, idle ones included
	sites          map[origin]*site
	shares         map[string]share
	queue          list.List // of *waiter; only while all seats are taken and none is idle
	oldest, newest *conn     // the idle connections, by when they became idle
	sweeping       bool
	sweeper        *time.Timer
}

// site is what is open to one origin. Connections that became idle last stand last.
type site struct {
	origin origin
	open   int
	idle   []*conn
}

// share is what an owner has.
type share struct{ active, waiting int }

// seat is the right to one connection. conn is nil until it is dialed.
type seat struct {
	conn  *conn
	site  *site
	owner string
}

type waiter struct {
	at      origin
	owner   string
	place   *list.Element // nil once it has got a seat
	granted chan seat
}

func newPool(most int) *pool {
	return &pool{max: most, sites: map[origin]*site{}, shares: map[string]share{}}
}

// take returns a seat, with an idle connection if there is a good one. At the bound it waits until
// ctx ends or patience does, the latter with ErrNoSocket.
func (p *pool) take(ctx context.Context, at origin, owner string, patience time.Duration) (seat, error) {
	if err := ctx.Err(); err != nil {
		return seat{}, err
	}
	p.mu.Lock()
	s, evicted, ok := p.seatNow(at, owner)
	if !ok {
		w := p.enqueue(at, owner)
		p.mu.Unlock()
		return p.wait(ctx, w, patience)
	}
	p.mu.Unlock()
	evicted.close()
	if s.conn != nil && !s.conn.isFit(time.Now()) {
		s.conn.close()
		s.conn = nil
	}
	return s, nil
}

// isFit reports whether an idle connection can be used.
func (c *conn) isFit(now time.Time) bool {
	return now.Sub(c.idleSince) < idleTime && now.Sub(c.born) < maxAge && c.probe.isQuiet()
}

func (p *pool) seatNow(at origin, owner string) (s seat, evicted *conn, ok bool) {
	own := p.shares[owner]
	st := p.sites[at]
	switch {
	case st != nil && len(st.idle) > 0:
		s.conn = st.idle[len(st.idle)-1]
		p.unlink(s.conn)
		p.release(st)
	case p.open < p.max:
	case p.oldest != nil:
		evicted = p.oldest
		p.unlink(evicted)
		p.release(evicted.site)
	case own.active == 0: // one beyond the bound, so that nobody is shut out
	default:
		return seat{}, nil, false
	}
	own.active++
	p.shares[owner] = own
	s.site, s.owner = p.occupy(at), owner
	return s, evicted, true
}

func (p *pool) occupy(at origin) *site {
	st := p.sites[at]
	if st == nil {
		st = &site{origin: at}
		p.sites[at] = st
	}
	st.open++
	p.open++
	return st
}

func (p *pool) release(st *site) {
	p.open--
	st.open--
	if st.open == 0 {
		delete(p.sites, st.origin)
	}
}

// leave gives a seat back: to who waits, or to the idle ones, or to nobody.
func (p *pool) leave(s seat) {
	now := time.Now()
	reusable := s.conn != nil && !s.conn.spent && now.Sub(s.conn.born) < maxAge
	unneeded := s.conn

	p.mu.Lock()
	own := p.shares[s.owner]
	own.active--
	p.setShare(s.owner, own)
	switch w := p.nextWaiter(s.owner, own); {
	case w != nil:
		p.release(s.site)
		next := seat{site: p.occupy(w.at), owner: w.owner}
		if reusable && w.at == s.site.origin {
			next.conn, unneeded = s.conn, nil
		}
		p.grant(w, next)
	case reusable && p.open <= p.max:
		s.conn.site = s.site
		p.link(s.conn, now)
		unneeded = nil
	default:
		p.release(s.site)
	}
	p.mu.Unlock()
	unneeded.close()
}

func (p *pool) setShare(owner string, own share) {
	if own == (share{}) {
		delete(p.shares, owner)
		return
	}
	p.shares[owner] = own
}

// link adds a connection to the idle ones and sees to it that it does not stay for long.
func (p *pool) link(c *conn, now time.Time) {
	c.idleSince = now
	c.site.idle = append(c.site.idle, c)
	c.prev, c.next = p.newest, nil
	if p.newest != nil {
		p.newest.next = c
	} else {
		p.oldest = c
	}
	p.newest = c
	if !p.sweeping {
		p.sweepIn(idleTime)
	}
}

func (p *pool) unlink(c *conn) {
	idle := c.site.idle
	if last := len(idle) - 1; idle[last] == c {
		idle[last] = nil
		c.site.idle = idle[:last]
	} else {
		i := slices.Index(idle, c)
		c.site.idle = slices.Delete(idle, i, i+1)
	}
	if c.prev != nil {
		c.prev.next = c.next
	} else {
		p.oldest = c.next
	}
	if c.next != nil {
		c.next.prev = c.prev
	} else {
		p.newest = c.prev
	}
	c.prev, c.next = nil, nil
}

func (p *pool) sweepIn(d time.Duration) {
	p.sweeping = true
	if p.sweeper == nil {
		p.sweeper = time.AfterFunc(d, p.sweep)
		return
	}
	p.sweeper.Reset(d)
}

// sweep closes what has been idle for too long, and comes again as long as something is idle.
func (p *pool) sweep() {
	now := time.Now()
	p.mu.Lock()
	p.sweeping = false
	closing := p.evict(func(c *conn) bool { return now.Sub(c.idleSince) >= idleTime })
	if p.oldest != nil {
		p.sweepIn(idleTime - now.Sub(p.oldest.idleSince))
	}
	p.mu.Unlock()
	for _, c := range closing {
		c.close()
	}
}

func (p *pool) closeIdle() {
	p.mu.Lock()
	closing := p.evict(func(*conn) bool { return true })
	p.mu.Unlock()
	for _, c := range closing {
		c.close()
	}
}

// evict removes the oldest idle connections as long as is says so, and returns them.
func (p *pool) evict(is func(*conn) bool) []*conn {
	var out []*conn
	for p.oldest != nil && is(p.oldest) {
		c := p.oldest
		p.unlink(c)
		p.release(c.site)
		out = append(out, c)
	}
	return out
}
