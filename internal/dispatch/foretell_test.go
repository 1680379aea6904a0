package dispatch_test

import (
	"fmt"
	"testing"
	"time"

	"bellhop"
	"bellhop/internal/dispatch"
)

// What is foretold is what a dispatcher does.
func TestForetell(t *testing.T) {
	for _, c := range []struct {
		name string
		busy bool
		bad  reply
		how  dispatch.Trouble
		from time.Duration // before the event
		long time.Duration
	}{
		{"alone, a short one", false, reply{status: 500}, dispatch.Trouble{Status: 500}, 0, 4 * time.Minute},
		{"alone, in the middle of one", false, reply{}, dispatch.Trouble{}, time.Hour, 3 * time.Hour},
		{"alone, a long one", false, reply{status: 500}, dispatch.Trouble{Status: 500}, 0, 8 * time.Hour},
		{"alone, never answered", false, reply{after: never, status: 200}, dispatch.Trouble{Timeout: true, Took: 20 * time.Second}, 0, 4 * time.Hour},
		{"alone, too long", false, reply{status: 500}, dispatch.Trouble{Status: 500}, time.Hour, 40 * time.Hour},
		{"alone, with Retry-After", false, later(503, "600"), dispatch.Trouble{Status: 503, RetryAfter: 10 * time.Minute}, 0, 8 * time.Hour},
		{"alone, redirected", false, reply{status: 302}, dispatch.Trouble{Status: 302}, 0, 8 * time.Hour},
		{"alone, before it", false, reply{status: 500}, dispatch.Trouble{Status: 500}, -time.Minute, time.Hour},
		{"busy, a short one", true, reply{status: 500}, dispatch.Trouble{Status: 500}, 2 * time.Second, 7 * time.Second},
		{"busy, a pause", true, reply{status: 500}, dispatch.Trouble{Status: 500}, 20 * time.Second, 10 * time.Minute},
		{"busy, a pause by 429", true, later(429, "100"), dispatch.Trouble{Status: 429, RetryAfter: 100 * time.Second}, 20 * time.Second, 10 * time.Minute},
		{"busy, never answered", true, reply{after: never, status: 200}, dispatch.Trouble{Timeout: true, Took: 20 * time.Second}, 2 * time.Minute, 10 * time.Minute},
		{"busy, shortly after it", true, reply{status: 500}, dispatch.Trouble{Status: 500}, 10*time.Minute + 5*time.Second, 10 * time.Minute},
	} {
		inWorld(t, c.name, func(t *testing.T, w *world) {
			begin := time.Now().Add(10*time.Second + time.Millisecond)
			event := begin.Add(c.from - time.Millisecond)
			w.answer = func(a *arrival) reply {
				if a.at.Before(begin) || !a.at.Before(begin.Add(c.long)) {
					return reply{status: 200}
				}
				return c.bad
			}
			w.begin()
			service := w.service(nil)
			if !c.busy {
				w.sleep(max(time.Until(event), 0))
			}
			for i := 0; time.Now().Before(event); i++ {
				w.publish(service, fmt.Sprint(i))
				w.sleep(time.Second)
			}
			if !c.busy && c.from < 0 {
				event = time.Now()
			}
			own := len(w.sent)
			w.publish(service, "own")
			for i := 0; c.busy && i < 11*60; i++ {
				w.sleep(time.Second)
				w.publish(service, fmt.Sprint("later ", i))
			}
			w.sleep(26 * time.Hour)

			o := dispatch.Outage{Trouble: c.how, Begin: bellhop.TimeOf(begin), End: bellhop.TimeOf(begin.Add(c.long)), Busy: c.busy}
			early, late := dispatch.Foretell(bellhop.TimeOf(event), o, -1), dispatch.Foretell(bellhop.TimeOf(event), o, 1)
			var seen []bellhop.Time
			for _, a := range w.seen() {
				if a.nth == own {
					seen = append(seen, bellhop.TimeOf(a.at))
				}
			}
			d := w.stored(own)
			if d.Status != early.Status || d.Status != late.Status {
				t.Fatalf("it is %s, foretold was %+v to %+v", d.Status, early, late)
			}
			for i := range min(len(seen), len(early.Attempts), len(late.Attempts), 10) {
				if seen[i] < early.Attempts[i].Add(-10*time.Millisecond) || seen[i] > late.Attempts[i].Add(time.Second+2*c.how.Took) {
					t.Errorf("attempt %d at %v, foretold %v to %v", i+1, seen[i], early.Attempts[i], late.Attempts[i])
				}
			}
			if paused := len(w.changes()) > 0; paused != (early.Paused > 0) || paused != (late.Paused > 0) {
				t.Errorf("paused: %v, foretold %v and %v", paused, early.Paused, late.Paused)
			}
			if d.Status == bellhop.Dead {
				if got := len(seen); got < len(late.Attempts)-5 || got > len(early.Attempts)+5 {
					t.Errorf("%d attempts, foretold %d to %d", got, len(late.Attempts), len(early.Attempts))
				}
				return
			}
			at := seen[len(seen)-1]
			switch {
			case early.Paused == 0: // the schedule alone
				if at < early.Attempts[0] || at > late.At.Add(time.Hour) {
					t.Errorf("arrived at %v, foretold %v to %v", at, early.At, late.At)
				}
			case c.busy: // jitter has little say; what is still under way is not probed
				if off := at.Sub(early.At).Abs(); off > 3*time.Second+c.how.Took {
					t.Errorf("arrived at %v, foretold %v", at, early.At)
				}
			default:
				for _, at := range []bellhop.Time{at, early.At, late.At} {
					if at < o.End || at > o.End.Add(5*time.Minute+c.how.Took+c.how.RetryAfter) {
						t.Errorf("arrived at %v, foretold %v to %v, and it was back at %v", at, early.At, late.At, o.End)
					}
				}
			}
		})
	}
}
