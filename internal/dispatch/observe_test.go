package dispatch_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"bellhop"
	"bellhop/internal/dispatch"
	"bellhop/internal/store"
)

// Every attempt is observed once, when it is in the store, and so is the end of what waited too long.
func TestObserve(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var seen []dispatch.Attempted
		w.observe = func(a dispatch.Attempted) {
			w.mu.Lock()
			defer w.mu.Unlock()
			seen = append(seen, a)
		}
		w.consequence = func(o *dispatch.Outcome) storeFunc {
			if o.Status == bellhop.Dead {
				return func(context.Context, *store.Tx) error { return nil }
			}
			return nil
		}
		w.answer = func(a *arrival) reply {
			switch {
			case a.key == "refused":
				return reply{status: 404, after: 30 * time.Millisecond}
			case a.attempt == 1:
				return reply{status: 503}
			}
			return reply{status: 200}
		}
		service := w.service(nil)
		w.begin()
		w.publish(service, "a", "refused")
		w.sleep(5 * time.Minute)
		type fate struct {
			key    string
			number int
			before int
			status bellhop.DeliveryStatus
		}
		var got []fate
		for _, a := range seen {
			if a.Service != service || a.Event.Payload != nil || a.Attempt.NextAttemptAt != 0 != (a.Status == bellhop.Pending) {
				t.Errorf("observed %+v", a)
			}
			got = append(got, fate{a.Event.Key, a.Attempt.Number, a.Delivery.Attempts, a.Status})
		}
		want := []fate{{"a", 1, 0, bellhop.Pending}, {"refused", 1, 0, bellhop.Dead}, {"a", 2, 1, bellhop.Delivered}}
		if len(got) != 3 || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] {
			t.Errorf("observed %v, want %v", got, want)
		}

		// What waits while its service is not active ends without an attempt.
		seen = nil
		w.set(service, func(target *dispatch.Target) { target.Active = false })
		w.publish(service, "late")
		w.sleep(25 * time.Hour)
		if len(seen) != 1 || seen[0].Attempt != nil || seen[0].Status != bellhop.Dead || seen[0].At.IsZero() {
			t.Errorf("observed %+v, want one end without an attempt", seen)
		}
	})
}

func TestBegin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		begun := map[int64]int{}
		var ended []*bellhop.Attempt
		w.beginAttempt = func(_ context.Context, p *store.Pending) (string, func(*bellhop.Attempt)) {
			w.mu.Lock()
			defer w.mu.Unlock()
			begun[p.Delivery.Seq]++
			return "00-trace", func(a *bellhop.Attempt) {
				w.mu.Lock()
				defer w.mu.Unlock()
				ended = append(ended, a)
			}
		}
		w.answer = func(a *arrival) reply {
			if a.key == "never" {
				return reply{status: 200, after: never}
			}
			return reply{status: 200}
		}
		w.drain = time.Second
		service := w.service(nil)
		w.begin()
		w.publish(service, "a")
		w.sleep(time.Second)
		if len(begun) != 1 || len(ended) != 1 || ended[0].Status != 200 || ended[0].RequestHeaders.Get("Traceparent") != "00-trace" {
			t.Errorf("begun %v, ended %v, want one attempt with its record", begun, ended)
		}
		if got := w.seen()[0].request.Header.Get("traceparent"); got != "00-trace" {
			t.Errorf("traceparent is %q", got)
		}
		w.publish(service, "never")
		w.sleep(time.Second)
		if got, want := w.d.Load(), (dispatch.Load{Lanes: 1, UnderWay: 1}); got != want {
			t.Errorf("Load = %+v, want %+v", got, want)
		}
		w.end()
		if len(ended) != 2 || ended[1] != nil {
			t.Errorf("ended %v, want the second one without a record: it was cut off", ended)
		}
	})
}
