package live

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"bellhop"
	"bellhop/internal/cluster"
	"bellhop/internal/store"
	"bellhop/internal/store/storetest"
)

// town is nodes that ask each other as those of a cluster do.
type town struct {
	mu      sync.Mutex
	answers map[store.NodeID]func(context.Context, store.NodeID, []byte) ([]byte, error)
	asked   atomic.Int64
}

// house is one node of a town.
type house struct {
	*town
	id store.NodeID
}

func (h house) Self() store.NodeID { return h.id }

func (h house) Nodes() (all []cluster.Node) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for id := range h.answers {
		all = append(all, cluster.Node{ID: id, Self: id == h.id})
	}
	return all
}

func (h house) Answer(_ string, f func(context.Context, store.NodeID, []byte) ([]byte, error)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.answers[h.id] = f
}

func (h house) Ask(ctx context.Context, node store.NodeID, _ string, question []byte) ([]byte, error) {
	h.asked.Add(1)
	h.mu.Lock()
	f := h.answers[node]
	h.mu.Unlock()
	if f == nil {
		return nil, cluster.ErrNoNode
	}
	type told struct {
		text []byte
		err  error
	}
	heard := make(chan told, 1)
	go func() {
		text, err := f(context.WithoutCancel(ctx), h.id, question)
		heard <- told{text, err}
	}()
	select {
	case a := <-heard:
		return a.text, a.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (h house) leave() {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.answers, h.id)
}

// neighbours calls test with rooms of one store, each with a hub of its own, that follow each other.
func neighbours(t *testing.T, names []store.NodeID, test func(t *testing.T, town *town, join func(store.NodeID) *room, rooms []*room)) {
	storetest.OneProcess(t) // the nodes share one store here, opened outside of the bubble
	first := newRoom(t)
	synctest.Test(t, func(t *testing.T) {
		town := &town{answers: map[store.NodeID]func(context.Context, store.NodeID, []byte) ([]byte, error){}}
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		join := func(id store.NodeID) *room {
			r := &room{Hub: NewHub(first.subs, house{town, id}), t: t, db: first.db, atTop: first.atTop, lower: first.lower}
			running.Go(func() {
				if err := r.Run(ctx); err != nil {
					t.Error(err)
				}
			})
			return r
		}
		var rooms []*room
		for _, id := range names {
			rooms = append(rooms, join(id))
		}
		test(t, town, join, rooms)
		cancel()
		running.Wait()
		time.Sleep(2 * hold) // until nothing is being answered
	})
}

// Contract: extensions.md 2: Where several nodes serve one database a stream
func TestNeighbours(t *testing.T) {
	neighbours(t, []store.NodeID{"a", "b"}, func(t *testing.T, town *town, join func(store.NodeID) *room, rooms []*room) {
		a, b := rooms[0], rooms[1]
		admin := adminOf(top)
		b.attempt(b.lower, "too.early", bellhop.Delivered)
		all, some := a.open(admin, "", ""), a.open(admin, "event=order.*", "")
		if all.Gap() || some.Gap() {
			t.Error("a new stream begins with a gap")
		}
		reads := func(s *Stream, want string) (id string) {
			t.Helper()
			time.Sleep(time.Second)
			events, id := a.read(s, admin)
			if strings.Join(events, " ") != want {
				t.Errorf("read %v, want %s", events, want)
			}
			return id
		}
		b.attempt(b.lower, "order.made", bellhop.Delivered)
		b.attempt(b.lower, "other.thing", bellhop.Delivered)
		a.attempt(a.lower, "order.here", bellhop.Delivered)
		reads(all, "order.here order.made other.thing")
		id := reads(some, "order.here order.made")

		// Who comes back to the same node, for the same, misses nothing; at another one he is told.
		some.Close()
		b.attempt(b.lower, "order.later", bellhop.Delivered)
		if again := a.open(admin, "event=order.*", id); again.Gap() {
			t.Error("who comes back soon has missed something")
		} else {
			reads(again, "order.later")
		}
		reads(all, "order.later")
		if !b.open(admin, "event=order.*", id).Gap() || !a.open(admin, "event=else.*", id).Gap() {
			t.Error("an id that does not say where to go on is not told of as a gap")
		}

		// A node that joins is heard from its beginning, and one that dies is a gap.
		c := join("c")
		c.attempt(c.lower, "order.new", bellhop.Delivered)
		reads(all, "order.new")
		house{town, "c"}.leave()
		time.Sleep(time.Second)
		if _, _, err := all.Read(t.Context(), admin); err != ErrBehind {
			t.Errorf("after a node died Read = %v, want ErrBehind", err)
		}
	})
}

// More than is remembered is told as to one who is too slow, and what nobody wants is not asked for.
func TestNeighbourOvertakes(t *testing.T) {
	neighbours(t, []store.NodeID{"a", "b"}, func(t *testing.T, town *town, _ func(store.NodeID) *room, rooms []*room) {
		a, b := rooms[0], rooms[1]
		time.Sleep(time.Minute)
		if n := town.asked.Load(); n > 0 {
			t.Errorf("without a reader %d questions were asked", n)
		}
		s := a.open(adminOf(top), "event=e.rare", "")
		for range ringSize + 10 {
			b.attempt(b.lower, "e.many", bellhop.Delivered)
		}
		time.Sleep(time.Second)
		if _, _, err := s.Read(t.Context(), adminOf(top)); err != ErrBehind {
			t.Errorf("Read = %v, want ErrBehind", err)
		}
		s.Close()
		time.Sleep(2 * wantedFor)
		asked := town.asked.Load()
		time.Sleep(time.Minute)
		if more := town.asked.Load() - asked; more > 0 {
			t.Errorf("long after the last reader left %d more questions were asked", more)
		}
	})
}

func TestNeighboursWatch(t *testing.T) {
	neighbours(t, []store.NodeID{"a", "b"}, func(t *testing.T, _ *town, _ func(store.NodeID) *room, rooms []*room) {
		a, b := rooms[0], rooms[1]
		w := a.watch(a.Position(), talk)
		w.Changed() // it may have missed something before it was known what it watches
		for _, test := range []struct {
			what string
			tell func()
			want bool
		}{
			{"another conversation", func() { b.changes.add(change{conversation: other, orgPath: below}) }, false},
			{"a change", func() { b.changes.add(change{conversation: talk, orgPath: below}) }, true},
			{"an attempt", func() { b.Add(Attempt{Delivery: store.StoredDelivery{Key: talk}}) }, true},
		} {
			more := w.More()
			test.tell()
			time.Sleep(time.Second)
			if got := woken(more); got != test.want || w.Changed() != test.want {
				t.Errorf("after %s at another node the watch was woken: %t, want %t", test.what, got, test.want)
			}
		}
	})
}
