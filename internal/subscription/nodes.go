package subscription

import (
	"bellhop"
	"bellhop/internal/store"
)

// Nodes are those that share the store: *cluster.Cluster. What is done for a service without being
// asked is done by the one that delivers to it.
type Nodes interface {
	Self() store.NodeID
	OwnerOf(service bellhop.ID) (store.NodeID, bool)
	Publish(topic string, payload []byte)
	Subscribe(topic string, f func(from store.NodeID, payload []byte))
}

// topicReplays is what nodes tell each other on that a replay was begun or changed.
const topicReplays = "replays"

// join takes part in what nodes tell each other.
func (s *Subscriptions) join(nodes Nodes) {
	s.nodes = nodes
	if nodes != nil {
		nodes.Subscribe(topicReplays, func(store.NodeID, []byte) { s.lookAtReplays() })
	}
}

// owns reports whether this node is the one that acts for a service by itself. For a moment there
// may be none, or two that believe it: what they do is decided in a transaction.
func (s *Subscriptions) owns(service bellhop.ID) bool {
	if s.nodes == nil {
		return true
	}
	owner, ok := s.nodes.OwnerOf(service)
	return ok && owner == s.nodes.Self()
}
