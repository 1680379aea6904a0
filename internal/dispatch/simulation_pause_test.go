package dispatch_test

import (
	"slices"
	"testing"
	"time"

	"bellhop/internal/dispatch"
)

// stretch is a time in which a lane was paused.
type stretch struct {
	from, to time.Time
	resumed  bool // by an answer
}

// checkPauses goes through what endpoints of a lane have answered.
func (s *simulation) checkPauses(x *simulated, arrivals []*arrival) {
	answers := slices.DeleteFunc(slices.Clone(arrivals), func(a *arrival) bool { return a.cut || a.ended.IsZero() })
	slices.SortStableFunc(answers, func(a, b *arrival) int { return a.ended.Compare(b.ended) })
	var paused []stretch
	for i, o := range s.outcomes[s.before:] {
		at := s.told[s.before+i]
		switch {
		case o.Lane != x.id || o.Change == dispatch.Unchanged:
		case o.Change == dispatch.Paused:
			if n := len(paused); n > 0 && paused[n-1].to.IsZero() && !s.startedIn(paused[n-1].from, at) {
				s.failf("paused at %v, and again at %v", paused[n-1].from.Sub(s.began), at.Sub(s.began))
			}
			if !isDown(answers, at) {
				s.failf("paused at %v although its endpoint was not down", at.Sub(s.began))
			}
			paused = append(paused, stretch{from: at})
		case len(paused) == 0 || !paused[len(paused)-1].to.IsZero():
			if !s.startedIn(s.began, at) {
				s.failf("resumed at %v without a pause", at.Sub(s.began))
			}
		default:
			p := &paused[len(paused)-1]
			p.to, p.resumed = at, true
		}
	}
	for i := range paused {
		p := &paused[i]
		if p.to.IsZero() {
			p.to = time.Now()
		}
		if !p.resumed {
			continue
		}
		s.checkProbes(x, p, arrivals)
		for _, a := range answers {
			if !isFailure(a) && a.ended.After(p.from) && a.ended.Before(p.to) && !s.startedIn(p.from, p.to) {
				s.failf("paused until %v though there was an answer at %v", p.to.Sub(s.began), a.ended.Sub(s.began))
			}
		}
	}
	s.checkMissing(answers, paused)
}

// isFailure reports whether an attempt may count as a failure of its endpoint.
func isFailure(a *arrival) bool {
	return a.timeout || a.reply.status == 0 || a.reply.status >= 500 || a.reply.status == 429
}

// isDown reports whether the endpoint may count as down at the time at. The last minute is
// counted in parts of five seconds, so that it has between 55 and 60 of them.
func isDown(answers []*arrival, at time.Time) bool {
	const part = 5 * time.Second
	least := at.Truncate(part).Add(part - time.Minute)
	return isDownSince(answers, at.Add(-time.Minute-time.Millisecond), at) || isDownSince(answers, least, at)
}

// isDownSince is isDown, where the minute begins at from.
func isDownSince(answers []*arrival, from, at time.Time) bool {
	row, attempts, failed := 0, 0, 0
	for _, a := range answers {
		if a.ended.After(at) {
			break
		}
		if !a.ended.Before(from) {
			attempts++
			if isFailure(a) {
				failed++
			}
		}
		switch {
		case isFailure(a):
			row++
		case a.ended.Before(at): // else it may have come after the pause
			row = 0
		}
	}
	return row >= 10 || attempts >= 20 && 2*failed > attempts || attempts >= 20 && 2*failed >= attempts-2
}

// TestMinuteInParts: what is down by the parts of the minute is down for the simulation, too, also
// if a few answers are a little older.
func TestMinuteInParts(t *testing.T) {
	at := time.Date(2026, 1, 1, 0, 10, 1, 0, time.UTC)
	var answers []*arrival
	add := func(n, status int, before time.Duration) {
		for range n {
			answers = append(answers, &arrival{ended: at.Add(-before), reply: reply{status: status}})
		}
	}
	add(8, 200, 58*time.Second)
	add(9, 200, 30*time.Second)
	add(6, 500, 20*time.Second)
	add(1, 200, 10*time.Second)
	if isDown(answers, at) {
		t.Error("it is down after 6 failures of 24 attempts")
	}
	add(6, 500, time.Second)
	if !isDown(answers, at) {
		t.Error("it is not down after 12 failures of 22 attempts in the 56 seconds that are counted")
	}
}

// checkProbes checks that only probes go out, and not too often. One that was lost with the listener of a tunnel is none:
// the endpoint is asked at once when somebody listens again, who may have come before it was lost. So it is when an attempt
// from before the pause is lost. Nor is it known here when a probe began that had to wait for its turn in a tunnel.
func (s *simulation) checkProbes(x *simulated, p *stretch, arrivals []*arrival) {
	touched := slices.Concat(x.touched, s.starts)
	for _, a := range arrivals {
		if a.lost {
			touched = append(touched, a.ended.Add(a.reply.late))
		}
	}
	last, unsure := p.from, false
	for _, a := range arrivals {
		if !a.at.After(p.from) || !a.at.Before(p.to) {
			continue
		}
		since := a.at.Sub(last)
		isTouched := slices.ContainsFunc(touched, func(at time.Time) bool { return !at.Before(last) && !at.After(a.at) })
		if since < 5*time.Second && !isTouched && !unsure && a.reply.turn == 0 {
			s.failf("a probe at %v, %v after the one before", a.at.Sub(s.began), since)
		}
		last, unsure = a.at, a.lost || a.reply.turn > 0
	}
}

// TestProbeAfterLoss: an attempt that began before the pause may be lost during it. Then somebody else may listen, and the
// endpoint is asked at once, which is fine for the simulation, too.
func TestProbeAfterLoss(t *testing.T) {
	inWorld(t, "goes out at once", func(t *testing.T, w *world) {
		began := time.Now()
		w.answer = func(a *arrival) reply {
			switch {
			case a.first && a.nth == 0:
				return reply{silent: true, after: 2 * time.Second, late: 900 * time.Millisecond}
			case time.Since(began) > 10*time.Second:
				return reply{status: 200}
			}
			return reply{status: 500, after: 10 * time.Millisecond} // when all are out
		}
		w.begin()
		service := w.tunneled()
		w.arrive(tunnel)
		w.publish(service, keys(12, "")...)
		w.sleep(time.Minute)
		w.wantChanges(dispatch.Paused, dispatch.Resumed)
		if got, want := w.since(began, 12)[:2], []time.Duration{3 * time.Second, 13*time.Second + 10*time.Millisecond}; !slices.Equal(got, want) {
			t.Errorf("probes after %v, want %v", got, want)
		}
		s := &simulation{world: w, began: began}
		s.checkPauses(&simulated{id: service}, w.seen())
	})
}

// checkMissing checks that whoever fails ten times in a row is paused.
func (s *simulation) checkMissing(answers []*arrival, paused []stretch) {
	row := 0
	var since time.Time
	for i, a := range answers {
		switch {
		case a.timeout: // counts, or does not
		case !isFailure(a), row > 0 && s.startedIn(since, a.ended):
			row = 0
		case row == 0:
			row, since = 1, a.ended
		default:
			row++
		}
		// Several may end at once, in an order that nobody knows.
		if row < 10 || i+1 < len(answers) && answers[i+1].ended.Equal(a.ended) {
			continue
		}
		if !slices.ContainsFunc(paused, func(p stretch) bool { return !p.from.After(a.ended) && !p.to.Before(since) }) {
			s.failf("%d failures in a row until %v, and no pause", row, a.ended.Sub(s.began))
			return
		}
	}
}

// startedIn reports whether a process began in that time.
func (s *simulation) startedIn(from, to time.Time) bool {
	return slices.ContainsFunc(s.starts, func(at time.Time) bool { return !at.Before(from) && !at.After(to) })
}
