package dispatch_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"bellhop"
	"bellhop/internal/dispatch"
)

// A conversation with thousands of messages that wait keeps nobody else of its service.
func TestHotKey(t *testing.T) {
	inWorld(t, "others begin at once", func(t *testing.T, w *world) {
		w.answer = func(a *arrival) reply {
			if a.key == "hot" {
				return reply{status: 200, after: 900 * time.Millisecond}
			}
			return reply{status: 200}
		}
		w.begin()
		service := w.service(nil)
		w.publish(service, keys(longLine, "hot")...)
		for i := range 100 {
			w.sleep(100 * time.Millisecond)
			start := time.Now()
			w.publish(service, fmt.Sprint("free-", i), "hot")
			w.sleep(10 * time.Millisecond)
			if !slices.ContainsFunc(w.seen(), func(a *arrival) bool { return a.key == fmt.Sprint("free-", i) && a.at.Equal(start) }) {
				t.Fatalf("number %d did not begin at once", i)
			}
			if bytes, _ := w.d.Held(); bytes > 12<<20 {
				t.Fatalf("%d bytes are held", bytes)
			}
		}
		w.sleep((longLine + 100) * time.Second)
		w.wantOnce()
		w.wantInOrder()
		w.wantAll(bellhop.Delivered)
		if all := w.d.Leftovers(); len(all) > 0 {
			t.Errorf("left over: %v", all)
		}
	})
	inWorld(t, "also after a restart, in a lane that is small", func(t *testing.T, w *world) {
		w.limits = dispatch.Limits{Ready: 4, Waiting: 8, Crowded: 4, Read: 4}
		w.answer = func(a *arrival) reply {
			if a.key == "hot" {
				return reply{status: 200, after: 900 * time.Millisecond}
			}
			return reply{status: 200}
		}
		service := w.service(nil)
		w.publish(service, keys(300, "hot")...)
		w.publish(service, keys(100, "")...)
		w.begin()
		w.sleep(100 * time.Millisecond)
		free := slices.DeleteFunc(w.seen(), func(a *arrival) bool { return a.key == "hot" })
		if len(free) != 100 {
			t.Errorf("%d of 100 began at once", len(free))
		}
		w.sleep(10 * time.Minute)
		w.wantOnce()
		w.wantInOrder()
	})
}

// Bots whose handlers wait for the contact's next message.
//
// Contract: delivery.md 7: It must not hold the next event
// Contract: delivery.md 7: For the same reason an attempt
func TestBotsThatWait(t *testing.T) {
	inWorld(t, "are never slowed and never paused", func(t *testing.T, w *world) {
		// Every third message lets a handler wait until its time is over; the next two answer it.
		w.answer = func(a *arrival) reply {
			if a.nth%3 == 0 && a.attempt == 1 {
				return reply{status: 200, after: never}
			}
			return reply{status: 200, after: 50 * time.Millisecond}
		}
		w.begin()
		service := w.service(func(t *dispatch.Target) { t.Concurrency = 4 })
		for i := range 300 {
			start := time.Now()
			w.publish(service, fmt.Sprint(i/3))
			w.sleep(1100 * time.Millisecond)
			if !slices.ContainsFunc(w.seen(), func(a *arrival) bool { return a.nth == i && a.at.Equal(start) }) {
				t.Fatalf("message %d did not begin at once", i)
			}
		}
		w.wantChanges()
		if h := w.d.Health(service); h.Failures > 0 {
			t.Errorf("health %+v", h)
		}
	})
}

// Contract: extensions.md 3: rate
func TestRateOfLane(t *testing.T) {
	inWorld(t, "spreads starts and costs no attempt", func(t *testing.T, w *world) {
		w.begin()
		service := w.service(func(t *dispatch.Target) { t.Rate = 5 })
		w.publish(service, keys(50, "")...)
		w.sleep(10 * time.Second)
		seen := w.seen()
		for i, a := range seen {
			if got, want := a.at.Sub(seen[0].at), time.Duration(i)*200*time.Millisecond; got != want {
				t.Fatalf("attempt %d began after %v, want %v", i, got, want)
			}
		}
		if len(seen) != 50 {
			t.Errorf("%d attempts", len(seen))
		}
		w.wantOnce()
		w.wantAll(bellhop.Delivered)
	})
	inWorld(t, "a higher one holds at once", func(t *testing.T, w *world) {
		w.begin()
		service := w.service(func(t *dispatch.Target) { t.Rate = 0.01 })
		w.publish(service, keys(50, "")...)
		w.sleep(10 * time.Second)
		w.set(service, func(t *dispatch.Target) { t.Rate = 100 })
		w.sleep(time.Second)
		if got := len(w.seen()); got != 50 {
			t.Errorf("%d attempts, want 50", got)
		}
	})
	inWorld(t, "what has ended takes no turn", func(t *testing.T, w *world) {
		w.begin()
		service := w.service(func(t *dispatch.Target) { t.Rate = 0.001 })
		w.publish(service, keys(300, "")...)
		w.sleep(24*time.Hour - time.Minute)
		w.publish(service, "late")
		w.sleep(20 * time.Minute)
		if d := w.stored(300); d.Status != bellhop.Delivered {
			t.Errorf("the late one is %s", d.Status)
		}
		if got := w.stored(299).Status; got != bellhop.Dead {
			t.Errorf("the last one of the day before is %s", got)
		}
	})
}

func TestAdaptiveConcurrency(t *testing.T) {
	inWorld(t, "shrinks while an endpoint fails and grows back", func(t *testing.T, w *world) {
		w.answer = func(a *arrival) reply {
			if a.nth < 60 && a.nth%3 == 2 && a.attempt == 1 {
				return reply{status: 500, after: 100 * time.Millisecond} // not often enough for a pause
			}
			return reply{status: 200, after: 100 * time.Millisecond}
		}
		w.begin()
		service := w.service(func(t *dispatch.Target) { t.Concurrency = 32 })
		w.publish(service, keys(400, "")...)
		w.sleep(time.Hour)
		w.wantChanges()
		seen := w.seen()
		least, most := 100, 0
		for i := 33; i+33 < 360; i++ { // how many begin within 100 ms is how many are under way
			n := 0
			for j := i; seen[j].at.Sub(seen[i].at) < 100*time.Millisecond; j++ {
				n++
			}
			least = min(least, n)
			if i > 200 {
				most = max(most, n)
			}
		}
		if least > 8 || most != 32 {
			t.Errorf("between %d and %d at once, want below 8 and again 32", least, most)
		}
		w.wantAll(bellhop.Delivered)
	})
}
