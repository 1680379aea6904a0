package egress

import (
	"bufio"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestAnswers(t *testing.T) {
	long := strings.Repeat("x", 100)
	for _, c := range []struct {
		name, answer string
		most         int64
		status       int
		body         string
		truncated    bool
		reused       bool // by the next attempt
	}{
		{"length", ok, 0, 200, "ok", false, true},
		{"no body", "HTTP/1.1 204 No Content\r\n\r\n", 0, 204, "", false, true},
		{"not modified", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", 0, 304, "", false, true},
		{"empty", "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", 0, 500, "", false, true},
		{"chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n", 0, 200, "abc", false, true},
		{"trailer", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX: y\r\n\r\n", 0, 200, "a", false, true},
		{"redirect", "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", 0, 302, "", false, true},
		{"interim", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + ok, 0, 200, "ok", false, true},
		{"exactly all", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + long, 100, 200, long, false, true},
		{"one more", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + long, 99, 200, long[:99], true, true},
		{"exactly all chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 3, 200, "abc", false, true},
		{"chunks cut", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 2, 200, "ab", true, true},
		{"keep nothing", ok, -1, 200, "", true, true},
		{"much more", "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + strings.Repeat("x", 100000), 10, 200, long[:10], true, false},
		{"gzip is kept", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\x1f\x8b\x08", 0, 200, "\x1f\x8b\x08", false, true},
		{"odd status", "HTTP/1.1 999 What\r\nContent-Length: 0\r\n\r\n", 0, 999, "", false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // the rest of an answer is waited for, for so short a time that a busy machine misses it
				client := piped(t, Config{}, always(c.answer))
				r := post(t, "http://127.0.0.1/", "{}")
				r.MaxBody = c.most
				for i := range 2 {
					resp := mustDo(t, client, r)
					if resp.Status != c.status || string(resp.Body) != c.body || resp.Truncated != c.truncated {
						t.Errorf("answer = %d %q, Truncated = %t", resp.Status, resp.Body, resp.Truncated)
					}
					if i == 1 && resp.Reused != c.reused {
						t.Errorf("Reused = %t, want %t", resp.Reused, c.reused)
					}
				}
			})
		})
	}
}

func TestAnswerUntilClosed(t *testing.T) {
	base := listen(t, once("HTTP/1.1 200 OK\r\nX-A: 1\r\n\r\nuntil the end"))
	resp := mustDo(t, newClient(t, Config{}), post(t, base, "{}"))
	if string(resp.Body) != "until the end" || resp.Header.Get("X-A") != "1" {
		t.Errorf("%q %v", resp.Body, resp.Header)
	}
}

func TestHead(t *testing.T) {
	base := listen(t, always("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n"))
	client := newClient(t, Config{})
	for range 2 {
		if resp := mustDo(t, client, &Request{Method: "HEAD", URL: mustURL(t, base)}); resp.Body != nil {
			t.Errorf("Body = %q", resp.Body)
		}
	}
}

func TestBadAnswers(t *testing.T) {
	for _, c := range []struct{ name, answer, reason string }{
		{"no HTTP", "SSH-2.0-OpenSSH_9.6 s3cret\r\n\r\n", "malformed response"},
		{"HTTP/2", "HTTP/2.0 200 OK\r\n\r\n", "malformed response"},
		{"status", "HTTP/1.1 abc s3cret\r\n\r\n", "malformed response"},
		{"status zero", "HTTP/1.1 000 OK\r\n\r\n", "malformed response"},
		{"header", "HTTP/1.1 200 OK\r\ns3cret\r\n\r\n", "malformed response"},
		{"length", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "malformed response"},
		{"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", "malformed response"},
		{"chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "malformed response"},
		{"endless 1xx", strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 9), "malformed response"},
		{"half a head", "HTTP/1.1 200 OK\r\nX:", "incomplete answer"},
		{"half a body", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", "incomplete answer"},
		{"half of chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", "incomplete answer"},
		{"nothing", "", "connection closed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := newClient(t, Config{}).Do(t.Context(), post(t, listen(t, once(c.answer)), "{}"))
			wantReason(t, err, c.reason)
			if strings.Contains(err.Error(), "s3cret") {
				t.Errorf("%v quotes the endpoint", err)
			}
		})
	}
}

// endless answers with head, and then repeats more until the connection breaks.
func endless(head, more string) func(int, net.Conn) {
	return func(_ int, c net.Conn) {
		if _, ok := readRequest(bufio.NewReader(c)); !ok {
			return
		}
		_, err := io.WriteString(c, head)
		for err == nil {
			_, err = io.WriteString(c, more)
		}
	}
}

func TestGiantHeaders(t *testing.T) {
	for name, handle := range map[string]func(int, net.Conn){
		"one":    endless("HTTP/1.1 200 OK\r\nX: ", strings.Repeat("x", 1000)),
		"many":   endless("HTTP/1.1 200 OK\r\n", "X: y\r\n"),
		"status": endless("HTTP/1.1 200 ", "x"),
		"1xx":    endless("HTTP/1.1 103 Early Hints\r\n", "X: y\r\n"),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := newClient(t, Config{}).Do(t.Context(), post(t, listen(t, handle), "{}"))
			wantReason(t, err, "too many header bytes")
		})
	}
}

func TestLargeHeaders(t *testing.T) {
	value := strings.Repeat("x", 60<<10)
	base := listen(t, always("HTTP/1.1 200 OK\r\nX: "+value+"\r\nContent-Length: 0\r\n\r\n"))
	client := newClient(t, Config{})
	for range 2 { // each answer has its own budget
		if resp := mustDo(t, client, post(t, base, "{}")); resp.Header.Get("X") != value {
			t.Errorf("X has %d bytes", len(resp.Header.Get("X")))
		}
	}
}

func TestEndlessBodies(t *testing.T) {
	chunk := "400\r\n" + strings.Repeat("x", 1<<10) + "\r\n"
	for name, handle := range map[string]func(int, net.Conn){
		"until closed": endless("HTTP/1.1 200 OK\r\n\r\n", "xxxxxxxx"),
		"chunks":       endless("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", chunk),
		"length":       endless("HTTP/1.1 200 OK\r\nContent-Length: "+strconv.Itoa(1<<40)+"\r\n\r\n", "xxxxxxxx"),
	} {
		t.Run(name, func(t *testing.T) {
			resp := mustDo(t, newClient(t, Config{}), post(t, listen(t, handle), "{}"))
			if len(resp.Body) != defaultMaxBody || !resp.Truncated {
				t.Errorf("%d bytes, Truncated = %t", len(resp.Body), resp.Truncated)
			}
		})
	}
}

func TestLargeBodyKept(t *testing.T) {
	body := strings.Repeat("0123456789", 100<<10/10)
	base := listen(t, always("HTTP/1.1 200 OK\r\nContent-Length: "+strconv.Itoa(len(body))+"\r\n\r\n"+body))
	r := post(t, base, "{}")
	r.MaxBody = 1 << 20
	if resp := mustDo(t, newClient(t, Config{}), r); string(resp.Body) != body || resp.Truncated {
		t.Errorf("%d bytes, Truncated = %t", len(resp.Body), resp.Truncated)
	}
}

// Once there is more than is kept, the answer is known, and a slow rest holds nobody up.
func TestSlowRestIsNotAwaited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := piped(t, Config{}, func(_ int, c net.Conn) {
			readRequest(bufio.NewReader(c))
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123456789")
			io.Copy(io.Discard, c)
		})
		r := post(t, "http://127.0.0.1/", "{}")
		r.MaxBody = 5
		start := time.Now()
		resp := mustDo(t, client, r)
		if took := time.Since(start); took != drainTime || string(resp.Body) != "01234" || !resp.Truncated {
			t.Errorf("%q after %v", resp.Body, took)
		}
	})
}
