package tunnel_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"bellhop/internal/tunnel"
	"bellhop/internal/tunnel/roster"
	"bellhop/internal/tunnel/wire"
)

func (h *house) inside(l *listener) http.RoundTripper {
	h.Helper()
	u, err := url.Parse(l.ready.URL)
	if err != nil {
		h.Fatal(err)
	}
	near := h.tunnels.Inside(u, tunnel.Sender{})
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
	tunnels, err := tunnel.New(tunnel.Config{URL: publicURL, Roster: new(roster.Roster)})
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
		if inside := tunnels.Inside(u, tunnel.Sender{}) != nil; inside != want {
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

// Contract: extensions.md 5.1: At most 64 requests
// Contract: extensions.md 5.1: Services, and all that asks
// Contract: extensions.md 5.1: {"type":"request"
func TestTurns(t *testing.T) {
	// sending sends a request of a sender, and says when it has got its place and how it ended.
	type ending struct {
		waited time.Duration
		posted
	}
	sending := func(h *house, l *listener, by tunnel.Sender) <-chan ending {
		u, err := url.Parse(l.ready.URL)
		if err != nil {
			h.Fatal(err)
		}
		done := make(chan ending, 1)
		began := time.Now()
		go func() {
			var e ending
			ctx := httptrace.WithClientTrace(h.Context(), &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { e.waited = time.Since(began) }})
			ctx, cancel := context.WithTimeout(ctx, time.Hour)
			defer cancel()
			r, err := http.NewRequestWithContext(ctx, "POST", l.ready.URL+"/"+by.Owner, nil)
			if err == nil {
				_, err = h.tunnels.Inside(u, by).RoundTrip(r)
			}
			e.err = err
			done <- e
		}()
		synctest.Wait()
		return done
	}
	inHouse(t, "one who has many requests does not keep others out", func(h *house) {
		l := h.listen("default").hear()
		var busy []<-chan ending
		for range 2 * wire.MaxUnderWay {
			busy = append(busy, sending(h, l, tunnel.Sender{Owner: "busy"}))
		}
		other := sending(h, l, tunnel.Sender{Owner: "other"})
		var ids []int64
		for range wire.MaxUnderWay {
			ids = append(ids, l.next().ID)
		}
		time.Sleep(time.Minute)
		for _, id := range ids[:2] {
			l.send(wire.Response{ID: id, Status: 200})
		}
		if a, b := l.next(), l.next(); a.Path+b.Path != "/busy/other" {
			t.Errorf("after two answers %s and %s got their turn, want /busy and /other", a.Path, b.Path)
		} else {
			l.send(wire.Response{ID: b.ID, Status: 200})
		}
		if e := <-other; e.err != nil || e.waited != time.Minute {
			t.Errorf("the other ended with %v after it had waited %v, want a minute", e.err, e.waited)
		}
		l.leave()
		for i, done := range busy {
			if e := <-done; (i < 2) != (e.err == nil) {
				t.Errorf("request %d ended with %v", i, e.err)
			}
		}
	})
	inHouse(t, "one that may not leave any more when it has its turn is not sent", func(h *house) {
		l := h.listen("default").hear()
		var busy []<-chan ending
		for range wire.MaxUnderWay {
			busy = append(busy, sending(h, l, tunnel.Sender{Owner: "busy"}))
		}
		why, asked := errors.New("too late"), 0
		late := sending(h, l, tunnel.Sender{Owner: "late", MayLeave: func() error { asked++; return why }})
		next := sending(h, l, tunnel.Sender{Owner: "next", MayLeave: func() error { return nil }})
		if asked != 0 {
			t.Error("it is asked before it has its turn")
		}
		for range wire.MaxUnderWay {
			l.send(wire.Response{ID: l.next().ID, Status: 200})
		}
		for _, done := range busy {
			<-done
		}
		if r := l.next(); r.Path != "/next" {
			t.Errorf("%s was sent", r.Path)
		} else {
			l.send(wire.Response{ID: r.ID, Status: 200})
		}
		if e := <-late; e.err != why || asked != 1 {
			t.Errorf("ended with %v, asked %d times; want %v, asked once", e.err, asked, why)
		}
		if e := <-next; e.err != nil {
			t.Errorf("the next one ended with %v", e.err)
		}
	})
	inHouse(t, "one that is answered before it is sent", func(h *house) {
		l := h.listen("default") // and does not take what is sent
		asked := 0
		first := sending(h, l, tunnel.Sender{Owner: "first"})
		second := sending(h, l, tunnel.Sender{Owner: "second", MayLeave: func() error { asked++; return nil }})
		l.send(wire.Response{ID: 2, Status: 201})
		synctest.Wait()
		if asked != 0 || len(second) > 0 {
			h.Fatalf("asked %d times, ended %d times; want that it waits", asked, len(second))
		}
		l.hear()
		for range 2 {
			l.send(wire.Response{ID: l.next().ID, Status: 200})
		}
		for _, done := range []<-chan ending{first, second} {
			if e := <-done; e.err != nil {
				t.Errorf("ended with %v", e.err)
			}
		}
	})
	inHouse(t, "the order is told, and nothing of what it is made of", func(h *house) {
		l := h.listen("default").hear()
		var orders []string
		for _, order := range []string{"lane key", "lane key", "lane other", ""} {
			done := sending(h, l, tunnel.Sender{Owner: "a", Order: order})
			r := l.next()
			l.send(wire.Response{ID: r.ID, Status: 200})
			<-done
			orders = append(orders, r.Order)
		}
		if orders[0] != orders[1] || orders[0] == orders[2] || len(orders[0]) != wire.MaxOrder || orders[3] != "" {
			t.Errorf("orders %q", orders)
		}
	})
}
