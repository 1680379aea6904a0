package dispatch_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"bellhop"
	"bellhop/internal/dispatch"
	"bellhop/internal/store"
)

// step lets one thing happen.
func (s *simulation) step() {
	switch s.pick(22) {
	case 0, 1:
		s.restart()
	case 2:
		s.crash()
	case 3, 4:
		if x := oneOf(s, s.lanes...); !x.patient {
			s.change(x, func(t *dispatch.Target) { t.Active = !t.Active })
		}
	case 5:
		x := oneOf(s, s.lanes...)
		s.change(x, nil)
	case 6, 7:
		if x := oneOf(s, s.lanes...); x.downFor > 0 {
			s.mu2.Lock()
			x.down = time.Now().Add(x.downFor)
			s.mu2.Unlock()
		}
	case 8:
		s.fail(oneOf(s, 100*time.Millisecond, 3*time.Second, time.Minute))
	case 9:
		s.holdUp(oneOf(s, 30*time.Millisecond, 500*time.Millisecond, 3*time.Second))
	case 10:
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(s.publishSome)
		}
		wg.Wait()
	case 11, 12:
		s.comeOrGo(oneOf(s, s.lanes...))
	default:
		s.publishSome()
	}
	s.checkHeld()
	switch {
	case s.happens(0.05):
		s.sleep(time.Duration(s.pick(10*60)) * time.Second)
	case s.happens(0.7):
		time.Sleep(time.Duration(s.pick(1000)) * time.Millisecond)
	}
}

func (s *simulation) change(x *simulated, change func(t *dispatch.Target)) {
	for _, other := range s.lanes {
		if other.service == x.service {
			other.touched = append(other.touched, time.Now())
		}
	}
	s.set(x.service, change)
}

func (s *simulation) publishSome() {
	x := oneOf(s, s.lanes...)
	n := 1 + s.pick(5)
	switch {
	case x.well:
	case s.limits.UnderWay > 0 && s.happens(0.05):
		n = 60 // more than fits in a lane
	case s.happens(0.003):
		n = 600
	}
	distinct := oneOf(s, 1, 5, 5, 50)
	var keys []string
	for range n {
		keys = append(keys, fmt.Sprint(s.pick(distinct)))
	}
	s.publishIn(x.id, x.service, func() int {
		if s.happens(0.05) {
			return s.pick(20_000)
		}
		return 0
	}, keys...)
}

func (s *simulation) restart() {
	from := time.Now()
	s.end()
	if s.happens(0.3) {
		if err := s.db.Close(); err != nil {
			s.t.Error(err)
		}
		s.mu.Lock()
		s.d = nil
		s.mu.Unlock()
		s.open()
	}
	s.begin()
	s.starts = append(s.starts, time.Now())
	s.trouble = append(s.trouble, span{from, time.Now()})
}

func (s *simulation) crash() {
	s.crashes = append(s.crashes, time.Now())
	from, drain := time.Now(), s.drain
	s.kill()
	s.begin()
	s.drain = drain
	s.starts = append(s.starts, time.Now())
	s.trouble = append(s.trouble, span{from, time.Now()})
}

// fail makes services unreadable or consequences fail for a while.
func (s *simulation) fail(d time.Duration) {
	now := time.Now()
	s.trouble = append(s.trouble, span{now, now.Add(d + 2*time.Second)})
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.targetErr == nil && s.happens(0.5) {
		s.targetErr = context.DeadlineExceeded
		time.AfterFunc(d, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.targetErr = nil
		})
		return
	}
	s.broken = now.Add(d)
}

// holdUp keeps the store busy for a while.
func (s *simulation) holdUp(d time.Duration) {
	now := time.Now()
	s.trouble = append(s.trouble, span{now, now.Add(d)})
	err := s.db.Update(context.WithoutCancel(s.t.Context()), func(*store.Tx) error {
		time.Sleep(d)
		return nil
	})
	if err != nil {
		s.t.Error(err)
	}
}

// consequences lets some outcomes have one. A 410 makes its service inactive, as in the whole.
func (s *simulation) consequences(o *dispatch.Outcome) storeFunc {
	if o.HTTP == http.StatusGone && o.Status == bellhop.Dead {
		inactive := *s.targets[o.Service]
		inactive.Active = false
		s.targets[o.Service] = &inactive
	} else if o.Change == dispatch.Unchanged && s.happens(0.8) {
		return nil
	}
	return func(context.Context, *store.Tx) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		if time.Now().Before(s.broken) {
			return &bellhop.Error{Code: bellhop.Unavailable, Message: "not now"}
		}
		return nil
	}
}

// linger lets others go on between a read and what comes of it.
func (s *simulation) linger() {
	if s.happens(0.3) {
		time.Sleep(time.Duration(s.pick(60)) * time.Millisecond)
	}
}

func (s *simulation) laneOf(a *arrival) *simulated {
	for _, x := range s.lanes {
		if x.id == a.Lane {
			return x
		}
	}
	return nil
}

func (s *simulation) reply(a *arrival) reply {
	x := s.laneOf(a)
	s.mu2.Lock()
	down, failing, slow, ending := time.Now().Before(x.down), x.failing, x.slow, s.ending
	s.mu2.Unlock()
	r := reply{status: 200, after: time.Duration(s.pick(30)) * time.Millisecond}
	if x.lags && s.happens(0.2) {
		r.late = time.Duration(s.pick(3000)) * time.Millisecond
	}
	if x.tunnel != "" && !x.lags && x.rate == 0 && s.happens(0.2) {
		r.turn = time.Duration(s.pick(4000)) * time.Millisecond
	}
	switch {
	case x.well:
		return reply{status: 200, after: time.Duration(s.pick(3)) * time.Millisecond}
	case down:
		r.status = oneOf(s, 0, 0, 500, 503)
		if r.status == 0 && s.happens(0.3) {
			r.after = never
		}
		return r
	case x.tunnel != "" && !ending && s.happens(0.03):
		return reply{silent: true, after: time.Duration(s.pick(19_000)) * time.Millisecond}
	case s.happens(slow):
		r.after = time.Duration(s.pick(25_000)) * time.Millisecond
		if x.patient {
			r.after = r.after * 3 / 4 // no timeout, so that the endpoint never counts as down
		}
	case s.happens(0.05):
		r.after = time.Second
	}
	if s.happens(failing) {
		r.status = oneOf(s, 0, 500, 503, 302, 404, 429, 410)
		if r.status == http.StatusGone && (ending || s.happens(0.8)) {
			r.status = 408
		}
		if s.happens(0.2) {
			r.header = http.Header{"Retry-After": {oneOf(s, "1", "60", "1000", "100000", "no")}}
		}
	}
	return r
}
