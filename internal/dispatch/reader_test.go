package dispatch_test

import (
	"sync/atomic"
	"testing"
	"time"

	"bellhop"
	"bellhop/internal/dispatch"
)

// What was put back is taken in by the next read, also while an old one is still under way.
func TestPutBackDuringRead(t *testing.T) {
	inWorld(t, "of a crowded line", func(t *testing.T, w *world) {
		var slow atomic.Bool
		w.limits = dispatch.Limits{Waiting: 8, Linger: func() {
			if slow.CompareAndSwap(true, false) {
				time.Sleep(5 * time.Second)
			}
		}}
		w.answer = func(a *arrival) reply {
			if a.key == "talk" {
				return reply{status: 200, after: 10 * time.Second}
			}
			return reply{status: 200, after: 100 * time.Millisecond}
		}
		w.begin()
		service := w.service(nil)
		w.publish(service, "talk")
		w.sleep(10 * time.Millisecond)
		slow.Store(true) // the next read, which is that of the hot key
		w.publish(service, keys(20, "hot")...)
		w.sleep(500 * time.Millisecond)
		w.publish(service, "talk")
		if slow.Load() {
			t.Fatal("no line is read")
		}
		w.set(service, func(t *dispatch.Target) { t.Active = false })
		w.publish(service, "other") // which finds out
		w.sleep(10 * time.Millisecond)
		w.set(service, func(t *dispatch.Target) { t.Active = true })
		w.sleep(time.Minute)
		w.wantOnce()
		w.wantInOrder()
		w.wantAll(bellhop.Delivered)
		if all := w.d.Leftovers(); len(all) > 0 {
			t.Errorf("left over: %v", all)
		}
	})
}
