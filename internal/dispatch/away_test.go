package dispatch_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"bellhop"
	"bellhop/internal/dispatch"
)

const tunnel = bellhop.ID("7e57f1a2c3d4e5f60718293a")

// listening returns what is closed when the listener of a service's tunnel leaves, nil if
// nobody listens, and whether the service has a tunnel at all.
func (w *world) listening(service bellhop.ID) (left chan struct{}, isTunnel bool) {
	t := w.targets[service]
	if t == nil || t.Tunnel == "" {
		return nil, false
	}
	return w.tunnels[t.Tunnel], true
}

// arrive lets somebody listen at a tunnel, and says so.
func (w *world) arrive(tunnel bellhop.ID) {
	w.mu.Lock()
	if w.tunnels[tunnel] == nil {
		w.tunnels[tunnel] = make(chan struct{})
	}
	d := w.d
	w.mu.Unlock()
	if d != nil {
		d.Arrived(tunnel)
	}
}

// leave lets nobody listen, and reports whether somebody did.
func (w *world) leave(tunnel bellhop.ID) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	left := w.tunnels[tunnel]
	if left == nil {
		return false
	}
	delete(w.tunnels, tunnel)
	close(left)
	return true
}

func (w *world) tunneled() bellhop.ID {
	return w.service(func(t *dispatch.Target) { t.Tunnel = tunnel })
}

// Contract: extensions.md 5.3: While nobody listens
// Contract: extensions.md 5.3: They wait, in the order
// Contract: extensions.md 5.3: So do those of a replay
// Contract: extensions.md 5.3: As soon as somebody listens again
// Contract: extensions.md 5.3: An attempt that was under way
func TestAway(t *testing.T) {
	inWorld(t, "while nobody listens nothing is attempted, and then all arrives in order", func(t *testing.T, w *world) {
		w.begin()
		service := w.tunneled()
		for range 30 {
			w.publish(service, keys(5, "")...)
			w.sleep(10 * time.Minute)
		}
		if n := len(w.seen()); n > 0 {
			t.Fatalf("%d attempts while nobody listens", n)
		}
		if h := w.d.Health(service); h.Paused || h.Failures > 0 {
			t.Errorf("health %+v while nobody listens", h)
		}
		w.arrive(tunnel)
		w.sleep(time.Second)
		w.wantOnce()
		w.wantInOrder()
		w.wantAll(bellhop.Delivered)
		w.wantChanges()
	})
	inWorld(t, "after a restart it is held until somebody listens", func(t *testing.T, w *world) {
		service := w.tunneled()
		w.publish(service, keys(5, "k")...)
		w.begin()
		w.sleep(time.Hour)
		w.end()
		w.begin()
		w.sleep(time.Hour)
		if n := len(w.seen()); n > 0 {
			t.Fatalf("%d attempts while nobody listens", n)
		}
		w.arrive(tunnel)
		w.sleep(6 * time.Second)
		w.wantOnce()
		w.wantInOrder()
	})
	inWorld(t, "what was under way leaves no trace and keeps its place", func(t *testing.T, w *world) {
		w.answer = func(a *arrival) reply {
			if a.first {
				return reply{status: 200, after: 15 * time.Second}
			}
			return reply{status: 200}
		}
		w.begin()
		service := w.tunneled()
		w.arrive(tunnel)
		w.publish(service, keys(4, "k")...)
		w.sleep(2500 * time.Millisecond) // three are out
		w.leave(tunnel)
		w.sleep(time.Hour)
		if got := fmt.Sprint(w.order()); got != "[0 1 2]" {
			t.Fatalf("arrived %s before the listener left", got)
		}
		for i := range 4 {
			if d := w.stored(i); d.Attempts != 0 || d.LastError != "" || d.Due != d.CreatedAt {
				t.Errorf("delivery %d: %d attempts, error %q, due %v", i, d.Attempts, d.LastError, d.Due)
			}
		}
		w.answer = ok
		w.arrive(tunnel)
		w.sleep(time.Second)
		if got := fmt.Sprint(w.order()); got != "[0 1 2 0 1 2 3]" {
			t.Errorf("arrived %s", got)
		}
		w.wantAll(bellhop.Delivered)
		for i := range 4 {
			if d := w.stored(i); d.Attempts != 1 {
				t.Errorf("delivery %d has %d attempts, want 1", i, d.Attempts)
			}
		}
	})
	inWorld(t, "a listener that is there again at once is waited for until all has come back", func(t *testing.T, w *world) {
		w.answer = func(a *arrival) reply {
			return reply{status: 200, after: 300 * time.Millisecond, late: time.Duration(a.nth%3) * 400 * time.Millisecond}
		}
		w.begin()
		service := w.tunneled()
		w.arrive(tunnel)
		chance := rand.New(rand.NewPCG(7, 7))
		for range 200 {
			w.publish(service, keys(1+chance.IntN(3), fmt.Sprint(chance.IntN(3)))...)
			w.sleep(time.Duration(chance.IntN(700)) * time.Millisecond)
			if chance.IntN(3) == 0 {
				w.leave(tunnel)
				w.sleep(time.Duration(chance.IntN(2)*chance.IntN(5000)) * time.Millisecond)
				w.arrive(tunnel)
			}
		}
		w.sleep(5 * time.Minute)
		w.wantAll(bellhop.Delivered)
		s := &simulation{world: w, began: time.Now()}
		lost := map[string][]*arrival{}
		again := 0
		for _, a := range w.seen() {
			s.checkLost(a, lost)
			if a.attempt != 1 {
				t.Errorf("delivery %d: attempt %d", a.nth, a.attempt)
			}
			if a.lost {
				again++
			}
		}
		if again < 20 {
			t.Errorf("%d attempts were cut off, want many", again)
		}
	})
}

// Contract: extensions.md 5.3: Deliveries end 24 h after their event
func TestAwayForADay(t *testing.T) {
	inWorld(t, "what nobody listens for ends", func(t *testing.T, w *world) {
		w.begin()
		service := w.tunneled()
		w.publish(service, keys(450, "")...)
		w.sleep(23*time.Hour + 50*time.Minute)
		w.wantAll(bellhop.Pending)
		w.sleep(12 * time.Minute)
		w.wantAll(bellhop.Dead)
		if n := len(w.seen()); n > 0 {
			t.Errorf("%d attempts", n)
		}
		for _, o := range w.outcomes {
			if !strings.Contains(o.Reason, "nobody listened at the other end of the tunnel") {
				t.Fatalf("it died of %q", o.Reason)
			}
		}
	})
}

// Contract: extensions.md 5.3: So do those of a replay
func TestAwayAndElse(t *testing.T) {
	inWorld(t, "a service that is made inactive or gets another URL is not held any more", func(t *testing.T, w *world) {
		w.begin()
		service := w.tunneled()
		w.publish(service, keys(3, "k")...)
		w.sleep(time.Minute)
		w.set(service, func(t *dispatch.Target) { t.Active = false })
		w.arrive(tunnel)
		w.sleep(time.Minute)
		if n := len(w.seen()); n > 0 {
			t.Errorf("%d attempts for an inactive service", n)
		}
		w.leave(tunnel)
		w.set(service, func(t *dispatch.Target) { t.Active = true })
		w.sleep(time.Minute)
		if n := len(w.seen()); n > 0 {
			t.Errorf("%d attempts while nobody listens", n)
		}
		w.set(service, func(t *dispatch.Target) { t.Tunnel = "" })
		w.sleep(time.Second)
		w.wantOnce()
		w.wantInOrder()
	})
	inWorld(t, "a paused lane asks no more while nobody listens, and at once when somebody does", func(t *testing.T, w *world) {
		s := newSickly(w)
		w.begin()
		service := w.tunneled()
		w.arrive(tunnel)
		w.publish(service, keys(40, "")...)
		w.sleep(0)
		w.wantChanges(dispatch.Paused)
		w.leave(tunnel)
		before := len(w.seen())
		w.sleep(time.Hour)
		if n := len(w.seen()) - before; n > 0 {
			t.Errorf("%d probes while nobody listens", n)
		}
		s.repair()
		w.arrive(tunnel)
		w.sleep(time.Minute)
		w.wantChanges(dispatch.Paused, dispatch.Resumed)
		w.sleep(time.Hour)
		w.wantAll(bellhop.Delivered)
	})
	inWorld(t, "a lane whose tunnel is away keeps nothing in memory", func(t *testing.T, w *world) {
		w.limits = dispatch.Limits{Ready: 8, Waiting: 8}
		w.begin()
		service := w.tunneled()
		for range 20 {
			w.publish(service, keys(100, "")...)
		}
		w.sleep(time.Minute)
		if bytes, lanes := w.d.Held(); bytes != 0 || lanes != 0 {
			t.Errorf("%d lanes hold %d bytes", lanes, bytes)
		}
		if load := w.d.Load(); load.Away != 1 || load.UnderWay != 0 {
			t.Errorf("load %+v", load)
		}
		w.arrive(tunnel)
		w.sleep(time.Minute)
		if load := w.d.Load(); load.Away != 0 {
			t.Errorf("load %+v when somebody listens", load)
		}
		w.wantOnce()
		w.wantAll(bellhop.Delivered)
	})
}

// Contract: extensions.md 5.1: Services, and all that asks
func TestTurnInATunnel(t *testing.T) {
	inWorld(t, "what waits for its turn has not started: it holds back its key, and has no slot", func(t *testing.T, w *world) {
		w.limits = dispatch.Limits{UnderWay: 1}
		w.answer = func(a *arrival) reply {
			if a.Service == w.sent[0].Service {
				return reply{status: 200, turn: 5 * time.Second, after: 3 * time.Second}
			}
			return reply{status: 200, after: 10 * time.Millisecond}
		}
		w.begin()
		began := time.Now()
		service := w.service(func(t *dispatch.Target) { t.Tunnel, t.Concurrency = tunnel, 4 })
		w.arrive(tunnel)
		w.publish(service, "k", "k", "a", "b", "c", "d")
		w.sleep(time.Millisecond)
		other := w.service(func(*dispatch.Target) {})
		w.publish(other, keys(10, "")...)
		w.sleep(time.Second)
		if n := len(w.seen()); n != 1+3+10 {
			t.Errorf("%d attempts, want 4 that wait for their turn, and 10 of the other lane", n)
		}
		w.sleep(time.Minute)
		var at []time.Duration
		for _, a := range w.seen() {
			if a.key == "k" {
				at = append(at, a.at.Sub(began))
			}
		}
		// A second after the first one has had its turn, and then it waits for its own.
		if want := []time.Duration{5 * time.Second, 11 * time.Second}; !slices.Equal(at, want) {
			t.Errorf("those of one key were sent at %v, want %v", at, want)
		}
		w.wantOnce()
		w.wantAll(bellhop.Delivered)
	})
}

// Contract: extensions.md 5.1: {"type":"request"
func TestOrderIsPassedOn(t *testing.T) {
	inWorld(t, "first attempts of a key have an order of their own in each lane", func(t *testing.T, w *world) {
		w.answer = func(a *arrival) reply {
			if a.nth == 2 && a.first {
				return reply{status: 500}
			}
			return reply{status: 200}
		}
		w.begin()
		service := w.tunneled()
		w.arrive(tunnel)
		w.publish(service, "a", "a", "b")
		w.publish(w.tunneled(), "a")
		w.publish(w.service(func(t *dispatch.Target) { t.Tunnel, t.Unordered = tunnel, true }), "a")
		w.sleep(time.Minute)
		var orders []string
		for _, a := range w.seen() {
			if a.nth == 2 && !a.first || a.nth == 4 {
				if a.request.Order != "" {
					t.Errorf("delivery %d, attempt %d, has the order %q", a.nth, a.attempt, a.request.Order)
				}
				continue
			}
			orders = append(orders, fmt.Sprint(a.nth, " ", a.request.Order))
		}
		slices.Sort(orders)
		for i := range orders {
			orders[i] = orders[i][2:]
		}
		if len(orders) != 4 || slices.Contains(orders, "") || orders[0] != orders[1] || orders[0] == orders[2] || orders[0] == orders[3] {
			t.Errorf("orders %q", orders)
		}
	})
}
