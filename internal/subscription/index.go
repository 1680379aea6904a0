package subscription

import (
	"strings"

	"github.com/tidwall/btree"
)

// index finds the webhooks that want an event among those that listen in a place. It has an
// entry for each pattern of each of them; its keys, in their order, are a tree of the
// segments of patterns: place NUL segment. segment. ... NUL service.
type index struct{ entries btree.Map[string, *Webhook] }

func indexKey(place, pattern string, w *Webhook) string {
	return place + "\x00" + pattern + ".\x00" + string(w.Service)
}

func (x *index) add(place string, w *Webhook) {
	for pattern := range w.patterns.All() {
		x.entries.Set(indexKey(place, pattern, w), w)
	}
}

func (x *index) remove(place string, w *Webhook) {
	for pattern := range w.patterns.All() {
		x.entries.Delete(indexKey(place, pattern, w))
	}
}

// match appends the webhooks that listen in place and want the event called name, some of
// them more than once.
func (x *index) match(found []*Webhook, place, name string) []*Webhook {
	s := search{index: x, found: found}
	if s.walk(place+"\x00", name); s.steps <= mostSteps {
		return s.found
	}
	return x.matchEach(found, place, name)
}

// matchEach is match that looks at every webhook of a place.
func (x *index) matchEach(found []*Webhook, place, name string) []*Webhook {
	asked := map[*Webhook]bool{}
	for _, w := range under(&x.entries, place+"\x00") {
		if !asked[w] && w.patterns.Match(name) {
			found = append(found, w)
		}
		asked[w] = true
	}
	return found
}

// search goes down the tree of an index.
type search struct {
	index *index
	found []*Webhook
	steps int
}

// mostSteps is how long a search goes on. Patterns with many ** have so many ways to fit a
// name that to match each of them takes less time.
const mostSteps = 2000

// walk goes on at a node, which the first segments of a name have led to; rest is what
// follows them.
func (s *search) walk(node, rest string) {
	s.steps++
	if s.steps > mostSteps || !has(&s.index.entries, node) {
		return
	}
	if rest == "" {
		for _, w := range under(&s.index.entries, node+"\x00") {
			s.found = append(s.found, w)
		}
	} else {
		segment, after, _ := strings.Cut(rest, ".")
		s.walk(node+segment+".", after)
		s.walk(node+"*.", after)
	}
	if any := node + "**."; has(&s.index.entries, any) {
		for ; rest != ""; _, rest, _ = strings.Cut(rest, ".") {
			s.walk(any, rest)
		}
		s.walk(any, "")
	}
}

// under yields the elements of m whose keys begin with prefix, by ascending key.
func under[V any](m *btree.Map[string, V], prefix string) func(yield func(string, V) bool) {
	return func(yield func(string, V) bool) {
		m.Ascend(prefix, func(key string, value V) bool {
			return strings.HasPrefix(key, prefix) && yield(key, value)
		})
	}
}

// has reports whether a key of m begins with prefix.
func has[V any](m *btree.Map[string, V], prefix string) bool {
	for range under(m, prefix) {
		return true
	}
	return false
}
