package dispatch_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"bellhop"
	"bellhop/internal/dispatch"
)

func TestBudget(t *testing.T) {
	inWorld(t, "holds for all lanes together, and leaves some to each", func(t *testing.T, w *world) {
		w.limits = dispatch.Limits{Held: 64 << 10}
		w.answer = func(a *arrival) reply {
			if a.key == "soon" {
				return reply{status: 200, after: 10 * time.Millisecond}
			}
			return reply{status: 200, after: 900 * time.Millisecond}
		}
		w.begin()
		for range 5 {
			w.publishIn("", w.service(func(t *dispatch.Target) { t.Concurrency = 2 }), func() int { return 3000 }, keys(50, "")...)
		}
		well := w.service(nil)
		for range 25 {
			start := time.Now()
			w.publish(well, "soon", "soon", "soon", "soon")
			w.sleep(100 * time.Millisecond)
			arrived := 0
			for _, a := range w.seen() {
				if a.Service == well && !a.at.Before(start) {
					arrived++
				}
			}
			if arrived != 4 {
				t.Fatalf("%d of 4 deliveries began within 100 ms", arrived)
			}
			if bytes, lanes := w.d.Held(); bytes > 2*64<<10+lanes*5000 {
				t.Fatalf("%d lanes hold %d bytes", lanes, bytes)
			}
		}
		w.sleep(10 * time.Minute)
		w.wantOnce()
		w.wantInOrder()
		w.wantAll(bellhop.Delivered)
		if bytes, lanes := w.d.Held(); bytes != 0 || lanes != 0 {
			t.Errorf("at the end %d lanes hold %d bytes", lanes, bytes)
		}
	})
	inWorld(t, "does not count handlers that wait", func(t *testing.T, w *world) {
		w.limits = dispatch.Limits{Bytes: 20 << 10, Held: 30 << 10}
		w.answer = func(*arrival) reply { return reply{status: 200, after: 15 * time.Second} }
		w.begin()
		service := w.service(nil)
		for i := range 10 {
			w.publishIn("", service, func() int { return 9000 }, fmt.Sprint(i))
			w.sleep(1100 * time.Millisecond)
			if got := len(w.seen()); got != i+1 {
				t.Fatalf("%d attempts have begun, want %d", got, i+1)
			}
		}
	})
}

// Each of many lanes costs little, also while all have something under way.
func TestManyLanes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // by itself, since others use memory, too
		w := newWorld(t)
		w.answer = func(*arrival) reply { return reply{status: 200, after: 500 * time.Millisecond} }
		var services []bellhop.ID
		for range manyLanes {
			services = append(services, w.service(nil))
		}
		w.begin()
		w.sleep(time.Second)
		before := inUse()
		for _, service := range services {
			w.d.Wake(service)
		}
		w.sleep(time.Second)
		if got := (inUse() - before) / manyLanes; got > 4<<10 {
			t.Errorf("a lane with nothing in it takes %d bytes", got)
		}
		w.publishAll(services)
		w.sleep(100 * time.Millisecond)
		if got := len(w.seen()); got != manyLanes {
			t.Errorf("%d lanes began at once, want %d", got, manyLanes)
		}
		w.sleep(time.Minute)
		w.wantOnce()
	})
}

// inUse returns how many bytes are in use.
func inUse() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// A conversation whose messages are as large as can be leaves room for others.
func TestLargeLine(t *testing.T) {
	inWorld(t, "of one key", func(t *testing.T, w *world) {
		w.answer = func(a *arrival) reply {
			if strings.HasPrefix(a.key, "free") {
				return reply{status: 200}
			}
			return reply{status: 200, after: 900 * time.Millisecond}
		}
		w.begin()
		service := w.service(nil)
		w.publishIn("", service, func() int { return 90_000 }, keys(200, "hot")...)
		w.sleep(3 * time.Second)
		for i := range 20 {
			w.publish(service, fmt.Sprint("free-", i))
			w.sleep(10 * time.Millisecond)
			if seen := w.seen(); seen[len(seen)-1].key != fmt.Sprint("free-", i) {
				t.Fatalf("another key does not begin beside 200 large deliveries of one")
			}
		}
		w.sleep(5 * time.Minute)
		w.wantOnce()
		w.wantInOrder()
	})
}
