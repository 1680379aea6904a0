package dispatch_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"bellhop"
	"bellhop/internal/dispatch"
)

// Contract: delivery.md 7: The server starts deliveries of one webhook
// Contract: delivery.md 7: Rule (chosen)
// Contract: delivery.md 7: A failed one goes
// Contract: extensions.md 3: order
func TestOrder(t *testing.T) {
	inWorld(t, "one after the other within a key", func(t *testing.T, w *world) {
		w.answer = func(*arrival) reply { return reply{status: 200, after: 300 * time.Millisecond} }
		w.begin()
		w.publish(w.service(nil), "a", "a", "b", "a")
		w.sleep(time.Minute)
		seen := w.seen()
		start := seen[0].at
		for nth, want := range map[int]time.Duration{0: 0, 2: 0, 1: 300 * time.Millisecond, 3: 600 * time.Millisecond} {
			i := slices.IndexFunc(seen, func(a *arrival) bool { return a.nth == nth })
			if got := seen[i].at.Sub(start); got != want {
				t.Errorf("delivery %d began after %v, want %v", nth, got, want)
			}
		}
		w.wantOnce()
		w.wantAll(bellhop.Delivered)
	})
	inWorld(t, "but for a second at most", func(t *testing.T, w *world) {
		// A bot that waits in its handler for the message that comes next.
		w.answer = func(*arrival) reply { return reply{status: 200, after: never} }
		w.begin()
		w.publish(w.service(nil), keys(15, "a")...)
		w.sleep(16 * time.Second)
		seen := w.seen()
		for i, a := range seen {
			if a.nth != i || a.at.Sub(seen[0].at) != time.Duration(i)*time.Second {
				t.Errorf("attempt %d is of delivery %d, after %v", i, a.nth, a.at.Sub(seen[0].at))
			}
		}
		if len(seen) != 15 {
			t.Errorf("%d attempts, want 15", len(seen))
		}
	})
	inWorld(t, "also when nobody can say for a while where they go", func(t *testing.T, w *world) {
		w.answer = func(*arrival) reply { return reply{status: 200, after: 300 * time.Millisecond} }
		w.begin()
		service := w.service(nil)
		back := time.Now().Add(10 * time.Second)
		w.setLost(back)
		w.publish(service, keys(8, "a")...)
		w.sleep(time.Minute)
		for i, a := range w.seen() {
			if want := time.Duration(i) * 300 * time.Millisecond; a.nth != i || a.at.Sub(back) != want {
				t.Errorf("attempt %d is of delivery %d, %v after the end of the trouble, want %v", i, a.nth, a.at.Sub(back), want)
			}
		}
		w.wantOnce()
		w.wantAll(bellhop.Delivered)
	})
	inWorld(t, "a failed one blocks nobody", func(t *testing.T, w *world) {
		w.answer = func(a *arrival) reply {
			if a.nth == 0 && a.attempt == 1 {
				return reply{status: 500, after: 100 * time.Millisecond}
			}
			return reply{status: 200, after: 100 * time.Millisecond}
		}
		w.begin()
		w.publish(w.service(nil), "a", "a", "a")
		w.sleep(time.Minute)
		if got := w.order(); !slices.Equal(got, []int{0, 1, 2, 0}) {
			t.Errorf("arrivals %v, want 0 1 2 and 0 again", got)
		}
		if got := w.seen()[2].at.Sub(w.seen()[0].at); got != 200*time.Millisecond {
			t.Errorf("the last one began after %v", got)
		}
	})
	inWorld(t, "none if the service wants none", func(t *testing.T, w *world) {
		w.answer = func(*arrival) reply { return reply{status: 200, after: never} }
		service := w.service(func(t *dispatch.Target) { t.Unordered = true })
		w.publish(service, keys(10, "a")...)
		w.begin()
		w.sleep(100 * time.Millisecond)
		if got := len(w.seen()); got != 10 {
			t.Errorf("%d attempts at once, want 10", got)
		}
	})
	inWorld(t, "taken up while it goes on", func(t *testing.T, w *world) {
		w.answer = func(*arrival) reply { return reply{status: 200, after: 50 * time.Millisecond} }
		w.begin()
		service := w.service(func(t *dispatch.Target) { t.Unordered = true; t.Concurrency = 4 })
		for i := range 4 {
			w.publish(service, keys(40, fmt.Sprint(i%2))...)
			w.set(service, func(t *dispatch.Target) { t.Unordered = i%2 == 0 })
			w.sleep(150 * time.Millisecond)
		}
		w.sleep(time.Minute)
		w.wantOnce()
		w.wantAll(bellhop.Delivered)
	})
}

// An endpoint that answers in the very second in which its attempt grows long.
func TestAnswerInTheVeryMoment(t *testing.T) {
	inWorld(t, "concurrency stays what it is", func(t *testing.T, w *world) {
		w.answer = func(*arrival) reply { return reply{status: 200, after: time.Second} }
		w.begin()
		service := w.service(func(t *dispatch.Target) { t.Concurrency = 3 })
		w.publish(service, keys(200, "")...)
		w.sleep(5 * time.Minute)
		if got := w.young(service); got != 3 {
			t.Errorf("%d attempts at once, want 3", got)
		}
		w.wantOnce()
	})
}

// Contract: delivery.md 7: Different conversations
func TestIndependence(t *testing.T) {
	inWorld(t, "of services", func(t *testing.T, w *world) {
		dead, alive := w.service(nil), w.service(nil)
		w.answer = func(a *arrival) reply {
			if a.Service == dead {
				return reply{after: never}
			}
			return reply{status: 200}
		}
		w.begin()
		w.publish(dead, keys(1500, "")...)
		for range 50 {
			sent := time.Now()
			w.publish(alive, "k")
			w.sleep(10 * time.Millisecond)
			seen := w.seen()
			i := slices.IndexFunc(seen, func(a *arrival) bool { return a.nth == len(w.sent)-1 })
			if i < 0 || seen[i].at != sent {
				t.Fatal("a dead service held back another one")
			}
		}
	})
	inWorld(t, "of keys", func(t *testing.T, w *world) {
		w.answer = func(a *arrival) reply {
			if a.key == "stuck" {
				return reply{after: never}
			}
			return reply{status: 200}
		}
		w.begin()
		service := w.service(nil)
		w.publish(service, keys(100, "stuck")...)
		for i := range 50 {
			sent := time.Now()
			w.publish(service, fmt.Sprint("free-", i))
			w.sleep(10 * time.Millisecond)
			if last := w.seen()[len(w.seen())-1]; last.nth != 100+i || last.at != sent {
				t.Fatalf("the last one that began is %d, at %v", last.nth, last.at.Sub(sent))
			}
		}
	})
}

// Contract: extensions.md 3: concurrency
func TestConcurrency(t *testing.T) {
	for _, limit := range []int{1, 5, 64} {
		inWorld(t, fmt.Sprint("at most ", limit), func(t *testing.T, w *world) {
			w.answer = func(a *arrival) reply {
				return reply{status: 200, after: time.Duration(50+a.nth%7*250) * time.Millisecond}
			}
			service := w.service(func(t *dispatch.Target) { t.Concurrency = limit })
			w.publish(service, keys(150, "")...) // what a restart finds
			w.begin()
			w.publish(service, keys(150, "")...)
			w.sleep(10 * time.Minute)
			if got := w.young(service); got != limit {
				t.Errorf("%d attempts at once, want %d", got, limit)
			}
			w.wantOnce()
			w.wantAll(bellhop.Delivered)
		})
	}
	inWorld(t, "handlers that wait do not use it up", func(t *testing.T, w *world) {
		w.answer = func(a *arrival) reply {
			if a.key == "last" {
				return reply{status: 200}
			}
			return reply{status: 200, after: 15 * time.Second}
		}
		w.begin()
		service := w.service(func(t *dispatch.Target) { t.Concurrency = 10 })
		w.publish(service, keys(60, "")...)
		w.sleep(7 * time.Second)
		w.publish(service, "last")
		w.sleep(time.Millisecond)
		if last := w.seen()[len(w.seen())-1]; last.key != "last" {
			t.Error("60 handlers that wait keep the message they wait for from being sent")
		}
	})
	inWorld(t, "nor does a backlog of them", func(t *testing.T, w *world) {
		// They start ten by ten, each second; nothing is answered, and the lane must fetch more.
		w.answer = func(*arrival) reply { return reply{status: 200, after: 19 * time.Second} }
		service := w.service(func(t *dispatch.Target) { t.Concurrency = 50 })
		w.publish(service, keys(800, "")...)
		w.begin()
		w.sleep(17 * time.Second)
		if got := len(w.seen()); got != 800 {
			t.Errorf("%d attempts have begun, want 800", got)
		}
	})
}
