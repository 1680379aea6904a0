package dispatch_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"bellhop"
	"bellhop/internal/dispatch"
	"bellhop/internal/store"
)

// sickly is an endpoint that is down or not.
type sickly struct {
	*world
	down reply // while status or after is set
	up   reply
}

func newSickly(w *world) *sickly {
	s := &sickly{world: w, down: reply{status: 500}, up: reply{status: 200}}
	w.answer = func(*arrival) reply {
		w.mu.Lock()
		defer w.mu.Unlock()
		return s.down
	}
	return s
}

func (s *sickly) repair() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = s.up
}

// changes returns which changes there were.
func (w *world) changes() (all []dispatch.Change) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, o := range w.outcomes {
		if o.Change != dispatch.Unchanged {
			all = append(all, o.Change)
		}
	}
	return all
}

func (w *world) wantChanges(want ...dispatch.Change) {
	w.t.Helper()
	if got := w.changes(); !slices.Equal(got, want) {
		w.t.Errorf("changes %v, want %v", got, want)
	}
}

// pauses returns what the store knows.
func (w *world) pauses() (all []store.Pause) {
	w.t.Helper()
	err := w.db.View(w.t.Context(), func(tx *store.Tx) (err error) {
		all, err = tx.Pauses(w.t.Context())
		return err
	})
	if err != nil {
		w.t.Error(err)
	}
	return all
}

// since returns when the arrivals from nth on came, after start.
func (w *world) since(start time.Time, from int) (all []time.Duration) {
	for _, a := range w.seen()[from:] {
		all = append(all, a.at.Sub(start))
	}
	return all
}

func seconds(all ...int) (out []time.Duration) {
	for _, s := range all {
		out = append(out, time.Duration(s)*time.Second)
	}
	return out
}

// Contract: extensions.md 4: A service whose endpoint is down
func TestPause(t *testing.T) {
	inWorld(t, "after ten failures only probes go out, ever more slowly", func(t *testing.T, w *world) {
		s := newSickly(w)
		w.begin()
		service := w.service(nil)
		w.publish(service, keys(40, "")...)
		w.sleep(0)
		start, before := time.Now(), len(w.seen())
		w.wantChanges(dispatch.Paused)
		if all := w.pauses(); len(all) != 1 || all[0].LaneID != store.ServiceLane(service) || all[0].Failures != 10 || all[0].Reason != "status 500" {
			t.Errorf("pauses %+v", all)
		}
		if h := w.d.Health(service); !h.Paused || h.Since != bellhop.TimeOf(start) || h.Failures < 10 || h.Reason != "status 500" || h.Next != bellhop.TimeOf(start.Add(5*time.Second)) {
			t.Errorf("health %+v", h)
		}
		w.sleep(22 * time.Minute)
		if got, want := w.since(start, before), seconds(5, 15, 35, 75, 155, 315, 615, 915, 1215); !slices.Equal(got, want) {
			t.Errorf("probes after %v, want %v", got, want)
		}
		for _, a := range w.seen()[before:] {
			for _, b := range w.sent {
				if b.Due < w.sent[a.nth].Due && w.stored(w.byID[b.ID.String()]).Status == bellhop.Pending && a.first {
					t.Errorf("probe %d is not the oldest", a.nth)
				}
			}
		}
		s.repair()
		w.sleep(5 * time.Minute)
		w.wantChanges(dispatch.Paused, dispatch.Resumed)
		if all := w.pauses(); len(all) != 0 {
			t.Errorf("pauses %+v", all)
		}
		w.sleep(2 * time.Hour)
		w.wantAll(bellhop.Delivered)
		if all := w.d.Leftovers(); len(all) > 0 {
			t.Errorf("left over: %v", all)
		}
	})
	inWorld(t, "it begins slowly again", func(t *testing.T, w *world) {
		s := newSickly(w)
		s.up.after = 100 * time.Millisecond
		w.begin()
		service := w.service(nil)
		w.publish(service, keys(300, "")...)
		w.sleep(time.Second)
		s.repair()
		before := len(w.seen())
		w.sleep(5100 * time.Millisecond)
		resumed := w.seen()[before].ended
		w.sleep(time.Hour)
		begun := map[int]int{}
		for _, a := range w.seen()[before+1:] {
			if after := a.at.Sub(resumed); after < time.Second {
				begun[int(after/(100*time.Millisecond))]++
			}
		}
		for i, want := range []int{1, 2, 4, 8, 16} {
			if begun[i] != want {
				t.Errorf("%d attempts in the tenth of a second number %d, want %d", begun[i], i+1, want)
			}
		}
		w.wantAll(bellhop.Delivered)
	})
	inWorld(t, "the next delivery is the probe if nothing waits", func(t *testing.T, w *world) {
		newSickly(w)
		w.begin()
		service := w.service(nil)
		w.publish(service, keys(10, "")...)
		w.sleep(26 * time.Hour)
		w.wantAll(bellhop.Dead)
		before := len(w.seen())
		w.sleep(10 * time.Hour)
		w.publish(service, "late")
		w.sleep(time.Second)
		if got := len(w.seen()) - before; got != 1 {
			t.Errorf("%d probes, want 1", got)
		}
	})
	inWorld(t, "is forgotten with its service", func(t *testing.T, w *world) {
		newSickly(w)
		w.begin()
		service := w.service(nil)
		w.publish(service, keys(20, "")...)
		w.sleep(time.Second)
		w.mu.Lock()
		delete(w.targets, service)
		w.mu.Unlock()
		if err := w.db.Update(t.Context(), func(tx *store.Tx) error { return tx.DropDeliveries(t.Context(), service) }); err != nil {
			t.Fatal(err)
		}
		w.d.Wake(service)
		before := len(w.seen())
		w.sleep(time.Hour)
		if all := w.pauses(); len(all) != 0 || len(w.seen()) != before {
			t.Errorf("pauses %+v, and %d probes", all, len(w.seen())-before)
		}
	})
	inWorld(t, "what ends meanwhile dies", func(t *testing.T, w *world) {
		newSickly(w)
		w.begin()
		service := w.service(nil)
		w.publish(service, keys(25, "")...)
		w.sleep(23 * time.Hour)
		w.publish(service, "late")
		w.sleep(62 * time.Minute)
		for i := range 25 {
			if d := w.stored(i); d.Status != bellhop.Dead || d.Attempts > 0 && d.LastError == "" {
				t.Fatalf("delivery %d: %+v", i, d.Delivery)
			}
		}
		if got := w.stored(25).Status; got != bellhop.Pending {
			t.Errorf("the late one is %s", got)
		}
	})
}

// Contract: extensions.md 4: A 4xx is an answer
func TestPauseOfWhom(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(a *arrival) reply
		want   []dispatch.Change
	}{
		"nobody who answers 400": {func(*arrival) reply { return reply{status: 400} }, nil},
		"nobody who redirects":   {func(*arrival) reply { return reply{status: 302} }, nil},
		"nobody who is slow":     {func(*arrival) reply { return reply{status: 200, after: 19 * time.Second} }, nil},
		"who says 429":           {func(*arrival) reply { return reply{status: 429} }, []dispatch.Change{dispatch.Paused}},
		"who breaks connections": {func(*arrival) reply { return reply{} }, []dispatch.Change{dispatch.Paused}},
		"who never answers":      {func(*arrival) reply { return reply{status: 200, after: never} }, []dispatch.Change{dispatch.Paused}},
		"nobody who answers now and then": {func(a *arrival) reply {
			if a.nth%10 == 0 {
				return reply{status: 404}
			}
			return reply{status: 200, after: never} // a handler that waits for too long
		}, nil},
		"who fails more often than not": {func(a *arrival) reply { return reply{status: []int{500, 200, 500}[a.nth%3]} }, []dispatch.Change{dispatch.Paused}},
		"nobody who fails now and then": {func(a *arrival) reply {
			if a.nth%3 == 2 && a.attempt == 1 { // else retries, whose times chance decides, may make it more than half
				return reply{status: 500}
			}
			return reply{status: 200}
		}, nil},
	} {
		inWorld(t, name, func(t *testing.T, w *world) {
			w.answer = c.answer
			w.begin()
			service := w.service(nil)
			for i := range 40 {
				w.publish(service, fmt.Sprint(i))
				w.sleep(time.Second)
			}
			if got := w.changes(); !slices.Equal(got[:min(len(got), 1)], c.want) {
				t.Errorf("changes %v, want %v first", got, c.want)
			}
		})
	}
}

// Contract: extensions.md 4: A pause outlives
func TestProbeWhen(t *testing.T) {
	pause := func(w *world, n int) (service bellhop.ID, s *sickly) {
		s = newSickly(w)
		w.begin()
		service = w.service(nil)
		w.publish(service, keys(n, "")...)
		w.sleep(0)
		return service, s
	}
	inWorld(t, "not before Retry-After", func(t *testing.T, w *world) {
		s := newSickly(w)
		s.down = later(503, "100")
		w.begin()
		w.publish(w.service(nil), keys(20, "")...)
		w.sleep(0)
		start, before := time.Now(), len(w.seen())
		w.sleep(350 * time.Second)
		if got, want := w.since(start, before), seconds(100, 200, 300); !slices.Equal(got, want) {
			t.Errorf("probes after %v, want %v", got, want)
		}
	})
	inWorld(t, "at once after a restart", func(t *testing.T, w *world) {
		service, s := pause(w, 20)
		w.sleep(2 * time.Minute)
		for _, kill := range []bool{false, true} {
			w.sleep(time.Minute)
			if kill {
				w.kill()
			} else {
				w.end()
			}
			start, before := time.Now(), len(w.seen())
			w.begin()
			w.sleep(time.Second)
			if got := w.since(start, before); !slices.Equal(got, seconds(0)) {
				t.Errorf("probes after %v, want one at once", got)
			}
			if !w.d.Health(service).Paused {
				t.Error("it is not paused any more")
			}
		}
		s.repair()
		w.sleep(2 * time.Hour)
		w.wantAll(bellhop.Delivered)
		w.wantChanges(dispatch.Paused, dispatch.Resumed)
	})
	inWorld(t, "at once when the service was changed", func(t *testing.T, w *world) {
		service, _ := pause(w, 20)
		w.sleep(10 * time.Minute)
		start, before := time.Now(), len(w.seen())
		w.set(service, nil)
		w.sleep(time.Second)
		if got := w.since(start, before); !slices.Equal(got, seconds(0)) {
			t.Errorf("probes after %v, want one at once", got)
		}
	})
	inWorld(t, "also if that was during a probe", func(t *testing.T, w *world) {
		service, s := pause(w, 20)
		w.mu.Lock()
		s.down = reply{status: 200, after: never}
		w.mu.Unlock()
		w.sleep(6 * time.Second)
		before := len(w.seen())
		w.set(service, nil)
		s.repair()
		w.sleep(20 * time.Second)
		if len(w.seen()) == before || w.d.Health(service).Paused {
			t.Error("the new endpoint was not asked when the probe of the old one had ended")
		}
	})
	inWorld(t, "once if that was before the probe was sent", func(t *testing.T, w *world) {
		var change atomic.Pointer[bellhop.ID]
		w.limits.Linger = func() { // the probe has found what it sends, and has not asked yet where to
			if service := change.Swap(nil); service != nil {
				w.set(*service, nil)
			}
		}
		service, _ := pause(w, 20)
		start, before := time.Now(), len(w.seen())
		change.Store(&service)
		w.sleep(14 * time.Second)
		if got := w.since(start, before); change.Load() != nil || !slices.Equal(got, seconds(5)) {
			t.Errorf("probes after %v, want one after 5 s", got)
		}
	})
	inWorld(t, "not while inactive", func(t *testing.T, w *world) {
		service, s := pause(w, 20)
		w.set(service, func(t *dispatch.Target) { t.Active = false })
		before := len(w.seen())
		w.sleep(time.Hour)
		if got := len(w.seen()) - before; got != 0 {
			t.Errorf("%d probes of an inactive service", got)
		}
		s.repair()
		w.set(service, func(t *dispatch.Target) { t.Active = true })
		w.sleep(2 * time.Hour)
		w.wantAll(bellhop.Delivered)
		w.wantChanges(dispatch.Paused, dispatch.Resumed)
	})
	inWorld(t, "not faster than its rate", func(t *testing.T, w *world) {
		newSickly(w)
		w.begin()
		w.publish(w.service(func(t *dispatch.Target) { t.Rate = 0.02 }), keys(20, "")...)
		w.sleep(20 * time.Minute)
		seen := w.seen()
		for i := range seen[1:] {
			if got := seen[i+1].at.Sub(seen[i].at); got < 50*time.Second {
				t.Errorf("attempt %d came %v after the one before", i+1, got)
			}
		}
	})
}

// What others are told of comes in the order in which it happened, whatever fails.
func TestChangesInOrder(t *testing.T) {
	inWorld(t, "although the first one cannot be written at once", func(t *testing.T, w *world) {
		s := newSickly(w)
		var written []dispatch.Change
		tries := 0
		w.consequence = func(o *dispatch.Outcome) storeFunc {
			return func(context.Context, *store.Tx) error {
				if o.Change == dispatch.Paused {
					if tries++; tries < 20 {
						return &bellhop.Error{Code: bellhop.Unavailable, Message: "not now"}
					}
				}
				if o.Change != dispatch.Unchanged {
					written = append(written, o.Change)
				}
				return nil
			}
		}
		w.begin()
		service := w.service(nil)
		w.publish(service, keys(20, "")...)
		w.sleep(time.Second)
		s.repair()
		w.sleep(time.Hour)
		if !slices.Equal(written, []dispatch.Change{dispatch.Paused, dispatch.Resumed}) {
			t.Errorf("written: %v", written)
		}
		if all := w.pauses(); len(all) != 0 || w.d.Health(service).Paused {
			t.Errorf("at the end: %+v", all)
		}
		w.wantAll(bellhop.Delivered)
	})
}

// The endpoint was answered a moment ago: handlers that wait, and time out, are no failures.
func TestTimeoutAfterResume(t *testing.T) {
	inWorld(t, "is none", func(t *testing.T, w *world) {
		s := newSickly(w)
		w.begin()
		service := w.service(nil)
		w.publish(service, keys(10, "")...)
		w.sleep(time.Second)
		w.mu.Lock()
		s.down = reply{status: http.StatusNoContent}
		w.mu.Unlock()
		w.set(service, nil)
		w.sleep(0)
		w.mu.Lock()
		s.down = reply{status: 200, after: never}
		w.mu.Unlock()
		w.publish(service, "slow")
		w.sleep(30 * time.Second)
		if h := w.d.Health(service); h.Paused || h.Failures > 0 {
			t.Errorf("health %+v", h)
		}
	})
}
