package chipchat

import (
	"sync"
	"time"
)

const (
	cacheAge   = time.Hour // docs/contract/sdk.md section 1: the cache keeps for an hour
	cacheCount = 10_000    // entries; beyond it the one unused for longest is forgotten
)

// Cache keeps what the author of a bot puts into it for an hour after it was put, in the memory of this process, at
// most 10,000 entries: then the one that was used longest ago makes room. It is safe for concurrent use.
type Cache struct {
	mu     sync.Mutex
	recent recent[string, any]
}

func newCache() *Cache { return &Cache{recent: recent[string, any]{limit: cacheCount, age: cacheAge}} }

// Get returns what is kept under key, and whether there is something.
func (c *Cache) Get(key string) (any, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.recent.get(key, time.Now())
}

// Set keeps value under key.
func (c *Cache) Set(key string, value any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.recent.put(key, value, time.Now())
}

// Delete forgets what is kept under key.
func (c *Cache) Delete(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.recent.remove(key)
}
