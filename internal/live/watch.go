package live

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/store"
	"bellhop/internal/subscription"
)

// Who looks at a conversation, or at a list of them, wants to know that it is time to look
// again. A [Watch] tells him, and no more: what there is to see he asks the rules.

// toldKept is how many changes are remembered, so that nothing is missed between a page and
// the stream that it opens.
const toldKept = 4096

// changes remembers what has changed last. Of what nobody waits for, a change costs a lock
// and an entry in a ring.
type changes struct {
	process string

	mu       sync.Mutex
	ring     []change // of position p at p % toldKept
	next     int64
	watchers map[string]map[*Watch]bool // by what they watch: a conversation, or the path of an organization
}

// change is what has changed: a conversation and, unless it was but an attempt of one of its
// deliveries, the path of its organization.
type change struct{ conversation, orgPath string }

// Announce announces as subscription.Subscriptions does, and tells who watches the
// conversation once that is committed.
func (h *Hub) Announce(ctx context.Context, tx *store.Tx, happening *subscription.Happening) error {
	if err := h.subs.Announce(ctx, tx, happening); err != nil {
		return err
	}
	if id := happening.Links.Conversation; id != "" {
		c := change{string(id), happening.OrgPath}
		tx.AfterCommit(func() { h.changes.add(c) })
	}
	return nil
}

func (c *changes) add(changed change) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.ring) < toldKept {
		c.ring = append(c.ring, changed)
	} else {
		c.ring[c.next%toldKept] = changed
	}
	c.next++
	if len(c.watchers) == 0 {
		return
	}
	c.wake(changed.conversation)
	for path := changed.orgPath; path != ""; path = path[:max(0, strings.LastIndexByte(path, '#'))] {
		c.wake(path)
	}
}

func (c *changes) wake(key string) {
	for w := range c.watchers[key] {
		if w.more != nil {
			close(w.more)
			w.more = nil
		}
	}
}

// Position is from where a Watch finds what happens after now.
func (h *Hub) Position() string {
	h.changes.mu.Lock()
	defer h.changes.mu.Unlock()
	return h.changes.position(h.changes.next)
}

func (c *changes) position(at int64) string { return c.process + "-" + strconv.FormatInt(at, 10) }

// Watch waits for changes of conversations. It is for one goroutine.
type Watch struct {
	changes *changes
	keys    []string
	leave   func()

	// What follows is guarded by the lock of the changes.
	at     int64
	missed bool
	more   chan struct{} // nil if nobody waits
}

// Watch begins to watch, from a position on, conversations by their id, and all those in
// an organization and below by its path. From any other text than a position it has missed
// something. The caller closes it. There may be as many as there may be streams.
func (h *Hub) Watch(caller *account.Caller, position string, keys ...string) (*Watch, error) {
	leave, err := h.enterFor(caller)
	if err != nil {
		return nil, err
	}
	c := &h.changes
	c.mu.Lock()
	defer c.mu.Unlock()
	w := &Watch{changes: c, keys: keys, at: c.next, missed: true, leave: leave}
	process, number, _ := strings.Cut(position, "-")
	if at, err := strconv.ParseInt(number, 10, 64); err == nil && process == c.process && at >= c.next-int64(len(c.ring)) && at <= c.next {
		w.at, w.missed = at, false
	}
	for _, key := range keys {
		if c.watchers[key] == nil {
			c.watchers[key] = map[*Watch]bool{}
		}
		c.watchers[key][w] = true
	}
	return w, nil
}

// More returns a channel that is closed with the next change.
func (w *Watch) More() <-chan struct{} {
	w.changes.mu.Lock()
	defer w.changes.mu.Unlock()
	if w.more == nil {
		w.more = make(chan struct{})
	}
	return w.more
}

// Changed reports whether something may have changed since it was asked before.
func (w *Watch) Changed() bool {
	c := w.changes
	c.mu.Lock()
	defer c.mu.Unlock()
	changed := w.missed || w.at < c.next-int64(len(c.ring))
	for at := w.at; at < c.next && !changed; at++ {
		changed = w.concerns(c.ring[at%toldKept])
	}
	w.at, w.missed = c.next, false
	return changed
}

func (w *Watch) concerns(told change) bool {
	return slices.ContainsFunc(w.keys, func(key string) bool {
		return told.conversation == key || told.orgPath != "" && bellhop.Within(told.orgPath, key)
	})
}

// ID is from where another Watch goes on.
func (w *Watch) ID() string { return w.changes.position(w.at) }

// Close ends the watch. To close again does nothing.
func (w *Watch) Close() {
	c := w.changes
	c.mu.Lock()
	for _, key := range w.keys {
		if delete(c.watchers[key], w); len(c.watchers[key]) == 0 {
			delete(c.watchers, key)
		}
	}
	c.mu.Unlock()
	w.leave()
}
