package dispatch_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"bellhop"
	"bellhop/internal/dispatch"
	"bellhop/internal/store"
)

func TestShutdown(t *testing.T) {
	inWorld(t, "what is under way ends", func(t *testing.T, w *world) {
		w.answer = func(a *arrival) reply { return reply{status: 200, after: 3 * time.Second} }
		w.begin()
		service := w.service(func(t *dispatch.Target) { t.Concurrency = 2 })
		w.publish(service, keys(10, "")...)
		w.sleep(500 * time.Millisecond)
		if took := w.end(); took < 2500*time.Millisecond || took > 2600*time.Millisecond {
			t.Errorf("it took %v", took)
		}
		delivered := 0
		for i := range w.sent {
			switch d := w.stored(i); {
			case d.Status == bellhop.Delivered && d.Attempts == 1:
				delivered++
			case d.Status != bellhop.Pending || d.Attempts != 0:
				t.Errorf("delivery %d: %+v", i, d.Delivery)
			}
		}
		if delivered != 2 || len(w.seen()) != 2 {
			t.Errorf("%d delivered after %d attempts, want 2", delivered, len(w.seen()))
		}
		w.publish(service, "late")
		w.begin()
		w.sleep(time.Minute)
		w.wantOnce()
		w.wantAll(bellhop.Delivered)
	})
	inWorld(t, "but not for longer than Drain", func(t *testing.T, w *world) {
		w.answer = func(a *arrival) reply {
			if a.attempt == 2 && len(w.seen()) == 2 {
				return reply{status: 200, after: never}
			}
			return reply{status: map[int]int{1: 500, 2: 200}[a.attempt]}
		}
		w.begin()
		w.publish(w.service(nil), "k")
		w.sleep(15 * time.Second)
		if took := w.end(); took != 10*time.Second {
			t.Errorf("it took %v, want 10s", took)
		}
		if d := w.stored(0); d.Status != bellhop.Pending || d.Attempts != 1 {
			t.Errorf("delivery %+v", d.Delivery)
		}
		w.begin()
		w.sleep(time.Second)
		seen := w.seen()
		if len(seen) != 3 || seen[2].attempt != 2 || seen[2].ID != seen[0].ID {
			t.Fatalf("%d attempts, the last says %d", len(seen), seen[len(seen)-1].attempt)
		}
		if got := len(w.attempts(0)); got != 2 {
			t.Errorf("%d attempts are recorded, want 2", got)
		}
		w.wantAll(bellhop.Delivered)
	})
	inWorld(t, "at once if there is nothing", func(t *testing.T, w *world) {
		w.begin()
		w.sleep(time.Second)
		if took := w.end(); took != 0 {
			t.Errorf("it took %v", took)
		}
		w.begin()
		w.end() // before it has begun
	})
	inWorld(t, "also when the store is gone", func(t *testing.T, w *world) {
		w.begin()
		w.publish(w.service(func(t *dispatch.Target) { t.Concurrency = 1000 }), keys(500, "")...)
		w.sleep(time.Millisecond)
		if err := w.db.Close(); err != nil {
			t.Fatal(err)
		}
		w.sleep(time.Minute)
		if took := w.end(); took > 11*time.Second {
			t.Errorf("it took %v", took)
		}
		w.open()
		w.begin()
		w.sleep(time.Minute)
		w.wantAll(bellhop.Delivered)
	})
}

func TestRestartIsAtOnce(t *testing.T) {
	inWorld(t, "for what was under way", func(t *testing.T, w *world) {
		w.drain = time.Millisecond
		w.answer = func(a *arrival) reply { return reply{after: never} }
		w.begin()
		service := w.service(nil)
		var all []string
		for i := range 100 {
			all = append(all, fmt.Sprint(i%10))
		}
		w.publish(service, all...)
		w.sleep(4500 * time.Millisecond)
		w.end()
		w.answer = ok
		before := len(w.seen())
		start := time.Now()
		w.begin()
		w.sleep(time.Minute)
		after := w.seen()[before:]
		if len(after) != 100 || slices.ContainsFunc(after, func(a *arrival) bool { return a.at != start || a.attempt != 1 }) {
			t.Errorf("%d attempts after the restart, the last at %v", len(after), after[len(after)-1].at.Sub(start))
		}
		w.wantInOrder()
		w.wantAll(bellhop.Delivered)
	})
}

// What is committed in the moment of the start comes behind what has waited for it: no lane is fed by commits before it
// has looked what is in the store.
func TestStartKeepsOrder(t *testing.T) {
	inWorld(t, "of one node", func(t *testing.T, w *world) {
		services := make([]bellhop.ID, 100)
		for i := range services {
			services[i] = w.service(nil)
		}
		for range 20 {
			w.publishAll(services)
			w.begin()
			for range 5 {
				w.publishAll(services)
			}
			w.sleep(time.Minute)
			w.end()
		}
		w.wantOnce()
		w.wantInOrder()
		w.wantAll(bellhop.Delivered)
	})
	inFleet(t, "of one that takes partitions", func(t *testing.T, f *fleet) {
		services := make([]bellhop.ID, 100)
		for i := range services {
			services[i] = f.service(nil)
		}
		a := f.join()
		for range 5 {
			f.publishAll(services)
			f.takeAll(a)
			for range 5 {
				f.publishAll(services)
			}
			f.sleep(time.Minute)
			for _, p := range f.owned(a) {
				f.move(p, nil)
			}
		}
		f.wantOnce()
		f.wantInOrder()
		f.wantAll(bellhop.Delivered)
	})
}

// A lane that was paused is so before it may start, however long that takes: of all that is due, and of what is committed
// meanwhile, one probe goes out.
func TestStartKeepsPauses(t *testing.T) {
	inFleet(t, "that take long", func(t *testing.T, f *fleet) {
		newSickly(f.world)
		f.limits.Taking = func() { time.Sleep(3 * time.Second) }
		service := f.service(nil)
		f.publish(service, keys(5, "")...)
		err := f.db.Update(t.Context(), func(tx *store.Tx) error {
			return tx.SetPause(t.Context(), store.Pause{LaneID: store.ServiceLane(service), Since: bellhop.TimeOf(time.Now()), Reason: "status 500", Failures: 10})
		})
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		f.takeAll(f.join())
		f.publish(service, keys(5, "")...)
		f.sleep(2 * time.Second)
		f.publish(service, keys(5, "")...)
		f.sleep(2 * time.Second)
		if got := f.since(start, 0); !slices.Equal(got, seconds(3)) {
			t.Errorf("attempts after %v, want one probe as soon as the pause is there", got)
		}
	})
}
