package egress

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func TestKeepAlive(t *testing.T) {
	base := listen(t, always(ok))
	client := newClient(t, Config{})
	for i := range 4 {
		resp := mustDo(t, client, post(t, base, "{}"))
		if resp.Reused != (i > 0) || string(resp.Body) != "ok" || resp.Status != 200 {
			t.Errorf("attempt %d = %d %q, Reused = %t", i, resp.Status, resp.Body, resp.Reused)
		}
		if i > 0 && resp.Timing.Connect != 0 {
			t.Errorf("attempt %d: Connect = %v on a reused connection", i, resp.Timing.Connect)
		}
		if resp.Timing.Total < resp.Timing.FirstByte || resp.Timing.FirstByte <= 0 {
			t.Errorf("attempt %d: %+v", i, resp.Timing)
		}
	}
}

// What may not leave any more when the connection is there is not sent, over a fresh connection or an idle one.
func TestMayLeave(t *testing.T) {
	var heard atomic.Int32
	base := listen(t, func(_ int, c net.Conn) {
		for r := bufio.NewReader(c); ; {
			if _, more := readRequest(r); !more {
				return
			}
			heard.Add(1)
			io.WriteString(c, ok)
		}
	})
	client := newClient(t, Config{})
	why := errors.New("too late")
	for i, may := range []error{why, nil, why, nil} {
		r := post(t, base, "{}")
		asked := 0
		r.MayLeave = func() error {
			asked++
			return may
		}
		if _, err := client.Do(t.Context(), r); !errors.Is(err, may) || asked != 1 {
			t.Errorf("attempt %d = %v, asked %d times; want %v, asked once", i, err, asked, may)
		}
	}
	if heard.Load() != 2 {
		t.Errorf("%d requests came, want 2", heard.Load())
	}
	inside := insider(t, func(*http.Request) (*http.Response, error) { return answerOf(200, nil, nil), nil })
	if _, err := inside.Do(t.Context(), &Request{URL: mustURL(t, "https://own.example"), MayLeave: func() error { return why }}); !errors.Is(err, why) {
		t.Errorf("inside = %v, want %v", err, why)
	}
}

func TestNotKeptAlive(t *testing.T) {
	for name, answer := range map[string]string{
		"asked to close":  "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
		"HTTP/1.0":        "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
		"bytes after end": ok + "HTTP/1.1 200 OK\r\n",
		"an answer extra": ok + ok,
		"upgraded":        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			base := listen(t, always(answer))
			client := newClient(t, Config{})
			for range 2 {
				if resp := mustDo(t, client, post(t, base, "{}")); resp.Reused {
					t.Error("connection reused")
				}
			}
		})
	}
}

// breaking answers the first request of the first connection, reads the next one and then breaks.
func breaking(requests *atomic.Int32, last func(c net.Conn)) func(int, net.Conn) {
	return func(n int, c net.Conn) {
		r := bufio.NewReader(c)
		for i := 0; ; i++ {
			if _, more := readRequest(r); !more {
				return
			}
			requests.Add(1)
			if n == 1 && i == 1 {
				last(c)
				return
			}
			io.WriteString(c, ok)
		}
	}
}

func reset(c net.Conn) { c.(*net.TCPConn).SetLinger(0) }

// Contract: delivery.md 7: Node servers close idle
func TestBrokenReusedIsRepeatedOnce(t *testing.T) {
	for name, last := range map[string]func(net.Conn){"closed": func(net.Conn) {}, "reset": reset} {
		t.Run(name, func(t *testing.T) {
			var requests atomic.Int32
			base := listen(t, breaking(&requests, last))
			client := newClient(t, Config{})
			mustDo(t, client, post(t, base, "1"))
			resp := mustDo(t, client, post(t, base, "2"))
			if resp.Reused || requests.Load() != 3 {
				t.Errorf("Reused = %t after %d requests, want a repeat on a fresh connection, 3", resp.Reused, requests.Load())
			}
		})
	}
}

// The fresh connection is not one of the idle ones, which most likely broke too, and there is no third.
func TestRepeatIsFreshAndLast(t *testing.T) {
	var requests, conns atomic.Int32
	hold := make(chan struct{})
	arrived := make(chan struct{}, 2)
	base := listen(t, func(n int, c net.Conn) {
		conns.Add(1)
		r := bufio.NewReader(c)
		if n > 2 {
			readRequest(r)
			requests.Add(1)
			return
		}
		readRequest(r)
		arrived <- struct{}{}
		<-hold
		io.WriteString(c, ok)
		readRequest(r)
		requests.Add(1)
	})
	client := newClient(t, Config{})
	done := make(chan error, 2)
	for range 2 {
		r := post(t, base, "1")
		go func() {
			_, err := client.Do(t.Context(), r)
			done <- err
		}()
	}
	<-arrived
	<-arrived
	close(hold)
	for range 2 {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	_, err := client.Do(t.Context(), post(t, base, "2"))
	wantReason(t, err, "connection closed")
	if requests.Load() != 2 || conns.Load() != 3 {
		t.Errorf("%d requests on %d connections, want 2 on 3", requests.Load(), conns.Load())
	}
}

func TestBrokenAfterFirstByteIsNotRepeated(t *testing.T) {
	var requests atomic.Int32
	base := listen(t, breaking(&requests, func(c net.Conn) { io.WriteString(c, "H") }))
	client := newClient(t, Config{})
	mustDo(t, client, post(t, base, "1"))
	_, err := client.Do(t.Context(), post(t, base, "2"))
	wantReason(t, err, "incomplete answer")
	if requests.Load() != 2 {
		t.Errorf("%d requests, want 2", requests.Load())
	}
}

func TestBrokenFreshIsNotRepeated(t *testing.T) {
	for reason, last := range map[string]func(net.Conn){"connection closed": func(net.Conn) {}, "connection reset": reset} {
		var requests atomic.Int32
		base := listen(t, func(_ int, c net.Conn) {
			readRequest(bufio.NewReader(c))
			requests.Add(1)
			last(c)
		})
		_, err := newClient(t, Config{}).Do(t.Context(), post(t, base, "{}"))
		wantReason(t, err, reason)
		if requests.Load() != 1 {
			t.Errorf("%s: %d requests, want 1", reason, requests.Load())
		}
	}
}

// A connection that was closed while idle is noticed before a request is risked on it.
func TestClosedWhileIdle(t *testing.T) {
	closed := make(chan struct{})
	var conns atomic.Int32
	base := listen(t, func(n int, c net.Conn) {
		conns.Add(1)
		once(ok)(n, c)
		c.Close()
		closed <- struct{}{}
	})
	client := newClient(t, Config{})
	for range 3 {
		if resp := mustDo(t, client, post(t, base, "{}")); resp.Reused {
			t.Error("reused a connection that was closed")
		}
		<-closed
	}
	if conns.Load() != 3 {
		t.Errorf("%d connections, want 3", conns.Load())
	}
}

// unread is a connection whose far end has closed without reading.
type unread struct{ net.Conn }

func (unread) Write([]byte) (int, error) { return 0, syscall.EPIPE }

// An endpoint may answer and close before it has read everything; its answer counts.
func TestAnswerBeforeRequestIsRead(t *testing.T) {
	for answer, reason := range map[string]string{
		"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n": "",
		"": "connection reset",
	} {
		client := piped(t, Config{}, func(_ int, c net.Conn) { io.WriteString(c, answer) })
		pipe := client.connect
		client.connect = func(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
			c, err := pipe(ctx, to)
			return unread{c}, err
		}
		for range 2 {
			resp, err := client.Do(t.Context(), post(t, "http://127.0.0.1/", "{}"))
			if reason != "" {
				wantReason(t, err, reason)
			} else if err != nil || resp.Status != 413 || resp.Reused {
				t.Errorf("%+v, %v", resp, err)
			}
		}
	}
}

func TestTimeouts(t *testing.T) {
	drip := func(head, forever string) func(int, net.Conn) {
		return func(_ int, c net.Conn) {
			if _, more := readRequest(bufio.NewReader(c)); !more {
				return
			}
			_, err := io.WriteString(c, head)
			for err == nil {
				time.Sleep(time.Second)
				_, err = io.WriteString(c, forever)
			}
		}
	}
	for name, handle := range map[string]func(int, net.Conn){
		"never reads":    func(_ int, c net.Conn) { time.Sleep(time.Hour) },
		"never answers":  func(_ int, c net.Conn) { io.Copy(io.Discard, c) },
		"dripping head":  drip("HTTP/1.1 200 OK\r\n", "X: y\r\n"),
		"dripping 1xx":   drip("HTTP/1.1 103 Early Hints\r\n", "X: y\r\n"),
		"dripping body":  drip("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", "x"),
		"dripping chunk": drip("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n"),
		"no end":         drip("HTTP/1.1 200 OK\r\n\r\n", "x"),
	} {
		t.Run(name, func(t *testing.T) {
			for _, timeout := range []time.Duration{0, 3 * time.Second} {
				synctest.Test(t, func(t *testing.T) {
					client := piped(t, Config{}, handle)
					r := post(t, "http://127.0.0.1/", "{}")
					r.Timeout = timeout
					want := timeout
					if want == 0 {
						want = 20 * time.Second
					}
					start := time.Now()
					_, err := client.Do(t.Context(), r)
					e := wantReason(t, err, "timeout")
					if took := time.Since(start); took != want || e.Timing.Total != want || !e.Timeout() {
						t.Errorf("took %v, Total = %v, Timeout() = %t, want %v", took, e.Timing.Total, e.Timeout(), want)
					}
					time.Sleep(2 * time.Hour) // until the endpoint is gone
				})
			}
		})
	}
}

func TestContext(t *testing.T) {
	silent := func(_ int, c net.Conn) { io.Copy(io.Discard, c) }
	synctest.Test(t, func(t *testing.T) {
		client := piped(t, Config{}, silent)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(5*time.Second, cancel)
		start := time.Now()
		_, err := client.Do(ctx, post(t, "http://127.0.0.1/", "{}"))
		wantReason(t, err, "canceled")
		if !errors.Is(err, context.Canceled) || time.Since(start) != 5*time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		_, err = client.Do(ctx, post(t, "http://127.0.0.1/", "{}"))
		wantReason(t, err, "canceled")

		ctx, cancel = context.WithTimeout(t.Context(), 7*time.Second)
		defer cancel()
		start = time.Now()
		_, err = client.Do(ctx, post(t, "http://127.0.0.1/", "{}"))
		wantReason(t, err, "timeout")
		if errors.Is(err, context.Canceled) || time.Since(start) != 7*time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}

// Canceling when all is done leaves an idle connection that works.
func TestCanceledAfterwards(t *testing.T) {
	base := listen(t, always(ok))
	client := newClient(t, Config{})
	for i := range 10 {
		ctx, cancel := context.WithCancel(t.Context())
		resp, err := client.Do(ctx, post(t, base, "{}"))
		cancel()
		if err != nil || resp.Reused != (i > 0) {
			t.Fatalf("attempt %d: %+v, %v", i, resp, err)
		}
	}
}

func TestRefused(t *testing.T) {
	// Nobody gets this port by chance, as he may get one that was in use just now.
	_, err := newClient(t, Config{}).Do(t.Context(), post(t, "http://user:s3cret@127.0.0.1:1", "{}"))
	wantReason(t, err, "connection refused")
	if !errors.Is(err, syscall.ECONNREFUSED) || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("error = %v", err)
	}
}

// Contract: delivery.md 2: Authorization
func TestBasicAuthAndQuery(t *testing.T) {
	got := make(chan exchange, 1)
	base := listen(t, func(_ int, c net.Conn) {
		e, _ := readRequest(bufio.NewReader(c))
		got <- e
		io.WriteString(c, ok)
	})
	u := strings.Replace(base, "http://", "http://us%20er:s3%2Fcret@", 1) + "/hook?type=subscribe&challenge=q7"
	mustDo(t, newClient(t, Config{}), &Request{URL: mustURL(t, u)})
	e := <-got
	if user, password, _ := e.BasicAuth(); user != "us er" || password != "s3/cret" {
		t.Errorf("BasicAuth = %q, %q", user, password)
	}
	if e.RequestURI != "/hook?type=subscribe&challenge=q7" || e.Header.Get("User-Agent") != userAgent || e.Header["Accept-Encoding"] != nil {
		t.Errorf("%s %v", e.RequestURI, e.Header)
	}
}

func TestProxyOfEnvironmentIsIgnored(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	t.Setenv("http_proxy", "http://127.0.0.1:1")
	mustDo(t, newClient(t, Config{}), post(t, listen(t, always(ok)), "{}"))
}
