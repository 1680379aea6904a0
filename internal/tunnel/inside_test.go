package tunnel_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"bellhop/internal/tunnel"
	"bellhop/internal/tunnel/wire"
)

func (h *house) inside(l *listener) http.RoundTripper {
	h.Helper()
	u, err := url.Parse(l.ready.URL)
	if err != nil {
		h.Fatal(err)
	}
	near := h.tunnels.Inside(u)
	if near == nil {
		h.Fatalf("%s is not inside", u)
	}
	return near
}

// post sends a request from inside.
func (h *house) post(l *listener, timeout time.Duration) (status int, body string, err error) {
	h.Helper()
	ctx, cancel := context.WithTimeout(h.Context(), timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, "POST", l.ready.URL+"/x?y", strings.NewReader("body"))
	if err != nil {
		h.Fatal(err)
	}
	response, err := h.inside(l).RoundTrip(r)
	if err != nil {
		return 0, "", err
	}
	b, err := io.ReadAll(response.Body)
	if err != nil {
		h.Error(err)
	}
	return response.StatusCode, string(b), nil
}

type posted struct {
	status int
	body   string
	err    error
}

func (h *house) posting(l *listener, timeout time.Duration) <-chan posted {
	done := make(chan posted, 1)
	go func() {
		status, body, err := h.post(l, timeout)
		done <- posted{status, body, err}
	}()
	return done
}

// Contract: extensions.md 5.3: The server reaches its own tunnels
func TestOf(t *testing.T) {
	const id = "7e57f1a2c3d4e5f60718293a"
	tunnels, err := tunnel.New(tunnel.Config{URL: publicURL})
	if err != nil {
		t.Fatal(err)
	}
	for raw, want := range map[string]bool{
		"https://hop.example/base/tunnels/" + id:                    true,
		"https://hop.example/base/tunnels/" + id + "/":              true,
		"https://HOP.example:443/base/tunnels/" + id + "/x?y":       true,
		"https://u:p@hop.example/base/tunnels/" + id + "/x":         true,
		"http://hop.example/base/tunnels/" + id:                     false,
		"https://hop.example:8443/base/tunnels/" + id:               false,
		"https://hop.example.evil.example/base/tunnels/" + id:       false,
		"https://hop.example/tunnels/" + id:                         false,
		"https://hop.example/base/tunnels/" + id + "0":              false,
		"https://hop.example/base/tunnels/" + strings.ToUpper(id):   false,
		"https://hop.example/base/%74unnels/" + id:                  false,
		"https://hop.example/base/x/../tunnels/" + id:               false,
		"https://hop.example/base/tunnels/":                         false,
		"https://hop.example/v2/events?x=/base/tunnels/" + id + "/": false,
	} {
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		if got := tunnels.Of(u); (got == id) != want || got != "" && got != id {
			t.Errorf("Of(%s) = %q, want a tunnel: %v", raw, got, want)
		}
		if inside := tunnels.Inside(u) != nil; inside != want {
			t.Errorf("Inside(%s) is there: %v, want %v", raw, inside, want)
		}
	}
}

// Contract: extensions.md 5: Its URL is 404
// Contract: extensions.md 5.1: {"type":"received"
// Contract: extensions.md 5.1: {"type":"failure"
// Contract: extensions.md 5.1: {"type":"cancel"
// Contract: extensions.md 5.1: Frames of other types
func TestInside(t *testing.T) {
	inHouse(t, "it is answered without the network", func(h *house) {
		l := h.listen("default").serve(func(r wire.Request) wire.Response {
			return wire.Response{Status: 201, Body: []byte(r.Method + r.Path + "?" + r.Query + string(r.Body))}
		})
		if status, body, err := h.post(l, time.Second); status != 201 || body != "POST/x?ybody" || err != nil {
			t.Errorf("answered %d %q, %v", status, body, err)
		}
	})
	inHouse(t, "a refusal is an answer", func(h *house) {
		l := h.listen("default").hear()
		done := h.posting(l, time.Second)
		l.send(wire.Failure{ID: l.next().ID, Error: "connection refused"})
		if p := <-done; p.status != 502 || !strings.Contains(p.body, "connection refused") || p.err != nil {
			t.Errorf("answered %+v", p)
		}
		h.own("DELETE /v2/tunnels/"+l.ready.Tunnel).want(t, 204, "")
		l.wantEnd(wire.CloseDeleted)
		if status, _, err := h.post(l, time.Second); status != 404 || err != nil {
			t.Errorf("of a deleted tunnel: %d, %v", status, err)
		}
	})
	for _, test := range []struct {
		name string
		lose func(h *house, l *listener)
		away bool
	}{
		{"a lost connection is no answer", func(_ *house, l *listener) { l.leave() }, true},
		{"nor is a newer one", func(h *house, l *listener) { h.listen("default").hear() }, true},
		{"nor is the end of the server", func(h *house, _ *listener) { go h.stop() }, true},
		{"to break the rules is an answer, or it would be sent again for ever", func(_ *house, l *listener) { l.write([]byte("{}")) }, false},
		{"a frame that is too long is one, too", func(_ *house, l *listener) { l.write(make([]byte, wire.MaxFrame+1)) }, false},
	} {
		inHouse(t, test.name, func(h *house) {
			l := h.listen("default").hear()
			received, sent := h.posting(l, time.Minute), h.posting(l, time.Minute)
			l.send(wire.Received{ID: l.next().ID})
			l.next()
			test.lose(h, l)
			for _, done := range []<-chan posted{received, sent} {
				p := <-done
				if errors.Is(p.err, tunnel.ErrAway) != test.away || !test.away && p.status != 502 {
					t.Errorf("%+v, want that it is away: %v", p, test.away)
				}
			}
		})
	}
	inHouse(t, "what is never acknowledged in time is no answer, and what is is late", func(h *house) {
		l := h.listen("default").hear()
		done := h.posting(l, 5*time.Second)
		first := l.next()
		if p := <-done; !errors.Is(p.err, tunnel.ErrAway) {
			t.Errorf("never acknowledged: %+v", p)
		}
		if f := <-l.got; f != (wire.Cancel{ID: first.ID}) {
			t.Errorf("then came %#v, want cancel", f)
		}
		done = h.posting(l, 5*time.Second)
		l.send(wire.Received{ID: l.next().ID})
		if p := <-done; !errors.Is(p.err, context.DeadlineExceeded) || errors.Is(p.err, tunnel.ErrAway) {
			t.Errorf("acknowledged: %+v", p)
		}
	})
}
