package roster

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/cluster"
	"bellhop/internal/store"
	"bellhop/internal/store/storetest"
)

// island is nodes that tell each other of changes, unless they are deaf.
type island struct {
	mu      sync.Mutex
	present []store.NodeID
	heard   map[store.NodeID]func(store.NodeID, []byte)
}

type hut struct {
	*island
	id store.NodeID
}

func (h hut) Self() store.NodeID { return h.id }

func (h hut) Nodes() (all []cluster.Node) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, id := range h.present {
		all = append(all, cluster.Node{ID: id, Self: id == h.id})
	}
	return all
}

func (h hut) Publish(_ string, payload []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, f := range h.heard {
		f(h.id, payload)
	}
}

func (h hut) Subscribe(_ string, f func(store.NodeID, []byte)) { h.heard[h.id] = f }

func (h hut) Missed(func()) {}

// Contract: extensions.md 5.3: A listener whose node dies
func TestTwoNodes(t *testing.T) {
	db, err := store.Open(t.Context(), storetest.SQLite(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	i := &island{present: []store.NodeID{"a", "b"}, heard: map[store.NodeID]func(store.NodeID, []byte){}}
	load := func(id store.NodeID) *Roster {
		r, err := Load(t.Context(), Config{DB: db, Nodes: hut{i, id}})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	a, b := load("a"), load("b")
	var told []string
	b.OnChange(func(_ bellhop.ID, now Tunnel, there bool) {
		if !there {
			told = append(told, "gone")
			return
		}
		told = append(told, string(now.Node))
	})
	ada := account.System()
	ada.ID, ada.Organization, ada.OrgPath = "64b0f1a2c3d4e5f60718293a", "64b0f1a2c3d4e5f60718293b", "64b0f1a2c3d4e5f60718293b"
	tunnel, resumed, err := a.Open(t.Context(), ada, "laptop")
	if err != nil || resumed {
		t.Fatal(resumed, err)
	}
	hears := func(want ...string) {
		t.Helper()
		select {
		case <-b.look: // as Run does
		default:
			t.Error("the other node is not told to look")
		}
		told = nil
		if err := b.refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(told, want) {
			t.Errorf("the other node hears of %q, want %q", told, want)
		}
	}
	hears("")
	if again, resumed, err := b.Open(t.Context(), ada, "laptop"); err != nil || !resumed || again.ID != tunnel.ID {
		t.Errorf("at another node it opens %+v, resumed: %t, %v", again, resumed, err)
	}
	claim := func(r *Roster) int64 {
		t.Helper()
		link, there, err := r.Claim(t.Context(), tunnel.ID)
		if err != nil || !there {
			t.Fatal(there, err)
		}
		return link
	}
	first := claim(a)
	hears("a")
	if a.Elsewhere(tunnel.ID) != "" || b.Elsewhere(tunnel.ID) != "a" {
		t.Errorf("somebody listens at a: elsewhere for it at %q, for the other one at %q", a.Elsewhere(tunnel.ID), b.Elsewhere(tunnel.ID))
	}

	// The node of a listener dies, and comes to life under the same id: as far as others know, it was unknown.
	i.present = []store.NodeID{"b"}
	b.meet()
	if at := b.Elsewhere(tunnel.ID); at != "" {
		t.Errorf("the node died, and somebody listens at %s", at)
	}
	told = nil
	i.present = []store.NodeID{"a", "b"}
	if b.meet(); !slices.Equal(told, []string{"a"}) {
		t.Errorf("a node where somebody listens has come, and the other one hears of %q", told)
	}

	// The newer connection counts, and what the older one says no more.
	second := claim(b)
	if second <= first {
		t.Errorf("connection %d comes after %d", second, first)
	}
	for what, f := range map[string]func() error{
		"leave":   func() error { return a.Leave(t.Context(), tunnel.ID, first) },
		"confirm": func() error { return a.Confirm(t.Context(), tunnel.ID, first) },
	} {
		if err := f(); err != nil {
			t.Fatal(err)
		}
		if now, ok := a.Find(tunnel.ID); !ok || now.Node != "b" || now.Link != second {
			t.Errorf("after an older connection says %s: %+v", what, now)
		}
	}
	<-b.look
	if err := a.Delete(t.Context(), ada, tunnel.ID); err != nil {
		t.Fatal(err)
	}
	hears("gone")
	if _, there, err := b.Claim(t.Context(), tunnel.ID); there || err != nil {
		t.Errorf("a deleted tunnel is claimed: %t, %v", there, err)
	}
}

// A change that nobody was told of is found.
func TestRunLooks(t *testing.T) {
	db, err := store.Open(t.Context(), storetest.SQLite(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	i := &island{present: []store.NodeID{"a", "b"}, heard: map[store.NodeID]func(store.NodeID, []byte){}}
	r, err := Load(t.Context(), Config{DB: db, Nodes: hut{i, "a"}})
	if err != nil {
		t.Fatal(err)
	}
	found := make(chan bellhop.ID, 1)
	r.OnChange(func(id bellhop.ID, _ Tunnel, _ bool) { found <- id })
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	want := db.NewID(bellhop.TimeOf(time.Now()))
	err = db.Update(t.Context(), func(tx *store.Tx) error {
		if _, err := tx.ChangeTunnels(t.Context()); err != nil {
			return err
		}
		return tx.InsertTunnel(t.Context(), &Tunnel{ID: want, User: want, Organization: want, Name: "x"})
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := <-found; got != want {
		t.Errorf("found %s, want %s", got, want)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
