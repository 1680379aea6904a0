package health

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"bellhop"
	"bellhop/internal/cluster"
	"bellhop/internal/dispatch"
	"bellhop/internal/store"
)

// ward is nodes that tell each other how their endpoints do.
type ward struct {
	mu          sync.Mutex
	subscribers map[store.NodeID]map[string]func(store.NodeID, []byte)
	left        map[store.NodeID]func(store.NodeID)
	missed      map[store.NodeID]func()
	deaf        bool // nothing arrives
	messages    atomic.Int64
	longest     atomic.Int64
}

// bed is one node, and what it knows of its own endpoints.
type bed struct {
	*ward
	id    store.NodeID
	known map[bellhop.ID]dispatch.Health
	*Board
}

func (b *bed) Self() store.NodeID { return b.id }

func (b *bed) Nodes() (all []cluster.Node) {
	b.ward.mu.Lock()
	defer b.ward.mu.Unlock()
	for id := range b.subscribers {
		all = append(all, cluster.Node{ID: id, Self: id == b.id})
	}
	return all
}

func (b *bed) Publish(topic string, payload []byte) {
	b.ward.mu.Lock()
	defer b.ward.mu.Unlock()
	b.messages.Add(1)
	b.longest.Store(max(b.longest.Load(), int64(len(payload))))
	for id := range b.subscribers {
		b.deliver(id, topic, payload)
	}
}

func (b *bed) Send(to store.NodeID, topic string, payload []byte) {
	b.ward.mu.Lock()
	defer b.ward.mu.Unlock()
	b.deliver(to, topic, payload)
}

func (b *bed) deliver(to store.NodeID, topic string, payload []byte) {
	if f := b.subscribers[to][topic]; f != nil && !b.deaf {
		f(b.id, slices.Clone(payload))
	}
}

func (b *bed) Subscribe(topic string, f func(store.NodeID, []byte)) {
	b.ward.mu.Lock()
	defer b.ward.mu.Unlock()
	if b.subscribers[b.id] == nil {
		b.subscribers[b.id] = map[string]func(store.NodeID, []byte){}
	}
	b.subscribers[b.id][topic] = f
}

func (b *bed) Missed(f func()) { b.missed[b.id] = f }

func (b *bed) Left(f func(store.NodeID)) { b.ward.left[b.id] = f }

func (b *bed) Health(service bellhop.ID) dispatch.Health {
	b.ward.mu.Lock()
	defer b.ward.mu.Unlock()
	return b.known[service]
}

func (b *bed) EachHealth(f func(bellhop.ID, dispatch.Health)) {
	b.ward.mu.Lock()
	known := maps.Clone(b.known)
	b.ward.mu.Unlock()
	for id, h := range known {
		f(id, h)
	}
}

// is makes the endpoint of a service be like that; the zero Health is one that nothing is known of.
func (b *bed) is(service bellhop.ID, h dispatch.Health) {
	b.ward.mu.Lock()
	defer b.ward.mu.Unlock()
	if b.known[service] = h; h == (dispatch.Health{}) {
		delete(b.known, service)
	}
}

// deafen decides whether nothing arrives.
func (w *ward) deafen(deaf bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.deaf = deaf
}

// Contract: extensions.md 4: Where several nodes
func TestBoard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		defer running.Wait()
		defer cancel()
		w := &ward{subscribers: map[store.NodeID]map[string]func(store.NodeID, []byte){}, left: map[store.NodeID]func(store.NodeID){}, missed: map[store.NodeID]func(){}}
		join := func(id store.NodeID) *bed {
			b := &bed{ward: w, id: id, known: map[bellhop.ID]dispatch.Health{}}
			b.Board = New(b, b)
			running.Go(func() {
				if err := b.Run(ctx); err != nil {
					t.Error(err)
				}
			})
			return b
		}
		a := join("a")
		paused := dispatch.Health{Paused: true, Since: 1000, Failures: 10, Reason: "status 503"}
		failing := dispatch.Health{Since: 2000, Failures: 3, Reason: strings.Repeat("é\x01", 1000)}
		a.is("p", paused)
		a.is("f", failing)
		for i := range 200 {
			a.is(bellhop.ID(fmt.Sprint("well", i)), dispatch.Health{Since: bellhop.Time(i + 1)})
		}
		time.Sleep(time.Minute)
		if n := w.messages.Load(); n > 1 { // it asks once
			t.Errorf("alone it has %d messages to tell", n)
		}
		b := join("b")
		seen := func(what string, service bellhop.ID, want dispatch.Health) {
			t.Helper()
			time.Sleep(tellEvery + time.Millisecond)
			if got := b.Of(service); got != want {
				t.Errorf("%s: %s is %+v, want %+v", what, service, got, want)
			}
		}
		seen("a node that has joined", "p", paused)
		seen("a node that has joined", "well199", dispatch.Health{Since: 200})
		if got := b.Of("f"); got.Failures != 3 || len(got.Reason) > maxReason || !strings.HasPrefix(failing.Reason, got.Reason) {
			t.Errorf("a long reason is %+v", got)
		}
		down, bad := b.Unhealthy()
		if !slices.Equal(down, []bellhop.ID{"p"}) || !slices.Equal(bad, []bellhop.ID{"f"}) {
			t.Errorf("Unhealthy = %v, %v", down, bad)
		}
		if n := w.longest.Load(); n > 7000 {
			t.Errorf("a message has %d bytes", n)
		}

		// Only what has changed is told, and the time of a probe is not a change.
		before := w.messages.Load()
		time.Sleep(time.Minute)
		paused.Next = 500_000
		a.is("p", paused)
		seen("a change", "p", paused)
		moved := paused
		moved.Next += 1500
		a.is("p", moved)
		seen("a probe a moment later", "p", paused)
		a.is("f", dispatch.Health{})
		seen("what nothing is known of any more", "f", dispatch.Health{})
		if told := w.messages.Load() - before; told != 2 {
			t.Errorf("%d messages tell of two changes", told)
		}

		// What was missed is asked for.
		w.deafen(true)
		a.is("p", dispatch.Health{Since: 3000})
		seen("a message that is lost", "p", paused)
		w.deafen(false)
		w.missed["b"]()
		time.Sleep(askEvery)
		seen("what was missed", "p", dispatch.Health{Since: 3000})

		// What this node knows itself counts more, and a node that is gone not at all.
		b.is("p", failing)
		if got := b.Of("p"); got != failing {
			t.Errorf("of an own one it tells %+v", got)
		}
		b.is("p", dispatch.Health{})
		w.left["b"]("a")
		w.mu.Lock()
		maps.DeleteFunc(w.subscribers, func(id store.NodeID, _ map[string]func(store.NodeID, []byte)) bool { return id == "a" })
		w.mu.Unlock()
		seen("a node that is gone", "p", dispatch.Health{})
	})
}
