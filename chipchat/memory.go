package chipchat

import (
	"encoding/json"
	"strings"
	"sync"
	"time"
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
	if name, ok := strings.CutPrefix(key, "@"); ok {
		if v, ok := m.property(name); ok {
			return text(v)
		}
	}
	v, _ := m.remembered(key)
	return text(v)
}

// property returns a property of the conversation, and whether it has one of that name. The value is not to be
// changed, and so it is with remembered.
func (m *memory) property(name string) (any, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.open()
	v, ok := m.properties[name]
	return v, ok
}

// remembered returns a value of the conversation's meta.
func (m *memory) remembered(key string) (any, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.open()
	v, ok := m.meta[key]
	return v, ok
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
	mu     sync.Mutex
	recent recent[ID, *memory]
}

// hear returns the copy of a conversation, now with the state that was just told of it. Unless keep is set, that of
// a conversation without a copy is nobody else's and not remembered.
func (ms *memories) hear(id ID, raw json.RawMessage, now time.Time, keep bool) *memory {
	ms.mu.Lock()
	defer ms.mu.Unlock()
	m, known := ms.find(id, now)
	if known || keep {
		ms.recent.put(id, m, now)
	}
	m.replace(raw)
	return m
}

// share returns the copy of a conversation as it is, and starts it with raw if there is none.
func (ms *memories) share(id ID, raw json.RawMessage, now time.Time) *memory {
	ms.mu.Lock()
	defer ms.mu.Unlock()
	m, known := ms.find(id, now)
	if !known {
		m.replace(raw)
		ms.recent.put(id, m, now)
	}
	return m
}

// find returns the copy that there is, or a new one; the caller holds the lock.
func (ms *memories) find(id ID, now time.Time) (*memory, bool) {
	ms.recent.limit, ms.recent.age = cacheCount, cacheAge
	if m, ok := ms.recent.get(id, now); ok {
		return m, true
	}
	return &memory{}, false
}

func (ms *memories) forget(id ID) {
	ms.mu.Lock()
	defer ms.mu.Unlock()
	ms.recent.remove(id)
}
