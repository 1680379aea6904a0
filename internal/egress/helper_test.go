package egress

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"testing"
)

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

// newClient returns a client that may reach this machine.
func newClient(t testing.TB, c Config) *Client {
	t.Helper()
	c.Allow = append(c.Allow, loopback...)
	client, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdle)
	return client
}

// listen gives each connection, numbered from 1, to handle, and closes it afterwards. It returns the URL.
func listen(t testing.TB, handle func(n int, c net.Conn)) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	accept(t, ln, handle)
	return "http://" + ln.Addr().String()
}

func accept(t testing.TB, ln net.Listener, handle func(n int, c net.Conn)) {
	var all sync.WaitGroup
	var mu sync.Mutex
	var conns []net.Conn
	all.Go(func() {
		for n := 1; ; n++ {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			conns = append(conns, c)
			mu.Unlock()
			all.Go(func() {
				defer c.Close()
				handle(n, c)
			})
		}
	})
	t.Cleanup(func() {
		ln.Close()
		mu.Lock()
		for _, c := range conns {
			c.Close()
		}
		mu.Unlock()
		all.Wait()
	})
}

// exchange is a request as a server saw it.
type exchange struct {
	*http.Request
	body string
}

// readRequest returns false when the connection ended.
func readRequest(r *bufio.Reader) (exchange, bool) {
	req, err := http.ReadRequest(r)
	if err != nil {
		return exchange{}, false
	}
	body, err := io.ReadAll(req.Body)
	return exchange{req, string(body)}, err == nil
}

// always answers every request of a connection with the same text.
func always(answer string) func(int, net.Conn) {
	return func(_ int, c net.Conn) {
		r := bufio.NewReader(c)
		for {
			if _, ok := readRequest(r); !ok {
				return
			}
			io.WriteString(c, answer)
		}
	}
}

// once answers the first request and closes.
func once(answer string) func(int, net.Conn) {
	return func(_ int, c net.Conn) {
		if _, ok := readRequest(bufio.NewReader(c)); ok {
			io.WriteString(c, answer)
		}
	}
}

const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

func mustURL(t testing.TB, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func post(t testing.TB, raw, body string) *Request {
	t.Helper()
	return &Request{Method: "POST", URL: mustURL(t, raw), Body: []byte(body)}
}

// mustDo makes an attempt that has to be answered.
func mustDo(t testing.TB, c *Client, r *Request) *Response {
	t.Helper()
	resp, err := c.Do(t.Context(), r)
	if err != nil {
		t.Fatalf("Do(%s) = %v", r.URL.Redacted(), err)
	}
	return resp
}

// wantReason checks that an attempt failed for the reason.
func wantReason(t testing.TB, err error, reason string) *Error {
	t.Helper()
	e, isOurs := errors.AsType[*Error](err)
	if !isOurs {
		t.Fatalf("error = %v (%T), want *Error with reason %q", err, err, reason)
	}
	if e.Reason != reason {
		t.Fatalf("Reason = %q, want %q (%v)", e.Reason, reason, err)
	}
	return e
}

// piped makes a client whose connections are pipes; the far ends go to handle, numbered from 1. It fits
// into a bubble of synctest.
func piped(t testing.TB, c Config, handle func(n int, c net.Conn)) *Client {
	client := newClient(t, c)
	var mu sync.Mutex
	n := 0
	client.connect = func(context.Context, netip.AddrPort) (net.Conn, error) {
		near, far := net.Pipe()
		mu.Lock()
		n++
		number := n
		mu.Unlock()
		go func() {
			defer far.Close()
			handle(number, far)
		}()
		return near, nil
	}
	return client
}

// answers is a resolver that gives one answer after the other, the last one for ever.
type answers struct {
	mu    sync.Mutex
	lists [][]string
	asked int
}

func (a *answers) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	list := a.lists[min(a.asked, len(a.lists)-1)]
	a.asked++
	if list == nil {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	var out []netip.Addr
	for _, text := range list {
		out = append(out, netip.MustParseAddr(text))
	}
	return out, nil
}
