package stats

import (
	"context"
	"sync"
	"time"

	"bellhop"
	"bellhop/internal/cluster"
	"bellhop/internal/store"
)

// nodes are those that share the store: *cluster.Cluster.
type nodes interface {
	Nodes() []cluster.Node
	Ask(ctx context.Context, node store.NodeID, topic string, question []byte) ([]byte, error)
	Answer(topic string, f func(ctx context.Context, from store.NodeID, question []byte) ([]byte, error))
}

const (
	// topic is what nodes ask each other on to bring what they have counted to the store.
	topic = "stats"

	// gatherWait is how long a read waits for other nodes. Without them the last seconds may be missing.
	gatherWait = time.Second

	// gatherEvery is how often all services of other nodes are gathered at most.
	gatherEvery = time.Second
)

// gathering lets those who read at the same time wait for the same nodes.
type gathering struct {
	mu   sync.Mutex
	last time.Time
}

// gather has the other nodes bring to the store what they have counted of a service, of all if it is
// empty, as far as that is soon done. Where there are none it costs nothing.
func (s *Stats) gather(ctx context.Context, service bellhop.ID) {
	if s.nodes == nil {
		return
	}
	all := s.nodes.Nodes()
	if len(all) < 2 {
		return
	}
	if service == "" {
		s.gathering.mu.Lock()
		defer s.gathering.mu.Unlock()
		if time.Since(s.gathering.last) < gatherEvery {
			return
		}
		defer func() { s.gathering.last = time.Now() }()
	}
	ctx, cancel := context.WithTimeout(ctx, gatherWait)
	defer cancel()
	var asked sync.WaitGroup
	for _, n := range all {
		if !n.Self {
			asked.Go(func() {
				// Of a node that does not answer, what it brings by itself is read.
				_, _ = s.nodes.Ask(ctx, n.ID, topic, []byte(service))
			})
		}
	}
	asked.Wait()
}

// answer brings what is counted here to the store, for another node that is about to read.
func (s *Stats) answer(ctx context.Context, _ store.NodeID, question []byte) ([]byte, error) {
	if len(question) == 0 {
		return nil, s.flushFew(ctx)
	}
	return nil, s.flush(ctx, bellhop.ID(question))
}
