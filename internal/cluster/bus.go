package cluster

import (
	"sync"

	"bellhop/internal/store"
)

// maxWaiting is how many messages wait for those who subscribe, and how many for the database. More
// are dropped, and Missed is told.
const maxWaiting = 10_000

// message is one that has arrived.
type message struct {
	from    store.NodeID
	topic   string
	payload []byte
}

// bus hands messages to those who subscribe, one after the other, in the order of arrival.
type bus struct {
	mu          sync.Mutex
	subscribers map[string][]func(store.NodeID, []byte)
	answers     map[string]answer
	missed      []func()
	left        []func(store.NodeID)

	waiting []func()      // calls of subscribers
	full    bool          // something was dropped since
	handing chan struct{} // closed when nothing waits any more; nil if nothing is being handed out
}

func (b *bus) open() {
	b.subscribers = map[string][]func(store.NodeID, []byte){}
	b.answers = map[string]answer{}
}

// Subscribe has f called with each message of that topic, this node's own ones included, one after
// the other. f must not block. It is called before Run.
func (c *Cluster) Subscribe(topic string, f func(from store.NodeID, payload []byte)) {
	c.bus.mu.Lock()
	defer c.bus.mu.Unlock()
	c.bus.subscribers[topic] = append(c.bus.subscribers[topic], f)
}

// Missed has f called when messages may have been lost: whoever keeps what messages told looks
// again then. f must not block. It is called before Run.
func (c *Cluster) Missed(f func()) {
	c.bus.mu.Lock()
	defer c.bus.mu.Unlock()
	c.bus.missed = append(c.bus.missed, f)
}

// Left has f called with each node that is not a member any more, also with an id that this node
// had before. f must not block. It is called before Run.
func (c *Cluster) Left(f func(store.NodeID)) {
	c.bus.mu.Lock()
	defer c.bus.mu.Unlock()
	c.bus.left = append(c.bus.left, f)
}

// Publish brings a message to every node, this one included, best effort. It does not block.
// Payloads have up to 7,000 bytes; topics are one word. The payload is kept. A message may come twice: it is sent again when it
// is not known whether it has left.
func (c *Cluster) Publish(topic string, payload []byte) {
	c.bus.arrived(message{c.Self(), topic, payload})
	if !c.single() {
		c.out.add(parcel{kind: kindMessage, topic: topic, payload: payload})
	}
}

// Send is Publish for one node.
func (c *Cluster) Send(to store.NodeID, topic string, payload []byte) {
	if self := c.Self(); to == self {
		c.bus.arrived(message{self, topic, payload})
		return
	}
	if !c.single() {
		c.out.add(parcel{to: to, kind: kindMessage, topic: topic, payload: payload})
	}
}

// arrived hands a message to those who subscribe to its topic.
func (b *bus) arrived(m message) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, f := range b.subscribers[m.topic] {
		b.call(func() { f(m.from, m.payload) })
	}
}

// tellMissed tells those who want to know that messages may have been lost.
func (b *bus) tellMissed() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, f := range b.missed {
		b.call(f)
	}
}

// tellLeft tells those who want to know of a node that is gone.
func (b *bus) tellLeft(node store.NodeID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, f := range b.left {
		b.call(func() { f(node) })
	}
}

// call calls f soon. Whoever publishes may hold a lock that f takes.
func (b *bus) call(f func()) {
	if len(b.waiting) >= maxWaiting {
		b.full = true
		return
	}
	b.waiting = append(b.waiting, f)
	if b.handing == nil {
		b.handing = make(chan struct{})
		go b.handOut()
	}
}

func (b *bus) handOut() {
	for {
		b.mu.Lock()
		calls := b.waiting
		b.waiting = nil
		if b.full {
			b.full = false
			calls = append(calls, b.missed...)
		}
		if len(calls) == 0 {
			close(b.handing)
			b.handing = nil
			b.mu.Unlock()
			return
		}
		b.mu.Unlock()
		for _, f := range calls {
			f()
		}
	}
}

// wait returns when nothing waits to be handed out.
func (b *bus) wait() {
	b.mu.Lock()
	handing := b.handing
	b.mu.Unlock()
	if handing != nil {
		<-handing
	}
}
