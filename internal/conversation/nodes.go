package conversation

import (
	"strconv"
	"time"

	"bellhop"
	"bellhop/internal/store"
)

// Nodes are those that share the store: *cluster.Cluster. One of them posts delayed messages.
type Nodes interface {
	Leads() bool
	Publish(topic string, payload []byte)
	Subscribe(topic string, f func(from store.NodeID, payload []byte))
}

const (
	// topicDelayed is what nodes tell each other on when a delayed message is due.
	topicDelayed = "delayed"

	// sharedSleep is how long Run sleeps at most where other nodes leave messages, too: it may not have
	// been told.
	sharedSleep = 2 * time.Second

	// leadSleep is how often a node looks whether it is the one that posts.
	leadSleep = time.Second
)

// join takes part in what nodes tell each other.
func (c *Conversations) join(nodes Nodes) {
	c.nodes = nodes
	if nodes == nil {
		return
	}
	nodes.Subscribe(topicDelayed, func(_ store.NodeID, payload []byte) {
		if due, err := strconv.ParseInt(string(payload), 10, 64); err == nil {
			c.alarm.advance(bellhop.Time(due))
		}
	})
}

// postponed makes whoever posts delayed messages know that one is due then. It does not block.
func (c *Conversations) postponed(due bellhop.Time) {
	c.alarm.advance(due)
	if c.db.Shared() && c.nodes != nil {
		c.nodes.Publish(topicDelayed, strconv.AppendInt(nil, int64(due), 10))
	}
}

// leads reports whether this node posts delayed messages. Two that believe it for a moment post none
// twice, and in order: each message waits for the transaction that posts the one before.
func (c *Conversations) leads() bool { return c.nodes == nil || c.nodes.Leads() }

// wakeAt bounds how long Run sleeps until the next message is due, zero meaning never.
func (c *Conversations) wakeAt(now, next bellhop.Time) bellhop.Time {
	if latest := now.Add(sharedSleep); c.nodes != nil && c.db.Shared() && (next == 0 || next > latest) {
		return latest
	}
	return next
}
