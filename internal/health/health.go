// Package health knows how endpoints do, whichever node delivers to them.
//
// The breaker of a service lives where its deliveries are made. Each node tells the others once a
// second what has changed at its own ones, and everything to one that is new, or has missed
// something. So every node can show every service, and what it shows is about a second old.
package health

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"bellhop"
	"bellhop/internal/cluster"
	"bellhop/internal/dispatch"
	"bellhop/internal/store"
)

// nodes are those that share the store: *cluster.Cluster.
type nodes interface {
	Self() store.NodeID
	Nodes() []cluster.Node
	Publish(topic string, payload []byte)
	Send(to store.NodeID, topic string, payload []byte)
	Subscribe(topic string, f func(from store.NodeID, payload []byte))
	Missed(f func())
	Left(f func(store.NodeID))
}

// source is what knows of the endpoints of this node: *dispatch.Dispatcher.
type source interface {
	Health(service bellhop.ID) dispatch.Health
	EachHealth(f func(service bellhop.ID, h dispatch.Health))
}

const (
	// topicNews is what nodes tell each other on, topicAsk what they are asked on to tell everything.
	topicNews = "health"
	topicAsk  = "health?"

	// tellEvery is how often changes are told, and askEvery how often a node is asked that has not
	// told everything yet.
	tellEvery = time.Second
	askEvery  = 3 * time.Second

	// maxNews is how many bytes of news a message has, about, and maxReason how many of a reason.
	maxNews   = 6000
	maxReason = 500
)

// Board is how all endpoints do. It is safe for concurrent use.
type Board struct {
	nodes nodes
	local source
	asked chan struct{} // has an element when everything is to be told

	mu     sync.Mutex
	others map[store.NodeID]*page

	told  map[bellhop.ID]dispatch.Health // for Run alone
	alone bool                           // so is this: no other node was there the last time
}

// page is what another node has told.
type page struct {
	known  map[bellhop.ID]dispatch.Health
	coming map[bellhop.ID]dispatch.Health // of everything that it is telling just now; nil if it does not
	whole  bool                           // it has told everything
	asked  time.Time
}

// news are what a node tells.
type news struct {
	First, Last bool              `json:",omitempty"` // of everything, which replaces what was known
	All         bool              `json:",omitempty"` // it is a part of everything
	Of          []json.RawMessage // items
}

type item struct {
	Service bellhop.ID
	Nothing bool `json:",omitempty"` // is known any more
	dispatch.Health
}

// New returns a board of what local knows, and the other nodes. It is called before they run.
func New(nodes nodes, local source) *Board {
	b := &Board{nodes: nodes, local: local, asked: make(chan struct{}, 1), others: map[store.NodeID]*page{}, alone: true}
	nodes.Subscribe(topicNews, b.hear)
	nodes.Subscribe(topicAsk, func(from store.NodeID, _ []byte) {
		if from != nodes.Self() {
			b.tellAll()
		}
	})
	nodes.Missed(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, p := range b.others {
			p.whole, p.coming, p.asked = false, nil, time.Time{}
		}
	})
	nodes.Left(func(node store.NodeID) {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.others, node)
	})
	return b
}

func (b *Board) tellAll() {
	select {
	case b.asked <- struct{}{}:
	default:
	}
}

// Of returns how the endpoint of a service does. It does not block.
func (b *Board) Of(service bellhop.ID) dispatch.Health {
	if h := b.local.Health(service); h != (dispatch.Health{}) {
		return h
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range b.others {
		if h, ok := p.known[service]; ok {
			return h
		}
	}
	return dispatch.Health{}
}

// Unhealthy returns the services whose endpoints are paused, and those that fail without being
// paused yet, in order. It does not block.
func (b *Board) Unhealthy() (paused, failing []bellhop.ID) {
	down, bad := map[bellhop.ID]bool{}, map[bellhop.ID]bool{}
	note := func(service bellhop.ID, h dispatch.Health) {
		switch {
		case h.Paused:
			down[service] = true
		case h.Failures > 0:
			bad[service] = true
		}
	}
	b.local.EachHealth(note)
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range b.others {
		for service, h := range p.known {
			note(service, h)
		}
	}
	for service := range down {
		delete(bad, service)
	}
	return slices.Sorted(maps.Keys(down)), slices.Sorted(maps.Keys(bad))
}

// Run tells the other nodes of this one's endpoints until ctx ends.
func (b *Board) Run(ctx context.Context) error {
	b.nodes.Publish(topicAsk, nil)
	tick := time.NewTicker(tellEvery)
	defer tick.Stop()
	for {
		all := false
		select {
		case <-ctx.Done():
			return nil
		case <-b.asked:
			all = true
		case <-tick.C:
		}
		b.tell(all)
		b.ask()
	}
}

// tell tells what is new, or everything.
func (b *Board) tell(all bool) {
	if len(b.nodes.Nodes()) < 2 {
		b.told, b.alone = nil, true
		return
	}
	all = all || b.alone
	b.alone = false
	now := map[bellhop.ID]dispatch.Health{}
	b.local.EachHealth(func(service bellhop.ID, h dispatch.Health) {
		h.Reason = cut(h.Reason)
		now[service] = h
	})
	var items []item
	for service, h := range now {
		if before, ok := b.told[service]; all || !ok || !same(before, h) {
			items = append(items, item{Service: service, Health: h})
		} else {
			now[service] = before // what was told is what the next change is measured by
		}
	}
	for service := range b.told {
		if _, ok := now[service]; !ok && !all {
			items = append(items, item{Service: service, Nothing: true})
		}
	}
	b.told = now
	b.publish(items, all)
}

// same reports whether nobody needs to hear of a change. When the next probe goes out is known to
// the second.
func same(a, b dispatch.Health) bool {
	if apart := a.Next.Sub(b.Next); a.Next != 0 && b.Next != 0 && max(apart, -apart) <= 2*time.Second {
		a.Next = b.Next
	}
	return a == b
}

func cut(reason string) string {
	if len(reason) <= maxReason {
		return reason
	}
	return strings.ToValidUTF8(reason[:maxReason], "")
}

// publish tells items in as many messages as it takes.
func (b *Board) publish(items []item, all bool) {
	n := news{First: all, All: all, Of: []json.RawMessage{}}
	size := 0
	send := func() {
		if len(n.Of) == 0 && !all {
			return
		}
		if text, err := json.Marshal(n); err == nil { // which it always has
			b.nodes.Publish(topicNews, text)
		}
		n.First, n.Of, size = false, n.Of[:0], 0
	}
	for i := range items {
		text, err := json.Marshal(&items[i])
		if err != nil {
			continue
		}
		if size += len(text) + 1; size > maxNews {
			send()
			size = len(text)
		}
		n.Of = append(n.Of, text)
	}
	n.Last = all
	send()
}

// hear takes over what another node tells.
func (b *Board) hear(from store.NodeID, payload []byte) {
	var n news
	if from == b.nodes.Self() || json.Unmarshal(payload, &n) != nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.page(from)
	if n.First {
		p.coming = map[bellhop.ID]dispatch.Health{}
	}
	into := p.known
	if n.All {
		into = p.coming
	}
	for _, text := range n.Of {
		var i item
		switch {
		case into == nil: // the beginning was missed
		case json.Unmarshal(text, &i) != nil: // of another version
		case i.Nothing:
			delete(into, i.Service)
		default:
			into[i.Service] = i.Health
		}
	}
	if n.Last && p.coming != nil {
		p.known, p.coming, p.whole = p.coming, nil, true
	}
}

// page returns what is known of a node. The lock is held.
func (b *Board) page(node store.NodeID) *page {
	p := b.others[node]
	if p == nil {
		p = &page{known: map[bellhop.ID]dispatch.Health{}}
		b.others[node] = p
	}
	return p
}

// ask asks those who have not told everything, and forgets those who are gone.
func (b *Board) ask() {
	now := time.Now()
	present := map[store.NodeID]bool{}
	var ask []store.NodeID
	self := b.nodes.Self()
	all := b.nodes.Nodes()
	b.mu.Lock()
	for _, n := range all {
		if n.Self || n.ID == self {
			continue
		}
		present[n.ID] = true
		if p := b.page(n.ID); !p.whole && now.Sub(p.asked) >= askEvery {
			p.asked = now
			ask = append(ask, n.ID)
		}
	}
	maps.DeleteFunc(b.others, func(node store.NodeID, _ *page) bool { return !present[node] })
	b.mu.Unlock()
	for _, node := range ask {
		b.nodes.Send(node, topicAsk, nil)
	}
}
