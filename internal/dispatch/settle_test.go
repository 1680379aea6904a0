package dispatch_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"bellhop"
	"bellhop/internal/dispatch"
	"bellhop/internal/store"
)

// counting makes every outcome count one in the store, unless fail says that its try fails.
func (w *world) counting(fail func(try int) error) (counted func() int) {
	tries := map[int64]int{}
	counter := bellhop.ID("counter")
	w.consequence = func(o *dispatch.Outcome) storeFunc {
		return func(ctx context.Context, tx *store.Tx) error {
			if _, err := tx.AddDeath(ctx, counter, "counted"); err != nil {
				return err
			}
			w.mu.Lock()
			tries[o.Delivery.Seq]++
			try := tries[o.Delivery.Seq]
			w.mu.Unlock()
			return fail(try)
		}
	}
	return func() (n int) {
		err := w.db.View(w.t.Context(), func(tx *store.Tx) error {
			deaths, err := tx.UntoldDeaths(w.t.Context())
			if i := slices.IndexFunc(deaths, func(d store.Deaths) bool { return d.Service == counter }); i >= 0 {
				n = deaths[i].Untold
			}
			return err
		})
		if err != nil {
			w.t.Error(err)
		}
		return n
	}
}

func TestConsequences(t *testing.T) {
	unavailable := &bellhop.Error{Code: bellhop.Unavailable, Message: "not now"}
	for _, c := range []struct {
		name    string
		fail    func(try int) error
		want    int // how often it has happened
		settled time.Duration
	}{
		{"once", func(int) error { return nil }, 1, 0},
		{"repeated while the store is unavailable", func(try int) error {
			if try <= 100 {
				return unavailable
			}
			return nil
		}, 1, 100 * time.Second},
		{"repeated when there is too much to do", func(try int) error {
			if try == 1 {
				return &bellhop.Error{Code: bellhop.TooMany}
			}
			return nil
		}, 1, time.Second},
		{"recorded without what cannot be", func(int) error { return bellhop.Errorf(bellhop.Invalid, "no") }, 0, 20 * time.Millisecond},
		{"a fault that passes", func(try int) error {
			if try < 5 {
				return errors.New("unknown")
			}
			return nil
		}, 1, 4 * time.Second},
		{"recorded without what panics for ever", func(try int) error { panic("a bug") }, 0, 59*time.Second + 20*time.Millisecond},
	} {
		for _, status := range []int{200, 410} {
			inWorld(t, c.name, func(t *testing.T, w *world) {
				w.answer = func(*arrival) reply { return reply{status: status} }
				counted := w.counting(c.fail)
				w.noRoom = c.settled > 0
				w.begin()
				w.sleep(time.Second)
				w.publish(w.service(nil), "k")
				want := bellhop.Delivered
				if status == 410 {
					want = bellhop.Dead
				}
				if c.settled > 0 {
					w.sleep(c.settled - time.Millisecond)
					if got := w.stored(0).Status; got != bellhop.Pending {
						t.Errorf("before: %s", got)
					}
				}
				w.sleep(2 * time.Millisecond)
				if d := w.stored(0); d.Status != want || d.Attempts != 1 || len(w.attempts(0)) != 1 || counted() != c.want {
					t.Errorf("settled as %s after %d attempts, %d times", d.Status, d.Attempts, counted())
				}
				w.sleep(25 * time.Hour)
				w.wantOnce()
				if got := counted(); got != c.want {
					t.Errorf("happened %d times, want %d", got, c.want)
				}
			})
		}
	}
	inWorld(t, "not of what was settled before", func(t *testing.T, w *world) {
		w.answer = func(*arrival) reply { return reply{status: 200, after: 10 * time.Second} }
		counted := w.counting(func(int) error { return nil })
		w.begin()
		w.publish(w.service(nil), "k")
		w.sleep(5 * time.Second)
		err := w.db.Update(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Record(t.Context(), store.Result{Delivery: w.sent[0].Seq, Status: bellhop.Dead, Error: "gave up"})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		w.sleep(time.Minute)
		if got := w.stored(0).Status; got != bellhop.Dead || counted() != 0 {
			t.Errorf("%s, and happened %d times", got, counted())
		}
	})
	inWorld(t, "of an answer that was read whole", func(t *testing.T, w *world) {
		w.answer = func(a *arrival) reply { return reply{status: 200, body: `{"text":"hi"}`, more: a.nth == 1} }
		w.begin()
		service := w.service(nil)
		w.publish(service, "k")
		w.sleep(time.Second)
		w.publish(service, "k")
		w.sleep(time.Second)
		if len(w.outcomes) != 2 || string(w.outcomes[0].Body) != `{"text":"hi"}` || w.outcomes[1].Body != nil {
			t.Errorf("outcomes %+v", w.outcomes)
		}
		if o := w.outcomes[0]; o.Service != service || o.Event == nil || o.Delivery.ID != w.sent[0].ID || o.HTTP != 200 {
			t.Errorf("outcome %+v", o)
		}
		if !w.attempts(1)[0].Truncated || w.attempts(0)[0].Truncated {
			t.Error("the record does not say what was cut")
		}
	})
}

// A plain result waits for somebody else's commit, or 20 ms; many share one.
func TestResultsAreRecordedInBatches(t *testing.T) {
	inWorld(t, "soon", func(t *testing.T, w *world) {
		w.noRoom = true
		w.begin()
		service := w.service(func(t *dispatch.Target) { t.Concurrency = 1000 })
		w.sleep(time.Second)
		w.publish(service, keys(300, "")...)
		w.sleep(19 * time.Millisecond)
		w.wantAll(bellhop.Pending)
		w.sleep(30 * time.Millisecond)
		w.wantAll(bellhop.Delivered)
	})
}
