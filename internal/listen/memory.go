package listen

import (
	"crypto/sha256"
	"strconv"
	"sync"

	"bellhop/internal/tunnel/wire"
)

const (
	remembered      = 1000
	rememberedBytes = 64 << 20
)

// memory knows the deliveries that are at the local process, and what it answered to the last 1,000, as long as their
// bodies are no more than 64 MiB together. So the local process does not get a delivery twice because of the tunnel.
type memory struct {
	mu      sync.Mutex
	known   map[string]*handling
	answers []string // keys of what has its answer, the oldest first
	bytes   int
}

func newMemory() *memory { return &memory{known: make(map[string]*handling)} }

// handling is one request at the local process.
type handling struct {
	remembered bool // it is a delivery
	done       chan struct{}
	answer     answer // set before done is closed
	cancel     func() // with errGivenUp as the cause
}

// identity is what makes two requests the same attempt of the same delivery; "" if it is none. The rest of the request
// is a part of it: the headers alone may be anybody's.
func identity(r wire.Request) string {
	header := r.Headers.Header()
	delivery, attempt := header.Get("X-Delivery-Id"), header.Get("X-Delivery-Attempt")
	if delivery == "" || attempt == "" {
		return ""
	}
	hash := sha256.New()
	for _, part := range [][]byte{[]byte(delivery), []byte(attempt), []byte(r.Method), []byte(r.Path), []byte(r.Query), r.Body} {
		hash.Write(strconv.AppendInt(nil, int64(len(part)), 10))
		hash.Write([]byte{':'})
		hash.Write(part)
	}
	return string(hash.Sum(nil))
}

// find returns the handling of an identity, and whether it was there before. A new one is to be finished.
func (m *memory) find(id string) (h *handling, known bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if h := m.known[id]; h != nil {
		return h, true
	}
	h = &handling{remembered: id != "", done: make(chan struct{})}
	if id != "" {
		m.known[id] = h
	}
	return h, false
}

// finish gives a handling its answer. One that the local process has not given is forgotten, so that the same delivery is
// tried again.
func (m *memory) finish(id string, h *handling, a answer) {
	h.answer = a
	close(h.done)
	if id == "" {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if a.failure != "" {
		delete(m.known, id)
		return
	}
	m.answers = append(m.answers, id)
	m.bytes += len(a.body)
	for len(m.answers) > remembered || m.bytes > rememberedBytes {
		oldest := m.answers[0]
		m.bytes -= len(m.known[oldest].answer.body)
		delete(m.known, oldest)
		m.answers = m.answers[1:]
	}
}
