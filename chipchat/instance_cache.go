package chipchat

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"
)

// configs are the configurations that were put together lately, by organization path.
type configs struct {
	mu      sync.Mutex
	recent  recent[configKey, json.RawMessage]
	changed recent[ID, struct{}] // organizations whose instance has changed: what they are part of is not kept
	version int                  // counts the changes
}

type configKey struct {
	path    string
	inherit bool
}

// get also returns the version to be given to put.
func (cs *configs) get(key configKey, now time.Time) (json.RawMessage, int) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cs.bound()
	raw, _ := cs.recent.get(key, now)
	return raw, cs.version
}

// put keeps a configuration, unless something has changed since it was begun or lately.
func (cs *configs) put(key configKey, raw json.RawMessage, version int, now time.Time) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if version != cs.version {
		return
	}
	for _, id := range pathIDs(key.path) {
		if _, changed := cs.changed.get(id, now); changed {
			return
		}
	}
	cs.recent.put(key, raw, now)
}

// outdate forgets the configurations that an organization is part of, and keeps none of them for an hour.
func (cs *configs) outdate(organization ID, now time.Time) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cs.bound()
	cs.version++
	cs.changed.put(organization, struct{}{}, now)
	cs.recent.clear(func(key configKey, _ json.RawMessage) bool {
		return slices.Contains(pathIDs(key.path), organization)
	})
}

func (cs *configs) bound() {
	cs.recent.limit, cs.recent.age = cacheCount, cacheAge
	cs.changed.limit, cs.changed.age = cacheCount, cacheAge
}

func pathIDs(orgPath string) []ID {
	var ids []ID
	for id := range strings.SplitSeq(orgPath, "#") {
		ids = append(ids, ID(id))
	}
	return ids
}
