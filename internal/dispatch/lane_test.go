package dispatch_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"bellhop"
	"bellhop/internal/dispatch"
	"bellhop/internal/egress"
	"bellhop/internal/store"
)

func TestBehindAndLiveAgain(t *testing.T) {
	inWorld(t, "while commits go on", func(t *testing.T, w *world) {
		w.answer = func(a *arrival) reply { return reply{status: 200, after: time.Duration(a.nth%13) * time.Millisecond} }
		w.begin()
		service := w.service(nil)
		for round := range 60 {
			n := 10
			if round == 5 {
				n = 600
			}
			var all []string
			for i := range n {
				all = append(all, fmt.Sprint(i%17))
			}
			w.publish(service, all...)
			w.sleep(time.Duration(round%5) * time.Millisecond)
		}
		w.sleep(10 * time.Minute)
		w.wantOnce()
		w.wantInOrder()
		w.wantAll(bellhop.Delivered)
	})
	inWorld(t, "with many publishers", func(t *testing.T, w *world) {
		w.begin()
		service := w.service(nil)
		var wg sync.WaitGroup
		for p := range 8 {
			wg.Go(func() {
				for range 15 {
					w.publish(service, fmt.Sprint(p), "all", "all")
				}
			})
		}
		wg.Wait()
		w.sleep(time.Minute)
		w.wantOnce()
		w.wantInOrder()
		w.wantAll(bellhop.Delivered)
	})
	inWorld(t, "with a backlog in the store at the start", func(t *testing.T, w *world) {
		service := w.service(nil)
		w.publish(service, keys(550, "a")...)
		w.publish(service, keys(250, "")...)
		run := w.prepare()
		w.publish(service, "a", "b") // before Run
		run()
		w.publish(service, "a", "b") // during its start
		synctest.Wait()
		w.publish(service, "a", "b")
		w.sleep(time.Minute)
		w.wantOnce()
		w.wantInOrder()
		w.wantAll(bellhop.Delivered)
	})
}

// Contract: services.md 4: Waiting deliveries when a webhook
func TestInactive(t *testing.T) {
	inWorld(t, "waits, and goes on in order", func(t *testing.T, w *world) {
		w.answer = func(*arrival) reply { return reply{status: 200, after: 20 * time.Millisecond} }
		w.begin()
		service := w.service(func(t *dispatch.Target) { t.Concurrency = 3 })
		for round := range 6 {
			w.set(service, func(t *dispatch.Target) { t.Active = round%2 == 0 })
			for i := range 30 {
				w.publish(service, fmt.Sprint(i%4), "all")
				if i%10 == 0 {
					w.sleep(15 * time.Millisecond)
				}
			}
			if round == 3 {
				before := len(w.seen())
				w.sleep(time.Hour)
				if got := len(w.seen()) - before; got > 3 {
					t.Errorf("%d attempts at an inactive service", got)
				}
			}
		}
		w.set(service, func(t *dispatch.Target) { t.Active = true })
		w.sleep(time.Minute)
		w.wantOnce()
		w.wantInOrder()
		w.wantAll(bellhop.Delivered)
	})
	inWorld(t, "flapping loses nothing", func(t *testing.T, w *world) {
		w.answer = func(*arrival) reply { return reply{status: 200, after: 3 * time.Millisecond} }
		w.begin()
		service := w.service(func(t *dispatch.Target) { t.Concurrency = 2 })
		var wg sync.WaitGroup
		wg.Go(func() {
			for i := range 60 {
				w.publish(service, fmt.Sprint(i%3), "all")
				time.Sleep(time.Millisecond)
			}
		})
		wg.Go(func() {
			for i := range 61 {
				w.set(service, func(t *dispatch.Target) { t.Active = i%2 == 0 })
				time.Sleep(time.Duration(i%4) * time.Millisecond)
			}
		})
		wg.Wait()
		w.sleep(time.Minute)
		w.wantOnce()
		w.wantInOrder()
		w.wantAll(bellhop.Delivered)
	})
}

// Contract: services.md 4: DELETE stops deliveries
func TestGone(t *testing.T) {
	inWorld(t, "nothing is sent to a service that was deleted", func(t *testing.T, w *world) {
		w.answer = func(*arrival) reply { return reply{status: 200, after: 500 * time.Millisecond} }
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		w.begin()
		service, other := w.service(func(t *dispatch.Target) { t.Concurrency = 2 }), w.service(nil)
		w.publish(service, keys(700, "")...)
		w.sleep(600 * time.Millisecond)
		before := len(w.seen())
		w.mu.Lock()
		delete(w.targets, service)
		w.mu.Unlock()
		err := w.db.Update(ctx, func(tx *store.Tx) error { return tx.DropDeliveries(ctx, service) })
		if err != nil {
			t.Fatal(err)
		}
		w.publish(service, "k")
		w.publish(other, "k")
		w.sleep(25 * time.Hour)
		if got := len(w.seen()) - before; got != 1 {
			t.Errorf("%d attempts after the service was gone, want that of another one", got)
		}
		if got := w.stored(len(w.sent) - 1).Status; got != bellhop.Delivered {
			t.Errorf("the other one's is %s", got)
		}
	})
}

// When a service cannot be read its deliveries wait, and keep their order and their attempts.
func TestUnreadable(t *testing.T) {
	inWorld(t, "for a while", func(t *testing.T, w *world) {
		w.answer = func(*arrival) reply { return reply{status: 200, after: 50 * time.Millisecond} }
		w.begin()
		service := w.service(func(t *dispatch.Target) { t.Concurrency = 4 })
		w.publish(service, "a", "a", "a", "b", "b")
		for i := range 200 {
			w.mu.Lock()
			w.targetErr = nil
			if i%3 > 0 {
				w.targetErr = errors.New("the store cannot be read")
			}
			w.mu.Unlock()
			w.publish(service, fmt.Sprint(i%5))
			w.sleep(17 * time.Millisecond)
		}
		w.mu.Lock()
		w.targetErr = nil
		w.mu.Unlock()
		w.sleep(time.Minute)
		w.wantOnce()
		w.wantInOrder()
		w.wantAll(bellhop.Delivered)
		for i := range w.sent {
			if got := w.stored(i).Attempts; got != 1 {
				t.Errorf("delivery %d has %d attempts", i, got)
			}
		}
	})
	inWorld(t, "just when it becomes active again", func(t *testing.T, w *world) {
		service := w.service(func(t *dispatch.Target) { t.Active = false })
		w.begin()
		run := 0
		// The first look finds it inactive; the second, that guards against a lost Wake, fails.
		w.d = nil
		w.stop()
		w.stop = nil
		d := dispatch.New(dispatch.Config{DB: w.db, Egress: &process{world: w, cut: make(chan struct{})},
			Consequence: func(context.Context, *dispatch.Outcome) storeFunc { return nil },
			Target: func(ctx context.Context, lane store.LaneID) (*dispatch.Target, error) {
				w.mu.Lock()
				defer w.mu.Unlock()
				run++
				target := *w.targets[service]
				switch run {
				case 1:
					return &target, nil
				case 2:
					return nil, errors.New("the store cannot be read")
				}
				target.Active = true
				return &target, nil
			}})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- d.Run(ctx) }()
		w.publish(service, "k")
		d.Wake(service)
		w.sleep(time.Minute)
		w.wantOnce()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// An attempt that this machine could not make costs nothing.
func TestNoSocket(t *testing.T) {
	inWorld(t, "is no attempt", func(t *testing.T, w *world) {
		w.begin()
		service := w.service(nil)
		lacking := &lacking{process: &process{world: w, cut: make(chan struct{})}}
		lacking.until = time.Now().Add(10 * time.Second)
		d := dispatch.New(dispatch.Config{DB: w.db, Egress: lacking, Target: w.target,
			Consequence: func(context.Context, *dispatch.Outcome) storeFunc { return nil }})
		w.end()
		w.d = d
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- d.Run(ctx) }()
		synctest.Wait()
		for i := range 20 {
			w.publish(service, "a", fmt.Sprint(i%3))
			w.sleep(time.Second)
		}
		w.sleep(time.Minute)
		w.wantOnce()
		w.wantInOrder()
		for i := range w.sent {
			if d := w.stored(i); d.Status != bellhop.Delivered || d.Attempts != 1 {
				t.Errorf("delivery %d: %+v", i, d.Delivery)
			}
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// lacking is a world whose machine has no socket to give now and then.
type lacking struct {
	*process
	until time.Time
	n     int
}

func (l *lacking) Do(ctx context.Context, r *egress.Request) (*egress.Response, error) {
	l.mu.Lock()
	l.n++
	lacks := time.Now().Before(l.until) && l.n%4 != 0
	l.mu.Unlock()
	if lacks {
		return nil, &egress.Error{Reason: "no free connection", Err: egress.ErrNoSocket}
	}
	return l.process.Do(ctx, r)
}

func TestWakeOfNobody(t *testing.T) {
	inWorld(t, "does no harm", func(t *testing.T, w *world) {
		w.begin()
		for range 100 {
			w.d.Wake(w.db.NewID(1))
		}
		service := w.service(nil)
		w.publish(service, "k")
		w.sleep(time.Second)
		if got := w.order(); !slices.Equal(got, []int{0}) {
			t.Errorf("arrivals %v", got)
		}
	})
}
