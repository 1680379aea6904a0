package live

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"bellhop"
	"bellhop/internal/account"
)

// Stream is what one reader gets to see. It is for one goroutine.
type Stream struct {
	hub    *Hub
	filter *filter
	at     int64
	gap    bool
	leave  func()
	wants  *interest // where others have what this reader wants
}

// Item is an attempt that a reader is shown.
type Item struct {
	ID   string // from where the stream goes on behind it
	Data json.RawMessage
}

// readStep is how many attempts are looked at in one go.
const readStep = 100

// ErrBehind is returned to a reader who was so slow that attempts he has not seen are
// forgotten.
var ErrBehind = errors.New("the reader is too slow")

// Open begins a stream of what matches a query (docs/contract/extensions.md section 2).
// lastID is the ID of the item that the reader has seen last, "" if he wants to see only
// what comes. The caller closes the stream. Where there are several nodes it waits for a moment,
// until all of them know what is wanted, and ctx bounds that.
func (h *Hub) Open(ctx context.Context, caller *account.Caller, rawQuery, lastID string) (*Stream, error) {
	if err := caller.MayList(bellhop.Deliveries); err != nil {
		return nil, err
	}
	f, err := parseFilter(rawQuery)
	if err != nil {
		return nil, err
	}
	leave, err := h.enterFor(caller)
	if err != nil {
		return nil, err
	}
	s := &Stream{hub: h, filter: f, leave: leave, wants: h.others.want(wish{Deliveries: true, Query: rawQuery, Paths: pathsOf(caller)})}
	h.mu.Lock()
	s.at = h.next
	if lastID != "" {
		at, ok := h.position(lastID)
		if s.gap = !ok || !h.others.knows(s.wants, at); !s.gap {
			s.at = at
		}
	}
	h.mu.Unlock()
	switch {
	case !h.others.await(ctx, s.wants):
		s.gap = true
	case lastID != "" && !s.gap:
		s.wants.from = nil // he goes on, and gets also what other nodes did before he came back
	}
	return s, nil
}

// position returns where a stream goes on, and false if what follows is not remembered.
func (h *Hub) position(id string) (int64, bool) {
	process, number, _ := strings.Cut(id, "-")
	at, err := strconv.ParseInt(number, 10, 64)
	return at, err == nil && process == h.process && at >= h.first() && at <= h.next
}

// Gap reports whether the reader may have missed something before the stream began.
func (s *Stream) Gap() bool { return s.gap }

// ID is from where the stream goes on now.
func (s *Stream) ID() string { return s.hub.id(s.at) }

// Close ends the stream. To close again does nothing.
func (s *Stream) Close() {
	s.hub.others.unwant(s.wants)
	s.leave()
}

// More returns a channel that is closed when there may be more to read. It is taken
// before Read, so that nothing comes in between.
func (s *Stream) More() <-chan struct{} {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	return s.hub.moreLocked()
}

// Read returns the next items that the caller, as he is now, may see, and whether there is
// more to read at once. It returns ErrBehind when there is a gap.
func (s *Stream) Read(ctx context.Context, caller *account.Caller) (items []Item, more bool, err error) {
	attempts, more, err := s.take()
	for i := range attempts {
		s.at++
		a := &attempts[i]
		if !s.filter.match(&a.Attempt) || s.wants.isEarlier(a) {
			continue
		}
		seen, err := s.sees(ctx, caller, &a.Attempt)
		if err != nil {
			return nil, false, err
		}
		if !seen {
			continue
		}
		data, err := s.hub.subs.ShowAttempt(&a.Delivery, &a.Attempt.Attempt)
		if err != nil {
			return nil, false, err
		}
		items = append(items, Item{ID: s.ID(), Data: data})
	}
	return items, more, err
}

// take copies the next attempts out of the ring.
func (s *Stream) take() (attempts []entry, more bool, err error) {
	h := s.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	if s.at < h.first() {
		return nil, false, ErrBehind
	}
	n := min(h.next-s.at, readStep)
	for i := range n {
		attempts = append(attempts, h.ring[(s.at+i)%ringSize])
	}
	return attempts, s.at+n < h.next, nil
}

// sees reports whether caller may see an attempt: by its service's organization, or of a
// service that is deleted, by the one at the top.
func (s *Stream) sees(ctx context.Context, caller *account.Caller, a *Attempt) (bool, error) {
	path, err := s.hub.subs.OwnerPath(ctx, a.Delivery.Service, a.Delivery.OrgPath)
	if err != nil {
		return false, err
	}
	return caller.Allowed(bellhop.Deliveries, bellhop.Deliveries.Access.List, "", path) == nil, nil
}
