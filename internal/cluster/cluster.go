package cluster

import (
	"context"
	crand "crypto/rand"
	"encoding/hex"
	"log/slog"
	"sync"
	"time"

	"bellhop"
	"bellhop/internal/store"
	"bellhop/internal/trouble"
)

// Config says what a Cluster works with.
type Config struct {
	DB *store.DB

	// Name is what people know this node by, the name of its host say. It need not be the only one
	// of that name.
	Name string

	// Version is that of the program, for people.
	Version string

	Now func() time.Time // the time of day; nil means time.Now
	Log *slog.Logger     // nil means none

	times *times // nil outside tests
}

// times are how long things take.
type times struct {
	beat time.Duration // from one beat to the next

	// sure is how old the last beat of a node may be that acts as an owner, dead how long others
	// see a beat stand still before they take its node for dead. They wait longer.
	sure, dead time.Duration

	// blind is how long a node may not have looked at the others and still count on what it has
	// seen before: who cannot reach the database does not see that others can.
	blind time.Duration

	patience time.Duration // how long a statement may take before its connection is given up
	retry    time.Duration // how long a node waits before it tries to reach the database again
}

func defaultTimes() times {
	return times{
		beat: 500 * time.Millisecond, sure: 5 * time.Second, dead: 6 * time.Second, blind: 2 * time.Second,
		patience: 3 * time.Second, retry: 250 * time.Millisecond,
	}
}

// Node is a member of the cluster.
type Node struct {
	ID         store.NodeID
	Name       string // for people
	Version    string // of its program
	Started    bellhop.Time
	Partitions int  // that it owns
	Leaving    bool // it hands over what it owns, and gets nothing any more
	Self       bool
}

// deliverer delivers partitions. A *dispatch.Dispatcher is one.
type deliverer interface {
	// Take begins to deliver partitions, as that node. It does not block.
	Take(node store.NodeID, partitions []int)

	// Give ends to deliver a partition, and returns when nothing of it is under way any more.
	Give(ctx context.Context, partition int) error

	// Drop ends to deliver at once: what is under way is cut off and not recorded. It does not
	// block.
	Drop()
}

// Cluster is what a node knows of the nodes. It is safe for concurrent use.
type Cluster struct {
	config    Config
	deliverer deliverer
	bus       bus
	out       outbox
	asked     asked

	away, deaf, mute, unread *trouble.Teller // with the database, with what comes by it, and what goes, and with letters

	letters chan letter   // that are to be fetched
	look    chan struct{} // has an element when there may be news of the nodes
	retired chan struct{} // closed by Retire
	retire  sync.Once
	empty   chan struct{} // closed when this node has retired and delivers nothing any more

	mu       sync.Mutex
	self     store.NodeID
	started  bellhop.Time
	joined   bool
	beaten   time.Time // when the last beat was sent that has arrived
	view     store.NodesView
	owned    int // partitions that this node delivers
	counters counters
	clock    clock
}

// counters are the parts of Stats that are counted.
type counters struct{ fences, takeovers int64 }

// Stats is how the cluster does, as far as this node knows.
type Stats struct {
	Nodes     int
	Owned     int           // partitions that this node delivers
	Fences    int64         // how often others have taken this node for dead
	Takeovers int64         // how often this node has found another one dead
	Beat      time.Duration // how old the last beat of this node is
	Ahead     time.Duration // by how much this node's clock is ahead of that of the database; below zero is behind
}

// New returns a cluster that does nothing until Run, but for messages of a node to itself.
func New(config Config) *Cluster {
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	if config.times == nil {
		times := defaultTimes()
		config.times = &times
	}
	c := &Cluster{
		config: config, self: newID(), started: bellhop.TimeOf(config.Now()),
		away:    trouble.New(config.Log, slog.LevelWarn, "the database does not answer this node"),
		deaf:    trouble.New(config.Log, slog.LevelWarn, "notifications of other nodes are lost for a while"),
		mute:    trouble.New(config.Log, slog.LevelWarn, "notifications to other nodes wait"),
		unread:  trouble.New(config.Log, slog.LevelWarn, "letters of other nodes are not read"),
		letters: make(chan letter, mostFetching), look: make(chan struct{}, 1), retired: make(chan struct{}), empty: make(chan struct{}),
	}
	c.bus.open()
	c.out.open()
	c.asked.open()
	return c
}

func newID() store.NodeID {
	var id [12]byte
	crand.Read(id[:])
	return store.NodeID(hex.EncodeToString(id[:]))
}

// DeliverWith sets who delivers what this node owns. It is called before Run. In a cluster of one
// it is not told of anything.
func (c *Cluster) DeliverWith(d deliverer) { c.deliverer = d }

// Self is the id of this node. It becomes another one when others have taken it for dead.
func (c *Cluster) Self() store.NodeID {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.self
}

// single reports whether this is a cluster of one for good.
func (c *Cluster) single() bool { return !c.config.DB.Shared() }

// Nodes returns the nodes there are, by name and id; this one is always among them.
func (c *Cluster) Nodes() []Node {
	c.mu.Lock()
	defer c.mu.Unlock()
	self := Node{ID: c.self, Name: c.config.Name, Version: c.config.Version, Started: c.started, Self: true}
	if c.single() {
		self.Partitions = store.Partitions
		return []Node{self}
	}
	owned := map[store.NodeID]int{}
	for _, owner := range c.view.Owners {
		owned[owner]++
	}
	var nodes []Node
	found := false
	for _, n := range c.view.Nodes {
		found = found || n.ID == c.self
		nodes = append(nodes, Node{
			ID: n.ID, Name: n.Name, Version: n.Version, Started: n.Started, Partitions: owned[n.ID], Leaving: n.Leaving, Self: n.ID == c.self,
		})
	}
	if !found {
		nodes = append(nodes, self)
	}
	return nodes
}

// isMember reports whether a node is one, as far as this one knows.
func (c *Cluster) isMember(node store.NodeID) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, n := range c.view.Nodes {
		if n.ID == node {
			return true
		}
	}
	return false
}

// Owner returns the node that delivers a partition, as far as this one knows, or false if none
// does just now.
func (c *Cluster) Owner(partition int) (store.NodeID, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.single() {
		return c.self, true
	}
	owner := c.view.Owners[partition]
	return owner, owner != ""
}

// OwnerOf is Owner for the partition of a service.
func (c *Cluster) OwnerOf(service bellhop.ID) (store.NodeID, bool) {
	return c.Owner(store.PartitionOf(service))
}

// Leads reports whether this node is the one that does what shall be done by one node only, as far
// as it knows. For a moment there may be none, or two that believe it.
func (c *Cluster) Leads() bool {
	node, ok := c.Owner(0)
	return ok && node == c.Self() && c.Sure()
}

// Sure reports whether this node may act as the owner of what it owns: its last beat is younger
// than 5 s. It is asked before each attempt, and again right before its request leaves.
func (c *Cluster) Sure() bool {
	if c.single() {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.joined && since(c.beaten) < c.config.times.sure
}

// Ready returns nil if this node is a member and does not leave: it is for who sends requests to
// nodes.
func (c *Cluster) Ready() error {
	select {
	case <-c.retired:
		return errLeaving
	default:
	}
	if !c.Sure() {
		return errNotSure
	}
	return nil
}

// since is how long ago t was, by the clock that says the most: one of them does not count while
// the machine sleeps.
func since(t time.Time) time.Duration {
	now := time.Now()
	return max(now.Sub(t), now.Round(0).Sub(t.Round(0)))
}

// Stats returns how the cluster does.
func (c *Cluster) Stats() Stats {
	if c.single() {
		return Stats{Nodes: 1, Owned: store.Partitions}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	s := Stats{Nodes: len(c.view.Nodes), Owned: c.owned, Fences: c.counters.fences, Takeovers: c.counters.takeovers, Ahead: c.clock.ahead}
	if !c.beaten.IsZero() {
		s.Beat = since(c.beaten)
	}
	return s
}
