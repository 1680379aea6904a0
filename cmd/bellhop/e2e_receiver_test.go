//go:build !race

package main_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// notification is what a delivery carries, as far as the tests look at it.
type notification struct {
	ID    string
	Event string
	Data  struct {
		Message message
		Service service
	}
}

// A receiver is an endpoint in Go. It passes every verification, remembers what it got, and answers what its function
// says: a status, and a value that becomes the JSON body unless it is nil.
type receiver struct {
	*httptest.Server

	mu       sync.Mutex
	events   map[string]string // event id to event name
	requests int
}

func newReceiver(t *testing.T, answer func(path string, n notification) (status int, body any)) *receiver {
	r := &receiver{events: make(map[string]string)}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.Method == http.MethodGet {
			_, _ = io.WriteString(w, req.URL.Query().Get("challenge"))
			return
		}
		var n notification
		sent, err := io.ReadAll(req.Body)
		if err == nil {
			err = json.Unmarshal(sent, &n)
		}
		if err != nil {
			// The server was killed in the middle of its request: what it did not send whole was not received.
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		if err := described(t).Delivery(req, sent); err != nil {
			t.Error(err)
		}
		r.note(req.Header.Get("X-Event-Id"), n.Event)
		status, body := answer(req.URL.Path, n)
		w.WriteHeader(status)
		if body != nil {
			_ = json.NewEncoder(w).Encode(body)
		}
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) note(id, event string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events[id] = event
	r.requests++
}

// got reports whether an event has arrived, at least once.
func (r *receiver) got(id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, ok := r.events[id]
	return ok
}

// different returns how many different events of a name have arrived.
func (r *receiver) different(event string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, name := range r.events {
		if name == event {
			n++
		}
	}
	return n
}

// total returns how many requests have come, repeats included.
func (r *receiver) total() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.requests
}
