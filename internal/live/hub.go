// Package live shows attempts as they happen (docs/contract/extensions.md section 2).
//
// A [Hub] is told of every attempt, by [Hub.Add], and remembers the newest in a ring. A
// [Stream] is a place in that ring, from which its reader takes what came since. So a
// reader costs no memory, however slow he is, and holds up nobody: one whom the ring has
// overtaken is told to begin anew. For the same reason a reader who comes back soon misses
// nothing.
//
// Who may see an attempt is asked when it is read, by what holds then.
//
// It is also told of every change of a conversation, and wakes who watches it ([Hub.Watch]).
//
// Where several nodes share a store, each has a hub, which is told of what its own node does. While
// somebody reads at one of them it follows the others: it asks each what has come that one of its
// readers wants, and is answered when there is something ([Hub.Run]). So nothing crosses that nobody
// wants, and nothing is lost but with its node, or where more happens than is remembered; then
// readers are told.
package live

import (
	crand "crypto/rand"
	"encoding/hex"
	"strconv"
	"sync"
	"time"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/store"
	"bellhop/internal/subscription"
)

const (
	// ringSize is how many attempts are remembered, at about 500 bytes each.
	ringSize = 8192

	// maxStreams is how many streams an organization may have open.
	maxStreams = 20
)

// entry is an attempt in the ring.
type entry struct {
	Attempt
	node store.NodeID // whose it is; empty of an own one
	at   int64        // its position there
	lost bool         // no attempt, but the place of some that nobody knows
}

// Attempt is one attempt, and its delivery as it is since.
type Attempt struct {
	Delivery store.StoredDelivery // without its OwnerPath
	Attempt  bellhop.Attempt      // without its headers and its body
}

// Hub remembers the newest attempts. It is safe for concurrent use.
type Hub struct {
	subs    *subscription.Subscriptions
	process string // tells the positions of this process from those of others

	mu      sync.Mutex
	ring    []entry // of position p at p % ringSize
	from    int64   // before it something was lost
	next    int64   // position of the next attempt
	more    chan struct{}
	waited  bool // somebody waits for more
	streams map[bellhop.ID]int

	changes changes
	others  others
}

// NewHub returns a hub that remembers nothing yet. The nodes are those that share the store, nil if
// there is but this one.
func NewHub(subs *subscription.Subscriptions, nodes nodes) *Hub {
	var process [4]byte
	crand.Read(process[:])
	name := hex.EncodeToString(process[:])
	h := &Hub{subs: subs, process: name, more: make(chan struct{}), streams: map[bellhop.ID]int{},
		changes: changes{process: name, watchers: map[string]map[*Watch]bool{}, more: make(chan struct{})}}
	h.others.open(h, nodes)
	return h
}

// Add tells of an attempt of this node that is stored. It does not block.
func (h *Hub) Add(a Attempt) {
	h.changes.add(change{conversation: a.Delivery.Key})
	h.mu.Lock()
	defer h.mu.Unlock()
	h.add(entry{Attempt: a})
}

// add puts e into the ring. The lock is held.
func (h *Hub) add(e entry) {
	if len(h.ring) < ringSize {
		h.ring = append(h.ring, e)
	} else {
		h.ring[h.next%ringSize] = e
	}
	h.next++
	if h.waited {
		close(h.more)
		h.more, h.waited = make(chan struct{}), false
	}
}

// lose tells all readers that there was something that nobody knows.
func (h *Hub) lose() {
	h.mu.Lock()
	h.add(entry{lost: true})
	h.from = h.next
	h.mu.Unlock()
	h.changes.lose()
}

// first returns the position of the oldest attempt from which on all are remembered.
func (h *Hub) first() int64 { return max(h.next-int64(len(h.ring)), h.from) }

// moreLocked returns what is closed with the next attempt. The lock is held.
func (h *Hub) moreLocked() <-chan struct{} {
	h.waited = true
	return h.more
}

// enterFor counts a stream of the caller's organization until leave is called.
func (h *Hub) enterFor(caller *account.Caller) (leave func(), err error) {
	organization := caller.Organization
	if !h.enter(organization) {
		return nil, &bellhop.Error{Code: bellhop.TooMany, Message: "Too many streams are open", RetryAfter: 10 * time.Second}
	}
	return sync.OnceFunc(func() { h.leave(organization) }), nil
}

// ID is from where a stream goes on that is opened now. Who reads the deliveries after that, and
// opens a stream from there, misses nothing.
func (h *Hub) ID() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.id(h.next)
}

func (h *Hub) id(at int64) string { return h.process + "-" + strconv.FormatInt(at, 10) }

// enter counts a stream of an organization, unless it has too many.
func (h *Hub) enter(organization bellhop.ID) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.streams[organization] >= maxStreams {
		return false
	}
	h.streams[organization]++
	return true
}

func (h *Hub) leave(organization bellhop.ID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.streams[organization]--; h.streams[organization] == 0 {
		delete(h.streams, organization)
	}
}
