package cluster

import (
	"context"
	"errors"
	"fmt"

	"bellhop/internal/store"
)

// MaxQuestion is how many bytes a question may have, and an answer.
const MaxQuestion = 2 << 20

var (
	// ErrNoNode is returned by Ask for a node that is not a member, or not any more.
	ErrNoNode = errors.New("the node is gone")

	// ErrNoAnswer is returned by Ask if that node has nobody who answers on the topic, as one of
	// another version may.
	ErrNoAnswer = errors.New("the node does not answer on this topic")

	errTooLarge = fmt.Errorf("questions and answers have up to %d bytes", MaxQuestion)
)

type answer func(ctx context.Context, from store.NodeID, question []byte) ([]byte, error)

// Answer has f answer the questions on a topic. Several may be asked at the same time. If f returns
// a bellhop.Error, who asks gets one of the same code and message; of any other error he gets the
// text alone. ctx ends when who asks does not wait any more, if that is known here, and when Run
// ends. It is called before Run.
func (c *Cluster) Answer(topic string, f func(ctx context.Context, from store.NodeID, question []byte) ([]byte, error)) {
	c.bus.mu.Lock()
	defer c.bus.mu.Unlock()
	c.bus.answers[topic] = f
}

// Ask brings a question to a node, which may be this one, and returns its answer. It returns when
// ctx ends at the latest; ErrNoNode if the node is gone, or goes meanwhile; ErrNoAnswer if it has
// nobody who answers. Whether a question without an answer has arrived nobody knows.
func (c *Cluster) Ask(ctx context.Context, node store.NodeID, topic string, question []byte) ([]byte, error) {
	if len(question) > MaxQuestion {
		return nil, errTooLarge
	}
	self := c.Self()
	if node != self {
		return nil, ErrNoNode
	}
	f := c.bus.answerer(topic)
	if f == nil {
		return nil, ErrNoAnswer
	}
	return f(ctx, self, question)
}

func (b *bus) answerer(topic string) answer {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.answers[topic]
}
