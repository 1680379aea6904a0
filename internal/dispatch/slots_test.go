package dispatch_test

import (
	"slices"
	"testing"
	"time"

	"bellhop"
	"bellhop/internal/dispatch"
)

func TestSlots(t *testing.T) {
	const of, other = bellhop.ID("64b0f1a2c3d4e5f607182901"), bellhop.ID("64b0f1a2c3d4e5f607182902")
	crowd := func(w *world, slots int) (b bellhop.ID) {
		w.limits = dispatch.Limits{UnderWay: slots}
		w.begin()
		for range 3 {
			a := w.service(func(t *dispatch.Target) { t.Organization = of })
			w.publish(a, "first") // tells the lane what its service is
			w.sleep(time.Second)
			w.publish(a, keys(100, "")...)
		}
		b = w.service(func(t *dispatch.Target) { t.Organization = other })
		w.publish(b, "first")
		w.sleep(time.Second)
		w.publish(b, keys(100, "")...)
		return b
	}
	inWorld(t, "go round organizations", func(t *testing.T, w *world) {
		w.answer = func(*arrival) reply { return reply{status: 200, after: 100 * time.Millisecond} }
		b := crowd(w, 4)
		from := len(w.seen())
		w.sleep(time.Minute)
		seen := w.seen()[from:]
		theirs, others := 0, 0
		for _, a := range seen {
			if a.Service == b {
				theirs++
			} else if theirs < 90 {
				others++
			}
		}
		// Each lane has one beyond the bound when it has none, so three lanes get more than one does.
		if theirs == 0 || others > 200 {
			t.Errorf("while one organization began 90 attempts another one with three services began %d", others)
		}
		w.wantOnce()
		w.wantAll(bellhop.Delivered)
		if all := w.d.Leftovers(); len(all) > 0 {
			t.Errorf("left over: %v", all)
		}
	})
	inWorld(t, "that become free together are for more than one", func(t *testing.T, w *world) {
		// All grow long at once, and the first in line would take all the slots.
		w.answer = func(*arrival) reply { return reply{status: 200, after: 1500 * time.Millisecond} }
		b := crowd(w, 8)
		w.sleep(30 * time.Second)
		begun := map[bellhop.ID]int{}
		for _, a := range w.seen() {
			begun[a.Service]++
		}
		for _, n := range begun {
			if n < 25 {
				t.Errorf("a service began %d attempts within 30 s", n)
			}
		}
		if begun[b] < 60 {
			t.Errorf("an organization with one service began %d attempts within 30 s", begun[b])
		}
		w.sleep(10 * time.Minute)
		if got := mostYoung(w.seen()); got > 8+4 {
			t.Errorf("%d attempts at once", got)
		}
		w.wantOnce()
	})
	inWorld(t, "are never wanting where nothing is young", func(t *testing.T, w *world) {
		w.limits = dispatch.Limits{UnderWay: 2}
		hangs := w.service(nil)
		w.answer = func(a *arrival) reply {
			if a.Service == hangs {
				return reply{status: 200, after: never}
			}
			return reply{status: 200, after: 15 * time.Second}
		}
		w.begin()
		w.publish(hangs, "first")
		w.sleep(2 * time.Second)
		w.publish(hangs, keys(100, "")...)
		bot := w.service(nil)
		for range 5 {
			start := time.Now()
			w.publish(bot, "talk")
			w.sleep(1100 * time.Millisecond)
			if !slices.ContainsFunc(w.seen(), func(a *arrival) bool { return a.Service == bot && a.at.Equal(start) }) {
				t.Fatal("a handler that waits keeps the message it waits for from being sent")
			}
		}
	})
}
