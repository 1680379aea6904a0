package dispatch_test

import (
	"slices"
	"strings"
	"time"

	"bellhop"
	"bellhop/internal/store"
)

// check looks at all that arrived and all that is stored:
//
//   - every delivery ends delivered or dead, none is lost, and it dies only of what the
//     contract says;
//   - what was answered 2xx is sent again only if a crash came between answer and record;
//   - attempts are numbered one after the other;
//   - first attempts of a key begin in the order of events, and the next one not before the one
//     before was answered or was out for a second;
//   - what was on its way to a tunnel whose listener left goes before all that follows it;
//   - where nothing but handlers holds a lane up, it begins no later than that;
//   - what is sent to an endpoint that is well begins at once, whatever the others do;
//   - no lane has more young attempts than its service allows, all together not more than
//     there are slots, and one for each lane, but for those that had their turn in a tunnel; none
//     starts more often than its rate says;
//   - a lane pauses, probes and resumes as docs/contract/extensions.md section 4 says.
func (s *simulation) check() {
	arrivals := s.seen()[s.arrived:]
	byDelivery := map[int][]*arrival{}
	byLane := map[bellhop.ID][]*arrival{}
	for _, a := range arrivals {
		byDelivery[a.nth] = append(byDelivery[a.nth], a)
		byLane[a.Lane] = append(byLane[a.Lane], a)
	}
	dead := map[bellhop.UUID]int{}
	for i, o := range s.outcomes {
		if o.Status == bellhop.Dead {
			dead[o.Delivery.ID] = i
		}
	}
	stored := s.storedFrom(s.begins)
	for i, d := range stored {
		nth := s.begins + i
		s.checkOne(nth, d, byDelivery[nth])
		if d.Status == bellhop.Dead {
			i, told := dead[d.ID]
			if !told {
				s.failf("nobody was told that delivery %d died", nth)
				continue
			}
			s.checkDeath(nth, i, byDelivery[nth])
		}
	}
	for _, x := range s.lanes {
		if got := mostYoung(byLane[x.id]); got > x.limit {
			s.failf("%d attempts at once, want %d", got, x.limit)
		}
		if !x.unordered {
			s.checkOrder(x, byLane[x.id])
		}
		s.checkRate(x, byLane[x.id])
		s.checkPauses(x, byLane[x.id])
		if x.well {
			s.checkWell(x, byLane[x.id])
		}
	}
	if most := s.limits.UnderWay; most > 0 {
		arrivals = slices.DeleteFunc(arrivals, func(a *arrival) bool { return a.request.Begun != nil })
		if got := mostYoung(arrivals); got > most+len(s.lanes) {
			s.failf("%d attempts at once, want %d and one for each of %d lanes", got, most, len(s.lanes))
		}
	}
}

func (s *simulation) failf(format string, args ...any) {
	s.t.Helper()
	s.t.Errorf("seed %d: "+format, append([]any{s.seed}, args...)...)
}

// storedFrom returns all deliveries from nth on as the store has them.
func (s *simulation) storedFrom(nth int) (all []store.StoredDelivery) {
	err := s.db.ViewDeliveries(s.t.Context(), func(tx *store.Tx) error {
		for _, sent := range s.sent[nth:] {
			d, _, err := tx.Delivery(s.t.Context(), sent.ID)
			if err != nil {
				return err
			}
			all = append(all, d)
		}
		return nil
	})
	if err != nil {
		s.t.Errorf("delivery %d: %v", nth+len(all), err)
	}
	return all
}

func (s *simulation) checkOne(nth int, d store.StoredDelivery, all []*arrival) {
	if d.Status == bellhop.Pending {
		s.failf("delivery %d is pending after %d requests: %+v", nth, len(all), d.Delivery)
	}
	if len(all) == 0 {
		if d.Status == bellhop.Delivered || d.Attempts > 0 {
			s.failf("delivery %d is %s without a request", nth, d.Status)
		}
		return
	}
	for i, a := range all[:len(all)-1] {
		next := all[i+1]
		if next.attempt != a.attempt && next.attempt != a.attempt+1 {
			s.failf("delivery %d: attempt %d after %d", nth, next.attempt, a.attempt)
		}
		if next.attempt == a.attempt && !a.cut && !s.crashed(a.ended, next.at) && !s.settlesLate(a.ended, next.at) {
			s.failf("delivery %d: attempt %d was made at %v and again at %v", nth, a.attempt, a.at.Sub(s.began), next.at.Sub(s.began))
		}
		if a.good && !s.crashed(a.ended, next.at) && !s.settlesLate(a.ended, next.at) {
			s.failf("delivery %d was answered 2xx at %v and sent again at %v", nth, a.ended.Sub(s.began), next.at.Sub(s.began))
		}
	}
	last := all[len(all)-1]
	if d.Attempts != last.attempt && !(last.cut && d.Attempts == last.attempt-1) {
		s.failf("delivery %d: %d attempts recorded, the last was %d", nth, d.Attempts, last.attempt)
	}
	if d.Status == bellhop.Delivered && !last.good {
		s.failf("delivery %d counts as delivered", nth)
	}
}

// settlesLate reports whether the server ended in that time while a consequence failed: then
// the outcome is not recorded.
func (s *simulation) settlesLate(from, to time.Time) bool {
	return slices.ContainsFunc(s.trouble, func(p span) bool { return !p.to.Before(from) && !p.from.After(to) }) &&
		slices.ContainsFunc(s.starts, func(at time.Time) bool { return !at.Before(from) && !at.After(to) })
}

// crashed reports whether there was a crash from then to then.
func (s *simulation) crashed(from, to time.Time) bool {
	return slices.ContainsFunc(s.crashes, func(at time.Time) bool { return !at.Before(from) && !at.After(to) })
}

// checkDeath checks why a delivery died.
func (s *simulation) checkDeath(nth, outcome int, all []*arrival) {
	o, at := s.outcomes[outcome], s.told[outcome]
	ends := s.sent[nth].Ends.Time()
	switch {
	case o.HTTP >= 400 && o.HTTP < 500 && !slices.Contains([]int{408, 409, 423, 425, 429}, o.HTTP):
	case strings.HasPrefix(o.Reason, "gave up after 24 h"):
		if at.Before(ends.Add(-70 * time.Minute)) {
			s.failf("delivery %d was given up %v before its end", nth, ends.Sub(at))
		}
	case strings.HasPrefix(o.Reason, "Retry-After leads beyond"):
		if len(all) == 0 || all[len(all)-1].reply.header.Get("Retry-After") != "100000" && ends.Sub(at) > 30*time.Minute {
			s.failf("delivery %d: %s", nth, o.Reason)
		}
	default:
		s.failf("delivery %d died of status %d, %q", nth, o.HTTP, o.Reason)
	}
	if n := len(all); n > 0 && all[n-1].at.After(ends.Add(time.Millisecond)) {
		s.failf("delivery %d was attempted %v after its end", nth, all[n-1].at.Sub(ends))
	}
}

func (s *simulation) checkOrder(x *simulated, arrivals []*arrival) {
	last := map[string]*arrival{}
	begun := map[string]int{}
	lost := map[string][]*arrival{}
	for _, a := range arrivals {
		s.checkLost(a, lost)
		if a.first && begun[a.key] > a.nth {
			s.failf("delivery %d of key %s began after %d", a.nth, a.key, begun[a.key])
			s.history(x, a.key, arrivals)
		}
		begun[a.key] = max(begun[a.key], a.nth)
		if a.attempt > 1 {
			continue // it has lost its place
		}
		before := last[a.key]
		last[a.key] = a
		if before == nil {
			continue
		}
		free := before.at.Add(time.Second)
		if before.ended.Before(free) {
			free = before.ended
		}
		if a.at.Before(free) {
			s.failf("delivery %d of key %s began %v after %d, which was out", a.nth, a.key, a.at.Sub(before.at), before.nth)
		}
		if published := s.sent[a.nth].CreatedAt.Time(); free.Before(published) {
			free = published
		}
		if x.patient && s.limits.UnderWay == 0 && !s.lingers && a.at.Sub(free) > 50*time.Millisecond && !s.troubled(free, a.at) {
			s.failf("delivery %d of key %s began %v after it might", a.nth, a.key, a.at.Sub(free))
		}
	}
}

// troubled reports whether something held up everybody in that time.
func (s *simulation) troubled(from, to time.Time) bool {
	return slices.ContainsFunc(s.trouble, func(p span) bool { return !p.to.Add(time.Second).Before(from) && !p.from.After(to) })
}

func (s *simulation) checkWell(x *simulated, arrivals []*arrival) {
	most := 300 * time.Millisecond
	if s.lingers {
		most = time.Second
	}
	for _, a := range arrivals {
		published := s.sent[a.nth].CreatedAt.Time()
		if late := a.at.Sub(published); late > most && !s.troubled(published, a.at) {
			s.failf("delivery %d of a service that is well began after %v", a.nth, late)
		}
	}
}

// checkRate allows one more start for each process, whose memory begins anew.
func (s *simulation) checkRate(x *simulated, arrivals []*arrival) {
	if x.rate == 0 {
		return
	}
	const window = 10 * time.Second
	from := 0
	for to, a := range arrivals {
		for a.at.Sub(arrivals[from].at) >= window {
			from++
		}
		most := x.rate*(window.Seconds()+0.02) + 2
		for _, at := range s.starts {
			if !at.Before(arrivals[from].at) && !at.After(a.at) {
				most++
			}
		}
		if got := to - from + 1; float64(got) > most {
			s.failf("%d starts within 10 s at a rate of %v", got, x.rate)
			return
		}
	}
}

// checkHeld checks what is in memory now.
func (s *simulation) checkHeld() {
	if s.limits.Held == 0 {
		return
	}
	const largest = 25_000
	if bytes, lanes := s.d.Held(); bytes > 2*s.limits.Held+lanes*2*largest {
		s.failf("%d lanes hold %d bytes of %d", lanes, bytes, s.limits.Held)
	}
}

// history logs what has happened to a key: a seed decides much, but not how goroutines interleave.
func (s *simulation) history(x *simulated, key string, arrivals []*arrival) {
	s.t.Logf("lane %+v, limits %+v, crashes %v", x, s.limits, s.crashes)
	for _, p := range s.trouble {
		s.t.Logf("trouble from %v to %v", p.from.Sub(s.began), p.to.Sub(s.began))
	}
	for _, a := range arrivals {
		if a.key == key {
			s.t.Logf("delivery %d, published at %v: attempt %d at %v, status %d at %v, cut off: %t", a.nth, s.sent[a.nth].CreatedAt.Time().Sub(s.began),
				a.attempt, a.at.Sub(s.began), a.reply.status, a.ended.Sub(s.began), a.cut)
		}
	}
}
