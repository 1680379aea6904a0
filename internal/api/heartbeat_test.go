package api_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// patient is a client who takes all that is sent.
type patient struct {
	*httptest.ResponseRecorder
	mu sync.Mutex
}

func (p *patient) SetReadDeadline(time.Time) error  { return nil }
func (p *patient) SetWriteDeadline(time.Time) error { return nil }

func (p *patient) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ResponseRecorder.Write(b)
}

func (p *patient) text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.Body.String()
}

// Contract: extensions.md 2: The id moves on also in comments
func TestStreamIsAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t)
		ctx, stop := context.WithCancel(t.Context())
		r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/v2/deliveries/stream", nil)
		r.Header.Set("Authorization", h.admin.token)
		p := &patient{ResponseRecorder: httptest.NewRecorder()}
		var wg sync.WaitGroup
		wg.Go(func() { h.handler.ServeHTTP(p, r) })
		time.Sleep(46 * time.Second)
		if text := p.text(); strings.Count(text, ": alive\nid: ") != 3 {
			t.Errorf("after 46 s there is %q, want three comments with an id", text)
		}
		stop()
		wg.Wait()
	})
}
