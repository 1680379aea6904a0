package chipchat

import (
	"container/list"
	"encoding/json"
	"strings"
	"sync"
	"time"
)

const (
	memoryAge   = time.Hour // docs/contract/sdk.md section 1: the cache keeps for an hour
	memoryCount = 10_000    // conversations; beyond it the one unused for longest is forgotten
)

// memory is the copy of a conversation that all its contexts share (docs/contract/sdk.md section 5).
type memory struct {
	mu         sync.Mutex
	raw        json.RawMessage
	properties map[string]any // raw, decoded when first needed
	meta       map[string]any // properties["meta"]
}

func (m *memory) replace(raw json.RawMessage) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.raw, m.properties, m.meta = raw, nil, nil
}

// open decodes; the caller holds the lock. What is no object reads as an empty one.
func (m *memory) open() {
	if m.properties != nil {
		return
	}
	_ = json.Unmarshal(m.raw, &m.properties)
	if m.properties == nil {
		m.properties = map[string]any{}
	}
	m.meta, _ = m.properties["meta"].(map[string]any)
	if m.meta == nil {
		m.meta = map[string]any{}
		m.properties["meta"] = m.meta
	}
	m.raw = nil
}

func (m *memory) get(key string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.open()
	if name, ok := strings.CutPrefix(key, "@"); ok {
		if v, ok := m.properties[name]; ok {
			return text(v)
		}
	}
	return text(m.meta[key])
}

// set changes the copy only: a property if there is a truthy one of that name, else meta.
func (m *memory) set(key, value string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.open()
	if name, ok := strings.CutPrefix(key, "@"); ok && !falsy(m.properties[name]) {
		m.properties[name] = value
		return
	}
	if value == "" {
		delete(m.meta, key)
		return
	}
	m.meta[key] = value
}

// memories are the copies of the conversations that were heard of lately.
type memories struct {
	mu    sync.Mutex
	byID  map[ID]*list.Element
	order list.List // of *remembered, the one used last in front
}

type remembered struct {
	id   ID
	copy *memory
	till time.Time
}

// hear returns the copy of a conversation, now with the state that was just told of it. Unless keep is set, that of
// a conversation without a copy is nobody else's and not remembered.
func (ms *memories) hear(id ID, raw json.RawMessage, now time.Time, keep bool) *memory {
	ms.mu.Lock()
	defer ms.mu.Unlock()
	r := ms.find(id, now)
	if r == nil {
		r = &remembered{id: id, copy: &memory{}}
		if keep {
			ms.add(r)
		}
	}
	r.till = now.Add(memoryAge)
	r.copy.replace(raw)
	return r.copy
}

func (ms *memories) add(r *remembered) {
	if ms.byID == nil {
		ms.byID = map[ID]*list.Element{}
	}
	ms.byID[r.id] = ms.order.PushFront(r)
	for ms.order.Len() > memoryCount {
		ms.remove(ms.order.Back())
	}
}

func (ms *memories) forget(id ID) {
	ms.mu.Lock()
	defer ms.mu.Unlock()
	if e := ms.byID[id]; e != nil {
		ms.remove(e)
	}
}

// find returns a copy that is not too old; the caller holds the lock.
func (ms *memories) find(id ID, now time.Time) *remembered {
	e := ms.byID[id]
	if e == nil {
		return nil
	}
	r := e.Value.(*remembered)
	if now.After(r.till) {
		ms.remove(e)
		return nil
	}
	ms.order.MoveToFront(e)
	return r
}

func (ms *memories) remove(e *list.Element) {
	delete(ms.byID, e.Value.(*remembered).id)
	ms.order.Remove(e)
}
