package store

import (
	"context"
	crand "crypto/rand"
	"encoding/hex"
	"errors"
	"strconv"
	"sync"
	"time"

	"bellhop"
)

// fence is which node this process is. Each writing transaction of a node takes the node's lock for
// itself and others of the node, and then makes sure that the node's row is there. Who removes the
// row takes the lock alone first: so when it is gone no transaction of the node is under way, and
// none begins any more.
type fence struct {
	mu      sync.Mutex
	node    NodeID        // "" is none: there is no fence
	changed chan struct{} // closed when node is another one
	fenced  chan struct{} // has an element when a transaction has found the row gone
}

func newFence() fence { return fence{changed: make(chan struct{}), fenced: make(chan struct{}, 1)} }

func (db *DB) setNode(node NodeID) {
	f := &db.fence
	f.mu.Lock()
	defer f.mu.Unlock()
	f.node = node
	close(f.changed)
	f.changed = make(chan struct{})
}

func (f *fence) current() (NodeID, <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.node, f.changed
}

// Fenced has an element when a transaction has found that this node's row is gone.
func (db *DB) Fenced() <-chan struct{} { return db.fence.fenced }

// lock is the key of the node's lock.
func (id NodeID) lock() int64 {
	n, err := strconv.ParseUint(string(id[:min(len(id), 16)]), 16, 64)
	if err != nil {
		panic("the id of a node is hex digits")
	}
	return int64(n)
}

// fence is what a transaction of a node begins with. isMember is set if the node's row is there.
func (p *pipe) fence(node NodeID, isMember *bool) {
	// The lock has a statement of its own: the next one sees what was committed until it was had.
	p.send("SELECT pg_advisory_xact_lock_shared($1)", [][]byte{intParam(node.lock())}, nil)
	p.send("SELECT 1 FROM nodes WHERE id = $1", [][]byte{[]byte(node)}, func([][]byte) error {
		*isMember = true
		return nil
	})
}

// nameSessions returns what nobody else calls his connections.
func nameSessions(name string) string {
	var process [8]byte
	crand.Read(process[:])
	return name[:min(len(name), 40)] + "/" + hex.EncodeToString(process[:])
}

// Node is the node whose row this transaction holds until its end, so that nobody else has what
// was its own; "" if there are no nodes, or it reads only.
func (tx *Tx) Node() NodeID {
	if !tx.write {
		return ""
	}
	return tx.session.node
}

// fencedFor is how long an Update waits for its node to be a member again.
const fencedFor = 15 * time.Second

// unfenced runs update, and again when the node has joined anew if it was not a member any more.
func (db *DB) unfenced(ctx context.Context, update func() error) error {
	for {
		node, changed := db.fence.current()
		err := update()
		if !errors.Is(err, ErrFenced) {
			return err
		}
		if now, _ := db.fence.current(); now != node {
			continue
		}
		timer := time.NewTimer(fencedFor)
		select {
		case <-changed:
			timer.Stop()
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
			return &bellhop.Error{Code: bellhop.Unavailable, Message: "The store cannot write now", RetryAfter: time.Second, Err: err}
		}
	}
}
