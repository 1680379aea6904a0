package dispatch_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"bellhop"
	"bellhop/internal/dispatch"
	"bellhop/internal/store"
)

func inFleet(t *testing.T, name string, test func(t *testing.T, f *fleet)) {
	inWorld(t, name, func(t *testing.T, w *world) {
		f := newFleet(w)
		test(t, f)
		f.end()
	})
}

func TestHandOver(t *testing.T) {
	inFleet(t, "nothing is delivered that is not owned", func(t *testing.T, f *fleet) {
		f.join()
		service := f.service(nil)
		f.publish(service, keys(5, "")...)
		f.sleep(time.Minute)
		if n := len(f.seen()); n != 0 {
			t.Errorf("%d arrived", n)
		}
	})

	inFleet(t, "what waits is delivered by who takes it", func(t *testing.T, f *fleet) {
		a := f.join()
		service := f.service(nil)
		f.publish(service, keys(5, "")...)
		f.sleep(time.Second)
		f.takeAll(a)
		f.sleep(time.Second)
		f.wantOnce()
		f.wantAll(bellhop.Delivered)
	})

	inFleet(t, "what another one commits is delivered at once", func(t *testing.T, f *fleet) {
		a, b := f.join(), f.join()
		f.takeAll(b)
		service := f.service(nil)
		f.sleep(time.Minute)
		for i := range 20 {
			start := time.Now()
			f.publish(service, keys(1+i%3, "")...) // a commits
			f.sleep(0)
			if late := time.Since(start); late > 0 || len(f.seen()) != len(f.sent) {
				t.Fatalf("%d of %d arrived, %v later", len(f.seen()), len(f.sent), late)
			}
		}
		f.sleep(time.Second)
		f.wantOnce()
		f.wantAll(bellhop.Delivered)
		_ = a
	})

	// Nobody tells of it: that it is missing is seen when the owner commits something itself.
	inFleet(t, "what another one has committed before comes first", func(t *testing.T, f *fleet) {
		f.told = func(func()) {}
		turn := 0
		f.committer = func(members int) int { turn++; return turn % members }
		a, b := f.join(), f.join()
		f.takeAll(b)
		service := f.service(nil)
		f.sleep(time.Minute)
		for range 20 {
			start := time.Now()
			f.publish(service, "k", "l") // a commits by turns with b
			f.publish(service, "l", "k")
			if turn%2 == 0 {
				f.publish(service, "k")
			}
			f.sleep(0)
			if late := time.Since(start); late > 0 || len(f.seen()) != len(f.sent) {
				t.Fatalf("%d of %d arrived, %v later", len(f.seen()), len(f.sent), late)
			}
		}
		f.sleep(time.Second)
		f.wantOnce()
		f.wantInOrder()
		f.wantAll(bellhop.Delivered)
		_ = a
	})

	// What a node has committed waits for what was committed before it. Meanwhile its partition may be
	// elsewhere, be delivered there, and come.
	inFleet(t, "what was delivered before its partition came", func(t *testing.T, f *fleet) {
		var slow atomic.Bool
		f.limits.Linger = func() {
			if slow.CompareAndSwap(true, false) {
				time.Sleep(5 * time.Second)
			}
		}
		var tell func()
		f.told = func(now func()) { tell = now }
		committer := 0
		f.committer = func(int) int { return committer }
		a, b := f.join(), f.join()
		service, other := f.service(nil), f.service(nil)
		mine := 0
		for mine == store.PartitionOf(service) || mine == store.PartitionOf(other) {
			mine++
		}
		f.take(a, mine)
		f.takeAll(b)
		f.sleep(time.Minute)
		committer = 1
		f.publish(other, "k")
		f.sleep(0)
		slow.Store(true)
		committer = 0
		f.publish(service, "k")
		f.sleep(0)
		if slow.Load() {
			t.Fatal("a does not read what b has committed")
		}
		tell()
		f.sleep(100 * time.Millisecond)
		if len(f.seen()) != 2 {
			t.Fatalf("%d arrived, want 2", len(f.seen()))
		}
		f.move(store.PartitionOf(service), a)
		f.sleep(time.Minute)
		f.wantOnce()
		f.wantAll(bellhop.Delivered)
	})

	// The feed stands still, and lanes deliver what they find in the store: more than can be remembered.
	inFleet(t, "what lanes have met while the feed stood still", func(t *testing.T, f *fleet) {
		var stands atomic.Bool
		f.limits.Ended = 5
		f.limits.Linger = func() {
			if stands.CompareAndSwap(true, false) {
				time.Sleep(30 * time.Second)
			}
		}
		committer := 0
		f.committer = func(int) int { return committer }
		a, _ := f.join(), f.join()
		f.takeAll(a)
		service := f.service(nil)
		f.sleep(time.Minute)
		stands.Store(true)
		committer = 1
		f.publish(service, "k") // which a reads, and that takes long
		committer = 0
		f.sleep(0)
		if stands.Load() {
			t.Fatal("a does not read what the other one has committed")
		}
		for range 20 {
			f.publish(service, "k", "l", "m")
			a.d.LookAgain() // it may have missed what others have told
			f.sleep(time.Second)
		}
		if n := len(f.seen()); n < 40 {
			t.Fatalf("%d arrived: lanes wait for the feed", n)
		}
		for range 20 {
			f.publish(service, "m", "k", "l")
			f.sleep(time.Second)
		}
		f.sleep(time.Minute)
		f.wantOnce()
		f.wantInOrder()
		f.wantAll(bellhop.Delivered)
	})

	// A lane that nobody has heard of so far begins when what it was to be given before is in the store alone.
	inFleet(t, "what a new lane was to be given while the feed stood still", func(t *testing.T, f *fleet) {
		var stands atomic.Bool
		goesOn := make(chan struct{})
		f.limits.Ended = 5
		f.limits.Linger = func() {
			if stands.CompareAndSwap(true, false) {
				<-goesOn
			}
		}
		committer := 0
		f.committer = func(int) int { return committer }
		a, _ := f.join(), f.join()
		f.takeAll(a)
		service, late := f.service(nil), f.service(nil)
		f.sleep(time.Minute)
		stands.Store(true)
		committer = 1
		f.publish(service, "k") // which a reads, and that takes long
		committer = 0
		f.sleep(0)
		for range 5 {
			f.publish(service, "k", "l", "m")
			a.d.LookAgain()
			f.sleep(time.Second)
		}
		committer = 1
		f.publish(late, "k")
		committer = 0
		f.sleep(0)
		if n := len(f.seen()); n != 16 {
			t.Fatalf("%d arrived, want all but that of the new lane", n)
		}
		close(goesOn)
		f.sleep(0)
		f.publish(late, "k")
		f.sleep(time.Minute)
		f.wantOnce()
		f.wantInOrder()
		f.wantAll(bellhop.Delivered)
	})

	// What is for other lanes makes no lane read, and what is for many is read at once.
	inFleet(t, "what another one commits is read once", func(t *testing.T, f *fleet) {
		reads := 0
		f.limits.Linger = func() { reads++ }
		turn := 0
		f.committer = func(members int) int { turn++; return turn % members }
		a, b := f.join(), f.join()
		f.takeAll(b)
		var services []bellhop.ID
		for range 10 {
			services = append(services, f.service(nil))
		}
		f.sleep(time.Second)
		reads = 0
		const rounds = 10
		for range rounds {
			for _, service := range services {
				f.publish(service, keys(3, "")...) // a and b by turns
				f.sleep(0)
			}
		}
		if most := rounds * len(services) / 2; reads > most {
			t.Errorf("%d reads, want %d, one for each commit of another node", reads, most)
		}
		f.sleep(time.Second)
		f.wantOnce()
		f.wantAll(bellhop.Delivered)
		_ = a
	})

	// What others commit is due by their clocks, and so later than a retry is by that of the owner.
	inFleet(t, "a retry comes in time although clocks differ", func(t *testing.T, f *fleet) {
		f.answer = func(a *arrival) reply {
			if a.key == "failing" && a.attempt == 1 {
				return reply{status: 503}
			}
			return reply{status: 200}
		}
		a := f.join()
		f.ahead = func() time.Duration { return -5 * time.Second }
		b := f.join()
		f.takeAll(b)
		service := f.service(nil)
		f.publish(service, "failing") // a commits
		for range 100 {
			f.sleep(200 * time.Millisecond)
			f.publish(service, "fine")
		}
		f.sleep(time.Second)
		f.wantAll(bellhop.Delivered)
		_ = a
	})

	// The retries that the owner reads are due by its clock, and what others commit then before that. Only some of this is
	// met in the store by the read of another retry, before the feed has found all of it.
	inFleet(t, "what is met beside a retry does not overtake what was committed before", func(t *testing.T, f *fleet) {
		f.told = func(func()) {}
		f.answer = func(a *arrival) reply {
			if strings.HasPrefix(a.key, "failing") && a.attempt < 5 {
				return reply{status: 503}
			}
			return reply{status: 200}
		}
		a := f.join()
		f.ahead = func() time.Duration { return 200 * time.Millisecond }
		b := f.join()
		f.takeAll(b)
		service := f.service(nil)
		for i := range 8 {
			f.publish(service, fmt.Sprint("failing", i)) // a commits
			f.publish(service, "k")
		}
		for range 60 * 20 {
			f.sleep(50 * time.Millisecond)
			f.publish(service, "k")
		}
		f.sleep(time.Hour)
		f.wantAll(bellhop.Delivered)
		f.wantInOrder()
		_ = a
	})

	inFleet(t, "what nobody tells of is found soon", func(t *testing.T, f *fleet) {
		f.told = func(func()) {}
		a, b := f.join(), f.join()
		f.takeAll(b)
		service := f.service(nil)
		for range 10 {
			f.publish(service, keys(3, "")...) // a commits
			f.sleep(2 * time.Second)
			if len(f.seen()) != len(f.sent) {
				t.Fatalf("%d of %d arrived within 2 s", len(f.seen()), len(f.sent))
			}
		}
		f.wantOnce()
		_ = a
	})

	// It has no probe to send, and waits for the next delivery.
	inFleet(t, "what nobody tells of a paused lane is found soon", func(t *testing.T, f *fleet) {
		f.told = func(func()) {}
		a, b := f.join(), f.join()
		service := f.service(nil)
		err := f.db.Update(t.Context(), func(tx *store.Tx) error {
			pause := store.Pause{LaneID: store.ServiceLane(service), Since: bellhop.TimeOf(time.Now()), Reason: "status 500", Failures: 10}
			return tx.SetPause(t.Context(), pause)
		})
		if err != nil {
			t.Fatal(err)
		}
		f.takeAll(b)
		f.sleep(time.Minute)
		f.publish(service, "k") // a commits
		f.sleep(2 * time.Second)
		if got := len(f.seen()); got != 1 {
			t.Errorf("%d arrived within 2 s, want 1", got)
		}
		f.sleep(time.Second)
		f.wantAll(bellhop.Delivered)
		_ = a
	})

	// While an attempt is out nobody looks idle.
	inFleet(t, "what nobody tells of a busy lane is found soon", func(t *testing.T, f *fleet) {
		f.told = func(func()) {}
		f.answer = func(a *arrival) reply {
			if a.key == "slow" {
				return reply{status: 200, after: 15 * time.Second}
			}
			return reply{status: 200}
		}
		a, b := f.join(), f.join()
		f.takeAll(b)
		service := f.service(nil)
		f.publish(service, "slow")
		f.sleep(2 * time.Second)
		f.publish(service, "fast", "slow")
		f.sleep(2 * time.Second)
		if got := len(f.seen()); got != 3 {
			t.Errorf("%d arrived, want 3", got)
		}
		f.sleep(time.Minute)
		_ = a
	})

	inFleet(t, "attempts end, and the next one begins elsewhere", func(t *testing.T, f *fleet) {
		f.answer = func(*arrival) reply { return reply{status: 200, after: 500 * time.Millisecond} }
		a, b := f.join(), f.join()
		f.takeAll(a)
		service := f.service(nil)
		f.publish(service, keys(3, "k")...)
		f.sleep(100 * time.Millisecond)
		f.move(store.PartitionOf(service), b)
		f.sleep(3 * time.Second)
		f.wantOnce()
		f.wantInOrder()
		f.wantAll(bellhop.Delivered)
		for _, at := range f.seen()[1:] {
			if at.at.Before(f.seen()[0].ended) {
				t.Errorf("one began at %v, before the first had ended at %v", at.at, f.seen()[0].ended)
			}
		}
		if left := a.d.Leftovers(); len(left) > 0 {
			t.Errorf("left over where it was given: %v", left)
		}
		if load := a.d.Load(); load.Lanes != 0 {
			t.Errorf("it still has %d lanes", load.Lanes)
		}
	})

	inFleet(t, "what does not end in time is not given", func(t *testing.T, f *fleet) {
		f.answer = func(*arrival) reply { return reply{status: 200, after: 10 * time.Second} }
		a := f.join()
		f.takeAll(a)
		service := f.service(nil)
		f.publish(service, "k")
		f.sleep(time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := a.d.Give(ctx, store.PartitionOf(service)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Give = %v", err)
		}
		f.sleep(time.Minute)
		f.wantOnce()
		f.wantAll(bellhop.Delivered) // what came of it was recorded
	})

	inFleet(t, "what is dropped is cut off, and not recorded", func(t *testing.T, f *fleet) {
		f.answer = func(*arrival) reply { return reply{status: 200, after: 500 * time.Millisecond} }
		a, b := f.join(), f.join()
		f.takeAll(a)
		service := f.service(nil)
		f.publish(service, keys(3, "k")...)
		f.sleep(100 * time.Millisecond)
		f.lose(a)
		a.d.Drop()
		f.sleep(10 * time.Second)
		if n := len(f.seen()); n != 1 {
			t.Errorf("%d attempts began, want the one that was cut off", n)
		}
		f.wantAll(bellhop.Pending)
		if load := a.d.Load(); load.Lanes != 0 {
			t.Errorf("it still has %d lanes", load.Lanes)
		}
		f.takeAll(b)
		f.sleep(10 * time.Second)
		f.wantAll(bellhop.Delivered)
		if got := f.order(); !slices.Equal(got, []int{0, 0, 1, 2}) {
			t.Errorf("arrived: %v", got)
		}
		// It may have some again.
		f.move(store.PartitionOf(service), a)
		f.publish(service, "k")
		f.sleep(time.Second)
		f.wantAll(bellhop.Delivered)
	})

	inFleet(t, "who is not sure starts nothing", func(t *testing.T, f *fleet) {
		a := f.join()
		f.takeAll(a)
		service := f.service(nil)
		f.publish(service, "k")
		f.sleep(time.Second)
		a.sure.Store(false)
		f.publish(service, keys(3, "k")...)
		f.sleep(time.Minute)
		if n := len(f.seen()); n != 1 {
			t.Errorf("%d attempts, want the one from before", n)
		}
		a.sure.Store(true)
		f.sleep(2 * time.Second)
		f.wantOnce()
		f.wantInOrder()
	})

	// It may be another one's when the connection is there: it took long, or the process was stopped.
	inFleet(t, "who is not sure any more when it has connected sends nothing", func(t *testing.T, f *fleet) {
		a, b := f.join(), f.join()
		f.takeAll(a)
		service := f.service(nil)
		connecting := make(chan struct{})
		f.connect = func() { <-connecting }
		f.publish(service, "k")
		f.sleep(time.Second)
		a.sure.Store(false)
		f.connect = nil
		f.lose(a)
		f.takeAll(b)
		f.sleep(time.Second)
		close(connecting)
		f.sleep(time.Second)
		f.wantOnce()
		f.wantAll(bellhop.Delivered)

		// Also if it has joined anew meanwhile, and is sure of that.
		connecting = make(chan struct{})
		f.connect = func() { <-connecting }
		f.publish(service, "k")
		f.sleep(time.Second)
		f.connect = nil
		f.lose(b)
		b.d.Drop()
		f.takeAll(b)
		f.sleep(time.Second)
		close(connecting)
		f.sleep(time.Second)
		f.wantOnce()
		f.wantAll(bellhop.Delivered)
	})

	inFleet(t, "a pause goes along", func(t *testing.T, f *fleet) {
		down := true
		f.answer = func(*arrival) reply {
			if down {
				return reply{status: 500}
			}
			return reply{status: 200}
		}
		a, b := f.join(), f.join()
		f.takeAll(a)
		service := f.service(nil)
		f.publish(service, keys(30, "")...)
		f.sleep(time.Minute)
		if !a.d.Health(service).Paused {
			t.Fatal("it is not paused")
		}
		before := len(f.seen())
		f.move(store.PartitionOf(service), b)
		f.sleep(0)
		if !b.d.Health(service).Paused || len(f.seen()) != before+1 {
			t.Errorf("paused: %t; %d probes at once, want one", b.d.Health(service).Paused, len(f.seen())-before)
		}
		f.mu.Lock()
		down = false
		f.mu.Unlock()
		f.sleep(10 * time.Minute)
		f.wantAll(bellhop.Delivered)
		if b.d.Health(service).Paused {
			t.Error("it is still paused")
		}
	})

	inFleet(t, "a retry is made where its lane is", func(t *testing.T, f *fleet) {
		f.answer = func(a *arrival) reply {
			if a.attempt < 3 {
				return reply{status: 500}
			}
			return reply{status: 200}
		}
		a, b := f.join(), f.join()
		f.takeAll(a)
		service := f.service(nil)
		f.publish(service, "k")
		f.sleep(time.Second)
		f.move(store.PartitionOf(service), b)
		f.sleep(time.Minute)
		f.wantAll(bellhop.Delivered)
		if n := len(f.seen()); n != 3 {
			t.Errorf("%d attempts, want 3", n)
		}
	})

	inFleet(t, "a service that is active again", func(t *testing.T, f *fleet) {
		a, b := f.join(), f.join()
		f.takeAll(b)
		service := f.service(func(t *dispatch.Target) { t.Active = false })
		f.publish(service, "k")
		f.sleep(time.Minute)
		f.set(service, func(t *dispatch.Target) { t.Active = true })
		f.wake(service)
		f.sleep(0)
		f.wantOnce()

		f.set(service, func(t *dispatch.Target) { t.Active = false })
		f.publish(service, "k")
		f.sleep(time.Minute)
		f.set(service, func(t *dispatch.Target) { t.Active = true })
		f.sleep(2 * time.Second) // nobody has told of it
		f.wantOnce()
		_ = a
	})
}

// Many keys, many commits by turns, and partitions that go back and forth all the time.
func TestOrderOverHandOvers(t *testing.T) {
	inFleet(t, "by turns", func(t *testing.T, f *fleet) {
		turn := 0
		f.committer = func(members int) int { turn++; return turn % members }
		f.answer = func(a *arrival) reply {
			return reply{status: 200, after: time.Duration(a.nth%7) * 10 * time.Millisecond}
		}
		a, b := f.join(), f.join()
		f.takeAll(a)
		services := []bellhop.ID{f.service(nil), f.service(nil), f.service(nil)}
		for round := range 100 {
			for i, service := range services {
				f.publish(service, fmt.Sprint(round%3), fmt.Sprint(i), "hot")
			}
			f.sleep(time.Duration(round%5) * 7 * time.Millisecond)
			to := a
			if round%2 == 0 {
				to = b
			}
			for _, service := range services[:1+round%3] {
				f.ended.Go(func() { f.move(store.PartitionOf(service), to) })
			}
			f.sleep(time.Duration(round%4) * 9 * time.Millisecond)
		}
		f.sleep(time.Minute)
		f.ended.Wait()
		f.wantOnce()
		f.wantInOrder()
		f.wantAll(bellhop.Delivered)
	})
}
