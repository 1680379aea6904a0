package chipchat

import (
	"container/list"
	"time"
)

// recent keeps values by key: at most so many, those that were used last, and each for an age. It has no lock.
type recent[K comparable, V any] struct {
	limit  int
	age    time.Duration // 0: as long as there is room
	pushed func(V)       // told of a value that had to make room; may be nil

	byKey map[K]*list.Element
	order list.List // of *dated, the one used last in front
}

type dated[K comparable, V any] struct {
	key   K
	value V
	till  time.Time
}

// get returns a value that is not too old, and counts as a use of it.
func (s *recent[K, V]) get(key K, now time.Time) (V, bool) {
	var none V
	e := s.byKey[key]
	if e == nil {
		return none, false
	}
	held := e.Value.(*dated[K, V])
	if s.age > 0 && now.After(held.till) {
		s.remove(key)
		return none, false
	}
	s.order.MoveToFront(e)
	return held.value, true
}

// put keeps value from now on; what was used longest ago makes room.
func (s *recent[K, V]) put(key K, value V, now time.Time) {
	held := &dated[K, V]{key, value, now.Add(s.age)}
	if e := s.byKey[key]; e != nil {
		e.Value = held
		s.order.MoveToFront(e)
		return
	}
	if s.byKey == nil {
		s.byKey = map[K]*list.Element{}
	}
	s.byKey[key] = s.order.PushFront(held)
	for s.order.Len() > s.limit {
		last := s.order.Back().Value.(*dated[K, V])
		s.remove(last.key)
		if s.pushed != nil {
			s.pushed(last.value)
		}
	}
}

func (s *recent[K, V]) remove(key K) {
	if e := s.byKey[key]; e != nil {
		delete(s.byKey, key)
		s.order.Remove(e)
	}
}

// clear removes the values that gone is true of.
func (s *recent[K, V]) clear(gone func(K, V) bool) {
	for key, e := range s.byKey {
		if gone(key, e.Value.(*dated[K, V]).value) {
			s.remove(key)
		}
	}
}
