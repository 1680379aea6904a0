package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// inbox is a server that notes the numbers of the events that it is sent.
type inbox struct {
	*httptest.Server
	mu   sync.Mutex
	seqs []int64
	last *http.Request
}

// newInbox answers each request as answer does, which knows how many were before it; or with 202 if that is nil.
func newInbox(t *testing.T, answer func(w http.ResponseWriter, n int) (taken bool)) *inbox {
	b := new(inbox)
	n := 0
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		b.last = r
		n++
		if answer != nil && !answer(w, n-1) {
			return
		}
		if text[0] != '[' {
			text = fmt.Appendf(nil, "[%s]", text)
		}
		var events []struct {
			Data struct{ Bench struct{ Seq int64 } }
		}
		if err := json.Unmarshal(text, &events); err != nil {
			t.Errorf("%v: %s", err, text)
		}
		for _, e := range events {
			b.seqs = append(b.seqs, e.Data.Bench.Seq)
		}
		w.WriteHeader(http.StatusAccepted)
	}))
	t.Cleanup(b.Close)
	return b
}

func (b *inbox) expect(t *testing.T, n int) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	slices.Sort(b.seqs)
	for i, seq := range b.seqs {
		if seq != firstSeq+int64(i) {
			t.Fatalf("event %d has the number %d, want %d", i, seq, firstSeq+i)
		}
	}
	if len(b.seqs) != n {
		t.Errorf("%d events came, want %d", len(b.seqs), n)
	}
}

func TestSendNumbers(t *testing.T) {
	for _, batch := range []int{1, 7, 100} {
		b := newInbox(t, nil)
		out, err := send(t.Context(), job{URL: b.URL, Connections: 8, Batch: batch, Events: 250})
		if err != nil {
			t.Fatal(err)
		}
		if out.Acknowledged() != 250 || len(out.Failed) > 0 || out.Error != "" {
			t.Errorf("in arrays of %d: %d acknowledged, %d failed, %s", batch, out.Acknowledged(), len(out.Failed), out.Error)
		}
		b.expect(t, 250)
	}
}

func TestSendForATime(t *testing.T) {
	b := newInbox(t, nil)
	out, err := send(t.Context(), job{URL: b.URL, Connections: 2, Batch: 1, Duration: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if took := out.Ended - out.Began; took < 20_000 {
		t.Errorf("sending ended after %d µs, want 20000 or more", took)
	}
	b.expect(t, out.Acknowledged())
}

// At a rate there is a request for each turn of the clock: the first is answered when all others have been.
func TestSendAtARate(t *testing.T) {
	const events = 10
	var others atomic.Int64
	release := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		seq, _, ok := readEvent(body)
		switch {
		case err != nil || !ok:
			t.Errorf("a request reads %s (%v)", body, err)
		case seq == firstSeq:
			<-release
		case others.Add(1) == events-1:
			close(release)
		}
	}))
	defer s.Close()
	out, err := send(t.Context(), job{URL: s.URL, Connections: 4, Batch: 1, Events: events, Rate: 1000})
	if err != nil {
		t.Fatal(err)
	}
	if out.Acknowledged() != events {
		t.Errorf("%d acknowledged, want %d: %s", out.Acknowledged(), events, out.Error)
	}
}

func TestSendFails(t *testing.T) {
	b := newInbox(t, func(w http.ResponseWriter, n int) bool {
		if n < 2 {
			return true
		}
		http.Error(w, "no more", http.StatusTeapot)
		return false
	})
	out, err := send(t.Context(), job{URL: b.URL, Connections: 1, Batch: 10, Events: 1000})
	if err != nil {
		t.Fatal(err)
	}
	if out.Acknowledged() != 20 || len(out.Failed) != 10 || out.Failed[0] != firstSeq+20 || !strings.Contains(out.Error, "418: no more") {
		t.Errorf("%d acknowledged, failed %v, %q", out.Acknowledged(), out.Failed, out.Error)
	}
	if out.Statuses["202"] != 2 || out.Statuses["418"] != 1 {
		t.Errorf("statuses %v", out.Statuses)
	}
}

// Who is asked to come again later comes again, with the same events.
func TestSendComesAgain(t *testing.T) {
	b := newInbox(t, func(w http.ResponseWriter, n int) bool {
		if n%3 != 1 {
			return true
		}
		w.Header().Set("Retry-After", "0")
		w.WriteHeader(http.StatusTooManyRequests)
		return false
	})
	out, err := send(t.Context(), job{URL: b.URL, Connections: 2, Batch: 1, Events: 20})
	if err != nil {
		t.Fatal(err)
	}
	if out.Acknowledged() != 20 || out.Pushed == 0 {
		t.Errorf("%d acknowledged, %d times pushed back: %s", out.Acknowledged(), out.Pushed, out.Error)
	}
	b.expect(t, 20)
}

func TestSendSays(t *testing.T) {
	b := newInbox(t, nil)
	if _, err := send(t.Context(), job{URL: b.URL, Token: "x.y.z", Sign: true, Connections: 1, Batch: 1, Events: 1}); err != nil {
		t.Fatal(err)
	}
	h := b.last.Header
	if h.Get("Authorization") != "Bearer x.y.z" || !strings.HasPrefix(h.Get("X-Hub-Signature-256"), "sha256=") || len(h.Get("X-Hub-Signature-256")) != 71 {
		t.Errorf("headers %v", h)
	}
}
