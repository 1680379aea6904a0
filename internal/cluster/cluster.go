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

// Cluster is what a node knows of the nodes. It is safe for concurrent use.
type Cluster struct {
	config Config
	bus    bus

	mu      sync.Mutex
	self    store.NodeID
	started bellhop.Time
}

// New returns a cluster that does nothing until Run, but for messages of a node to itself.
func New(config Config) *Cluster {
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	c := &Cluster{config: config, self: newID(), started: bellhop.TimeOf(config.Now())}
	c.bus.open()
	return c
}

func newID() store.NodeID {
	var id [12]byte
	crand.Read(id[:])
	return store.NodeID(hex.EncodeToString(id[:]))
}

// Self is the id of this node. It becomes another one when others have taken it for dead.
func (c *Cluster) Self() store.NodeID {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.self
}

// Nodes returns the nodes there are, by name and id; this one is always among them.
func (c *Cluster) Nodes() []Node {
	c.mu.Lock()
	defer c.mu.Unlock()
	return []Node{{
		ID: c.self, Name: c.config.Name, Version: c.config.Version, Started: c.started, Partitions: store.Partitions, Self: true,
	}}
}

// Owner returns the node that delivers a partition, as far as this one knows, or false if none
// does just now.
func (c *Cluster) Owner(partition int) (store.NodeID, bool) { return c.Self(), true }

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
// than 5 s. It is asked before each attempt.
func (c *Cluster) Sure() bool { return true }

// Run takes part in the cluster until ctx ends.
func (c *Cluster) Run(ctx context.Context) error {
	<-ctx.Done()
	c.bus.wait()
	return nil
}
