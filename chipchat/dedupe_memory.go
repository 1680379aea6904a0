package chipchat

import (
	"container/list"
	"context"
	"sync"
	"time"
)

const (
	// dedupeEntries take some 15 MB.
	dedupeEntries = 50_000
	// dedupeAge: a delivery ends 24 hours after its event, and its last attempt takes a while.
	dedupeAge = 25 * time.Hour
)

// MemoryDedupe is a DedupeStore of one process, which forgets everything when that ends. It is made by
// NewMemoryDedupe, and safe for concurrent use, also by several bots.
type MemoryDedupe struct {
	entries int
	age     time.Duration

	mu     sync.Mutex
	byID   map[ID]*list.Element
	oldest list.List // of *deduped, in the order in which they end: all handled ones have the same age
	claims map[ID]time.Time
}

type deduped struct {
	id   ID
	till time.Time
}

// NewMemoryDedupe returns a store that remembers at most so many deliveries, and each for that long at most; beyond it
// the one that was handled first is forgotten. 0 is the default: 50,000 deliveries, about 15 MB, and 25 hours. Claims
// are kept besides, as many as deliveries are being handled (see Options.MaxRunning).
func NewMemoryDedupe(entries int, age time.Duration) *MemoryDedupe {
	if entries <= 0 {
		entries = dedupeEntries
	}
	if age <= 0 {
		age = dedupeAge
	}
	return &MemoryDedupe{entries: entries, age: age, byID: map[ID]*list.Element{}, claims: map[ID]time.Time{}}
}

// Claim implements DedupeStore.
func (d *MemoryDedupe) Claim(_ context.Context, id ID, lease time.Duration) (handled bool, err error) {
	now := time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.forget(now)
	if d.byID[id] != nil {
		return true, nil
	}
	if till, ok := d.claims[id]; ok && now.Before(till) {
		return false, ErrClaimed
	}
	d.claims[id] = now.Add(lease)
	return false, nil
}

// Keep implements DedupeStore.
func (d *MemoryDedupe) Keep(_ context.Context, id ID) error {
	now := time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.claims, id)
	if e := d.byID[id]; e != nil {
		d.remove(e)
	}
	d.byID[id] = d.oldest.PushBack(&deduped{id, now.Add(d.age)})
	d.forget(now)
	return nil
}

// Release implements DedupeStore.
func (d *MemoryDedupe) Release(_ context.Context, id ID) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.claims, id)
	return nil
}

// forget drops what is too old or too much; the caller holds the lock.
func (d *MemoryDedupe) forget(now time.Time) {
	for e := d.oldest.Front(); e != nil; e = d.oldest.Front() {
		if d.oldest.Len() <= d.entries && now.Before(e.Value.(*deduped).till) {
			return
		}
		d.remove(e)
	}
}

func (d *MemoryDedupe) remove(e *list.Element) {
	delete(d.byID, e.Value.(*deduped).id)
	d.oldest.Remove(e)
}
