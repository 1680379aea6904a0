package bellhop

import (
	"encoding/binary"
	"encoding/hex"
	"sync"
)

// ID identifies a resource: 24 lower-case hex digits (docs/contract/README.md,
// "Base facts"). The empty ID means none.
type ID string

// Valid reports whether id has the form of an id.
func (id ID) Valid() bool {
	if len(id) != 24 {
		return false
	}
	for i := range len(id) {
		if c := id[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// IDs makes ids that ascend, also within one millisecond and when the clock goes
// back. An id is 48 bits of time, 16 bits of a counter, and 32 bits that tell
// processes apart. It is safe for concurrent use.
type IDs struct {
	process [4]byte

	mu   sync.Mutex
	last uint64 // time and counter of the newest id
}

// NewIDs returns a source of ids; process should be random.
func NewIDs(process [4]byte) *IDs {
	return &IDs{process: process}
}

// New returns the next id, stamped with now or later.
func (g *IDs) New(now Time) ID {
	g.mu.Lock()
	g.last = max(g.last+1, uint64(now)<<16)
	next := g.last
	g.mu.Unlock()

	var raw [12]byte
	binary.BigEndian.PutUint64(raw[:8], next)
	copy(raw[8:], g.process[:])
	return ID(hex.EncodeToString(raw[:]))
}
