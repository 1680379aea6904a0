package live

import (
	"bytes"
	"context"
	"encoding/gob"
	"time"

	"bellhop"
	"bellhop/internal/store"
)

// question is what a hub asks another one.
type question struct {
	At     place
	Now    bool // from now on: At does not count
	Sync   bool // what is wanted has changed: the answer is not to wait
	Wishes []wish

	version int64 // of the wishes
}

// answer is what has come there since.
type answer struct {
	Process  string
	Place    place // to go on from
	Now      int64 // the position of the attempt that was next when the question came
	Attempts []toldAttempt
	Changes  []toldChange
	Gap      bool // some are not known any more
	More     bool // there is more at once
}

type toldAttempt struct {
	At      int64
	Attempt Attempt
}

type toldChange struct{ Conversation, OrgPath string }

const (
	// hold is how long a question waits for something to answer.
	hold = 5 * time.Second

	// gather is how long an answer waits for more to come.
	gather = 20 * time.Millisecond

	// maxTold is how many attempts one answer has, at about 600 bytes each.
	maxTold = 1000

	// maxWishes is how many bytes of wishes a question has. Of more, everything is wanted.
	maxWishes = 256 << 10

	// askTime bounds a question.
	askTime = 3 * hold
)

// question returns what a node is asked next, nil if nobody wants anything. cut will end it when
// something else is wanted.
func (o *others) question(p *peer, cut context.CancelFunc) *question {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.wanted) == 0 {
		p.at = nil
		return nil
	}
	q := &question{Now: p.at == nil, Sync: p.heard < o.version, version: o.version}
	if p.at != nil {
		q.At = *p.at
	}
	size := 0
	for key, w := range o.wanted {
		q.Wishes = append(q.Wishes, w.wish)
		size += len(key)
	}
	if size > maxWishes {
		q.Wishes = []wish{{All: true}}
	}
	p.cut = cut
	return q
}

// answer tells another hub what it wants, as soon as there is something. A newer question of that hub
// ends the wait.
func (h *Hub) answer(ctx context.Context, from store.NodeID, text []byte) ([]byte, error) {
	ctx, end := h.others.askedBy(ctx, from)
	defer end()
	var q question
	if err := gob.NewDecoder(bytes.NewReader(text)).Decode(&q); err != nil {
		return nil, bellhop.Errorf(bellhop.Invalid, "No question of a hub: %v", err)
	}
	wanted := h.wantedBy(q.Wishes)
	a := answer{Process: h.process, Place: q.At}
	h.mu.Lock()
	a.Now = h.next
	h.mu.Unlock()
	if q.Now {
		a.Place = place{a.Now, h.changes.now()}
	}
	timer := time.NewTimer(hold)
	defer timer.Stop()
	for {
		more, changed := h.wait(), h.changes.wait()
		if err := wanted.collect(ctx, &a); err != nil {
			return nil, err
		}
		if q.Sync || a.Gap || len(a.Attempts)+len(a.Changes) > 0 {
			break
		}
		select {
		case <-more:
		case <-changed:
		case <-timer.C:
			q.Sync = true // answered after one more look
			continue
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		// Others are about to come: they are told together.
		select {
		case <-ctx.Done():
		case <-time.After(gather):
		}
	}
	var told bytes.Buffer
	err := gob.NewEncoder(&told).Encode(&a)
	return told.Bytes(), err
}

// askedBy returns a context that ends when a node asks anew, or end is called.
func (o *others) askedBy(ctx context.Context, node store.NodeID) (_ context.Context, end func()) {
	ctx, cancel := context.WithCancel(ctx)
	o.mu.Lock()
	defer o.mu.Unlock()
	if older := o.asking[node]; older != nil {
		(*older)()
	}
	mine := &cancel
	o.asking[node] = mine
	return ctx, func() {
		cancel()
		o.mu.Lock()
		defer o.mu.Unlock()
		if o.asking[node] == mine {
			delete(o.asking, node)
		}
	}
}

func (h *Hub) wait() <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.moreLocked()
}

func (c *changes) wait() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waited = true
	return c.more
}

// now is the position of the change that is next.
func (c *changes) now() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.next
}

// wanted are the wishes of another node.
type wanted struct {
	hub     *Hub
	all     bool
	streams []wantedStream
	keys    []string
}

type wantedStream struct {
	filter *filter
	paths  []string
}

func (h *Hub) wantedBy(wishes []wish) *wanted {
	w := &wanted{hub: h}
	for _, wish := range wishes {
		w.all = w.all || wish.All
		w.keys = append(w.keys, wish.Keys...)
		if !wish.Deliveries {
			continue
		}
		f, err := parseFilter(wish.Query)
		if err != nil { // of a later version: who reads looks more closely
			f = new(filter)
		}
		w.streams = append(w.streams, wantedStream{f, wish.Paths})
	}
	return w
}

// collect adds to a what is wanted of what has come since.
func (w *wanted) collect(ctx context.Context, a *answer) error {
	w.changes(a)
	found, more := w.attempts(a)
	a.More = more
	for _, told := range found {
		wants, err := w.wants(ctx, &told.Attempt)
		if err != nil {
			return err
		}
		if wants {
			a.Attempts = append(a.Attempts, told)
		}
	}
	return nil
}

// attempts returns the attempts of this node that come next.
func (w *wanted) attempts(a *answer) (found []toldAttempt, more bool) {
	h := w.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	if a.Place.Attempt < h.next-int64(len(h.ring)) || a.Place.Attempt > h.next {
		a.Gap, a.Place.Attempt = true, h.next
	}
	if !w.all && len(w.streams) == 0 {
		a.Place.Attempt = h.next
	}
	for ; a.Place.Attempt < h.next && len(found) < maxTold; a.Place.Attempt++ {
		if e := &h.ring[a.Place.Attempt%ringSize]; e.node == "" && !e.lost {
			found = append(found, toldAttempt{a.Place.Attempt, e.Attempt})
		}
	}
	return found, a.Place.Attempt < h.next
}

func (w *wanted) changes(a *answer) {
	c := &w.hub.changes
	c.mu.Lock()
	defer c.mu.Unlock()
	if a.Place.Change < c.next-int64(len(c.ring)) || a.Place.Change > c.next {
		a.Gap, a.Place.Change = true, c.next
	}
	known := map[toldChange]bool{}
	for ; a.Place.Change < c.next; a.Place.Change++ {
		changed := c.ring[a.Place.Change%toldKept]
		told := toldChange{changed.conversation, changed.orgPath}
		if !changed.foreign && !known[told] && (w.all || concerns(w.keys, changed)) {
			known[told] = true
			a.Changes = append(a.Changes, told)
		}
	}
}

// wants reports whether somebody there may want to see an attempt.
func (w *wanted) wants(ctx context.Context, a *Attempt) (bool, error) {
	if w.all {
		return true, nil
	}
	path := ""
	for _, s := range w.streams {
		if !s.filter.match(a) {
			continue
		}
		if len(s.paths) == 0 {
			return true, nil
		}
		if path == "" {
			var err error
			if path, err = w.hub.subs.OwnerPath(ctx, a.Delivery.Service, a.Delivery.OrgPath); err != nil {
				return false, err
			}
		}
		for _, p := range s.paths {
			if bellhop.Within(path, p) {
				return true, nil
			}
		}
	}
	return false, nil
}
