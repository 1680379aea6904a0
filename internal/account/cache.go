package account

import "sync"

// maxSeen bounds the cache, at about a kilobyte each.
const maxSeen = 8192

// callerCache keeps tokens whose signature is good and whose user exists, so strangers
// cannot fill it. It is safe for concurrent use.
type callerCache struct {
	mu   sync.RWMutex
	seen map[string]*seenToken
}

// seenToken is a token that was verified; it does not change.
type seenToken struct {
	claims  *claims
	version int64 // of all that caller depends on
	caller  *Caller
}

func newCallerCache() *callerCache { return &callerCache{seen: map[string]*seenToken{}} }

// get returns nil for a token that is not known.
func (c *callerCache) get(token string) *seenToken {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.seen[token]
}

// put adds a token or replaces what is known of it. When the cache is full any other one
// has to go: it only costs its sender a look into the store.
func (c *callerCache) put(token string, s *seenToken) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, known := c.seen[token]; !known && len(c.seen) >= maxSeen {
		for other := range c.seen {
			delete(c.seen, other)
			break
		}
	}
	c.seen[token] = s
}
