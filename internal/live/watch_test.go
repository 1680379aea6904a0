package live

import (
	"testing"

	"bellhop"
	"bellhop/internal/store"
	"bellhop/internal/subscription"
)

const (
	talk  = "64b0f1a2c3d4e5f607180001"
	other = "64b0f1a2c3d4e5f607180002"
)

func (r *room) watch(position string, keys ...string) *Watch {
	r.t.Helper()
	w, err := r.Watch(r.t.Context(), adminOf(top), position, keys...)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(w.Close)
	return w
}

func woken(w <-chan struct{}) bool {
	select {
	case <-w:
		return true
	default:
		return false
	}
}

func TestWatch(t *testing.T) {
	r := newRoom(t)
	from := r.Position()
	one, lower, all, elsewhere := r.watch(from, talk), r.watch(from, below), r.watch(from, top), r.watch(from, other, "64b0f1a2c3d4e5f60718aaaa")
	watches := []*Watch{one, lower, all, elsewhere}
	check := func(what string, tell func(), want ...bool) {
		t.Helper()
		var more []<-chan struct{}
		for _, w := range watches {
			more = append(more, w.More())
		}
		tell()
		for i, w := range watches {
			if got, changed := woken(more[i]), w.Changed(); got != want[i] || changed != want[i] {
				t.Errorf("after %s watch %d was woken: %t, has changed: %t, want %t", what, i, got, changed, want[i])
			}
		}
	}
	check("a change below", func() { r.changes.add(change{conversation: talk, orgPath: below}) }, true, true, true, false)
	check("a change at the top", func() { r.changes.add(change{conversation: other, orgPath: top}) }, false, false, true, true)
	check("an attempt", func() { r.Add(Attempt{Delivery: store.StoredDelivery{Key: talk}}) }, true, false, false, false)
	check("nothing", func() {}, false, false, false, false)
	check("an event of something else", func() { r.announce(t, &subscription.Happening{Event: "user.login"}) }, false, false, false, false)
	check("an event", func() {
		r.announce(t, &subscription.Happening{Event: "conversation.update", Links: subscription.Links{Conversation: talk}})
	}, true, true, true, false)
	for _, w := range watches {
		w.Close()
	}
	if len(r.changes.watchers) > 0 {
		t.Errorf("%d things are watched by nobody", len(r.changes.watchers))
	}
}

func (r *room) announce(t *testing.T, h *subscription.Happening) {
	t.Helper()
	h.Organization, h.OrgPath, h.At, h.Kind, h.ID = bellhop.ID(below[len(below)-24:]), below, now, bellhop.Conversations, talk
	err := r.db.Update(t.Context(), func(tx *store.Tx) error { return r.Hub.Announce(t.Context(), tx, h) })
	if err != nil {
		t.Fatal(err)
	}
}

// What happens between two streams is not missed, and if it is not known any more the second
// one is told so.
func TestWatchGoesOn(t *testing.T) {
	r := newRoom(t)
	first := r.watch(r.Position(), talk)
	r.changes.add(change{conversation: talk, orgPath: below})
	if !first.Changed() || first.Changed() {
		t.Error("a change is not told once")
	}
	if r.watch(first.ID(), talk).Changed() {
		t.Error("what was told is told again")
	}
	r.changes.add(change{conversation: talk, orgPath: below})
	if !r.watch(first.ID(), talk).Changed() {
		t.Error("a change between two streams is missed")
	}
	for _, position := range []string{"", "x", "00000000-0", r.changes.process + "-99"} {
		if !r.watch(position, talk).Changed() {
			t.Errorf("from %q nothing was missed", position)
		}
	}
	for range toldKept + 1 {
		r.changes.add(change{conversation: other, orgPath: below})
	}
	if !first.Changed() {
		t.Error("a watch that was overtaken has missed nothing")
	}
}
