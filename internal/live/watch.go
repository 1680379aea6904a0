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
	from     int64         // before it something was lost
	more     chan struct{} // closed with the next change, if somebody waits
	waited   bool
	watchers map[string]map[*Watch]bool // by what they watch: a conversation, or the path of an organization
}

// change is what has changed: a conversation and, unless it was but an attempt of one of its
// deliveries, the path of its organization.
type change struct {
	conversation, orgPath string
	foreign               bool // another node has told of it
}

// Announce announces as subscription.Subscriptions does, and tells who watches the
// conversation once that is committed.
func (h *Hub) Announce(ctx context.Context, tx *store.Tx, happening *subscription.Happening) error {
	if err := h.subs.Announce(ctx, tx, happening); err != nil {
		return err
	}
	if id := happening.Links.Conversation; id != "" {
		c := change{conversation: string(id), orgPath: happening.OrgPath}
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
	if c.waited {
		close(c.more)
		c.more, c.waited = make(chan struct{}), false
	}
	if len(c.watchers) == 0 {
		return
	}
	c.wake(changed.conversation)
	for path := changed.orgPath; path != ""; path = path[:max(0, strings.LastIndexByte(path, '#'))] {
		c.wake(path)
	}
}

// lose tells all who watch that there was something that nobody knows.
func (c *changes) lose() {
	c.add(change{foreign: true})
	c.mu.Lock()
	defer c.mu.Unlock()
	c.from = c.next
	for key := range c.watchers {
		c.wake(key)
	}
}

// first returns the position from which on all changes are remembered.
func (c *changes) first() int64 { return max(c.next-int64(len(c.ring)), c.from) }

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
	others  *others
	wants   *interest

	// What follows is guarded by the lock of the changes.
	at     int64
	missed bool
	more   chan struct{} // nil if nobody waits
}

// Watch begins to watch, from a position on, conversations by their id, and all those in
// an organization and below by its path. From any other text than a position it has missed
// something. The caller closes it. There may be as many as there may be streams. Where there are
// several nodes it waits as Open does.
func (h *Hub) Watch(ctx context.Context, caller *account.Caller, position string, keys ...string) (*Watch, error) {
	leave, err := h.enterFor(caller)
	if err != nil {
		return nil, err
	}
	c := &h.changes
	w := &Watch{changes: c, keys: keys, missed: true, leave: leave, others: &h.others, wants: h.others.want(wish{Keys: keys})}
	c.mu.Lock()
	w.at = c.next
	process, number, _ := strings.Cut(position, "-")
	if at, err := strconv.ParseInt(number, 10, 64); err == nil && process == c.process && at >= c.first() && at <= c.next && h.others.knowsChange(w.wants, at) {
		w.at, w.missed = at, false
	}
	for _, key := range keys {
		if c.watchers[key] == nil {
			c.watchers[key] = map[*Watch]bool{}
		}
		c.watchers[key][w] = true
	}
	c.mu.Unlock()
	if !h.others.await(ctx, w.wants) {
		c.mu.Lock()
		defer c.mu.Unlock()
		w.missed = true
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
	changed := w.missed || w.at < c.first()
	for at := w.at; at < c.next && !changed; at++ {
		changed = concerns(w.keys, c.ring[at%toldKept])
	}
	w.at, w.missed = c.next, false
	return changed
}

// concerns reports whether a change is one of what the keys watch.
func concerns(keys []string, told change) bool {
	return slices.ContainsFunc(keys, func(key string) bool {
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
	w.others.unwant(w.wants)
	w.leave()
}
