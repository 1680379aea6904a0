package egress

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// metered counts what a client reads. It stays a socket, so that the probe works.
type metered struct {
	*net.TCPConn
	read *atomic.Int64
}

func (m metered) Read(b []byte) (int, error) {
	n, err := m.TCPConn.Read(b)
	m.read.Add(int64(n))
	return n, err
}

// respond answers each request, which has to be a small one, with the next of the answers, and those after
// the last one with that.
func respond(c net.Conn, answers ...[]byte) {
	var b [4 << 10]byte
	for i := 0; ; i++ {
		if _, err := c.Read(b[:]); err != nil {
			return
		}
		c.Write(answers[min(i, len(answers)-1)])
	}
}

const honest = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhonest"

// says gives one answer that is hostile, and honest ones if it is asked again.
func says(answer string) func(net.Conn) {
	return func(c net.Conn) { respond(c, []byte(answer), []byte(honest)) }
}

// early answers once before it has read what was asked.
func early(c net.Conn) {
	io.WriteString(c, ok)
	r := bufio.NewReader(c)
	readRequest(r)
	if _, more := readRequest(r); more {
		io.WriteString(c, honest)
	}
}

// linger waits until the client hangs up.
func linger(c net.Conn) { io.Copy(io.Discard, c) }

// floods answers with head and then the same text for ever.
func floods(head, more string) func(net.Conn) {
	return func(c net.Conn) { endless(head, strings.Repeat(more, 1+4096/len(more)))(1, c) }
}

// chunked begins an answer in chunks.
const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

type hostile struct {
	name  string
	serve func(net.Conn)
	want  string
}

// hostiles are what a first connection may meet. want is the reason of the error, or the status and body
// of the answer, and whether the connection is kept. Whatever it is, the next attempt must not notice.
var hostiles = []hostile{
	// Sizes.
	{"endless body", floods("HTTP/1.1 200 OK\r\n\r\n", "x"), "200 truncated"},
	{"endless body with a length", floods("HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\n", "x"), "200 truncated"},
	{"endless chunks", floods(chunked, "1000\r\n"+strings.Repeat("x", 4096)+"\r\n"), "200 truncated"},
	{"endless chunks of a byte", floods(chunked, "1\r\nx\r\n"), "200 truncated"},
	{"one endless chunk", floods(chunked+"7fffffffffffffff\r\n", "x"), "200 truncated"},
	{"chunk too large for a number", says(chunked + "ffffffffffffffffff\r\nx"), "malformed response"},
	{"endless chunk extension", floods(chunked+"1;", "x"), "malformed response"},
	{"a flood of chunk extensions", floods(chunked, "1;a="+strings.Repeat("b", 2000)+"\r\nx\r\n"), "malformed response"},
	{"short chunk extensions", floods(chunked, "1;abcdefg\r\nx\r\n"), "too many bytes around the body"},
	{"endless chunk size", floods(chunked, "0"), "malformed response"},
	{"a trailer without end", floods(chunked+"0\r\nX: ", "x"), "malformed response"},
	{"a flood of trailers", floods(chunked+"0\r\n", "X: y\r\n"), "malformed response"},
	{"a giant header", floods("HTTP/1.1 200 OK\r\nX: ", "x"), "too many header bytes"},
	{"a giant header name", floods("HTTP/1.1 200 OK\r\n", "x"), "too many header bytes"},
	{"thousands of headers", floods("HTTP/1.1 200 OK\r\n", "X: y\r\n"), "too many header bytes"},
	{"thousands of empty headers", floods("HTTP/1.1 200 OK\r\n", "a:\r\n"), "too many header bytes"},
	{"a folded header without end", floods("HTTP/1.1 200 OK\r\nX: y\r\n", " z\r\n"), "too many header bytes"},
	{"a folded header", says("HTTP/1.1 200 OK\r\nX: y\r\n z\r\nContent-Length: 2\r\n\r\nok"), "malformed response"},
	{"six hundred headers", says("HTTP/1.1 200 OK\r\n" + strings.Repeat("X: y\r\n", 600) + "Content-Length: 2\r\n\r\nok"), "too many header bytes"},
	{"a giant status line", floods("HTTP/1.1 200 ", "x"), "too many header bytes"},
	{"empty lines without end", floods("", "\r\n"), "malformed response"},
	{"NUL bytes without end", floods("", "\x00"), "malformed response"},
	{"endless 1xx", floods("", "HTTP/1.1 100 Continue\r\n\r\n"), "malformed response"},
	{"endless 103 with headers", floods("HTTP/1.1 103 Early Hints\r\n", "Link: </a>\r\n"), "too many header bytes"},

	// More than was asked for.
	{"answered before the request was read", early, "200 ok, kept"},
	{"garbage behind the answer", says(ok + "garbage"), "200 ok"},
	{"two answers", says(ok + "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"), "200 ok"},
	{"an answer behind one without body", says("HTTP/1.1 204 No Content\r\nContent-Length: 99\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"), "204 "},
	{"an answer behind chunks", says(chunked + "2\r\nok\r\n0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"), "200 ok"},
	{"an answer in the rest of a long body", says("HTTP/1.1 200 OK\r\nContent-Length: 70000\r\n\r\n" + strings.Repeat("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged", 1400)), "200 truncated"},
	{"switching protocols", says("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"), "101 "},

	// Lengths.
	{"length shorter than the body", says("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokay"), "200 ok"},
	{"negative length", says("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nok"), "malformed response"},
	{"signed length", says("HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok"), "malformed response"},
	{"length in hex", says("HTTP/1.1 200 OK\r\nContent-Length: 0x2\r\n\r\nok"), "malformed response"},
	{"length too large for a number", says("HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775808\r\n\r\nok"), "malformed response"},
	{"a list as length", says("HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok"), "malformed response"},
	{"two lengths", says("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok"), "malformed response"},
	{"the same length twice", says("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"), "200 ok"},
	{"length and chunks", says("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"), "200 ok"},
	{"chunks twice", says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"), "malformed response"},
	{"chunks and another coding", says("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"), "malformed response"},
	{"an unknown coding", says("HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"), "malformed response"},
	{"two codings", says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n2\r\nok\r\n0\r\n\r\n"), "malformed response"},
	{"negative chunk", says(chunked + "-1\r\nx\r\n"), "malformed response"},
	{"chunk longer than it says", says(chunked + "1\r\nokay\r\n0\r\n\r\n"), "malformed response"},
	{"chunk without a size", says(chunked + "\r\nok\r\n0\r\n\r\n"), "malformed response"},

	// What is not HTTP/1.
	{"settings of HTTP/2", func(c net.Conn) {
		io.WriteString(c, "\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x64")
		linger(c)
	}, "malformed response"},
	{"the preface of HTTP/2", says("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), "malformed response"},
	{"HTTP/2 in clear words", says("HTTP/2 200\r\n\r\n"), "malformed response"},
	{"HTTP/1.0 that wants to stay", says("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok"), "200 ok"},
	{"HTTP/1.2", says("HTTP/1.2 200 OK\r\nContent-Length: 2\r\n\r\nok"), "200 ok, kept"},
	{"SMTP", func(c net.Conn) { io.WriteString(c, "220 mail.example ESMTP\r\n"); linger(c) }, "malformed response"},
	{"a request", says("GET / HTTP/1.1\r\nHost: example.com\r\n\r\n"), "malformed response"},
	{"our own request", func(c net.Conn) { // an echo server
		b := make([]byte, 4<<10)
		n, _ := c.Read(b)
		c.Write(b[:n])
		linger(c)
	}, "malformed response"},

	// Status lines and headers.
	{"no status", says("HTTP/1.1\r\n\r\n"), "malformed response"},
	{"empty status", says("HTTP/1.1  OK\r\n\r\n"), "malformed response"},
	{"status of two digits", says("HTTP/1.1 20 OK\r\n\r\n"), "malformed response"},
	{"status of four digits", says("HTTP/1.1 2000 OK\r\n\r\n"), "malformed response"},
	{"signed status", says("HTTP/1.1 +20 OK\r\n\r\n"), "malformed response"},
	{"negative status", says("HTTP/1.1 -20 OK\r\n\r\n"), "malformed response"},
	{"status zero", says("HTTP/1.1 000 OK\r\n\r\n"), "malformed response"},
	{"status 099", says("HTTP/1.1 099 OK\r\n\r\n"), "malformed response"},
	{"status in other digits", says("HTTP/1.1 \u0662\u0660\u0660 OK\r\n\r\n"), "malformed response"},
	{"no reason", says("HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok"), "200 ok, kept"},
	{"blank before the status line", says(" HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), "malformed response"},
	{"lower case", says("http/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), "malformed response"},
	{"NUL in the status line", says("HTTP/1.1 200 O\x00K\r\nContent-Length: 2\r\n\r\nok"), "malformed response"},
	{"NUL in a header", says("HTTP/1.1 200 OK\r\nX: a\x00b\r\nContent-Length: 2\r\n\r\nok"), "malformed response"},
	{"NUL in a name", says("HTTP/1.1 200 OK\r\nX\x00: a\r\nContent-Length: 2\r\n\r\nok"), "malformed response"},
	{"a bare return in a header", says("HTTP/1.1 200 OK\r\nX: a\rContent-Length: 99\r\nContent-Length: 2\r\n\r\nok"), "malformed response"},
	{"blank before the colon", says("HTTP/1.1 200 OK\r\nContent-Length : 99\r\n\r\nok"), "malformed response"},
	{"blank within a name", says("HTTP/1.1 200 OK\r\nContent Length: 99\r\n\r\nok"), "malformed response"},
	{"blank before a name", says("HTTP/1.1 200 OK\r\n Content-Length: 99\r\n\r\nok"), "malformed response"},
	{"no name", says("HTTP/1.1 200 OK\r\n: 99\r\n\r\nok"), "malformed response"},
	{"no colon", says("HTTP/1.1 200 OK\r\nContent-Length\r\n\r\nok"), "malformed response"},
	{"a name in other letters", says("HTTP/1.1 200 OK\r\nContent-L\u0435ngth: 2\r\n\r\nok"), "malformed response"},
	{"line feeds alone", says("HTTP/1.1 200 OK\nContent-Length: 2\n\nok"), "200 ok, kept"},
}

// endings are those that end their connection, which is another thing with TLS.
var endings = []hostile{
	{"reset at once", func(c net.Conn) { reset(c) }, "connection reset"},
	{"reset before the answer", resets(""), "connection reset"},
	{"reset within the head", resets("HTTP/1.1 200 OK\r\nX:"), "connection reset"},
	{"reset within the body", resets("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"), "connection reset"},
	{"reset within a chunk", resets(chunked + "5\r\nab"), "connection reset"},
	{"reset instead of the end", resets("HTTP/1.1 200 OK\r\n\r\nab"), "connection reset"},
	{"closed before the answer", func(c net.Conn) { readRequest(bufio.NewReader(c)) }, "connection closed"},
	{"closed for writing at once", func(c net.Conn) { c.(*net.TCPConn).CloseWrite(); linger(c) }, "connection closed"},
	{"closed for writing before the answer", halfCloses(""), "connection closed"},
	{"closed for writing within the head", halfCloses("HTTP/1.1 200 OK\r\nX: y"), "incomplete answer"},
	{"closed for writing within the body", halfCloses("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"), "incomplete answer"},
	{"closed for writing after the answer", halfCloses(ok), "200 ok"},
	{"closed for reading, then answered", func(c net.Conn) {
		readRequest(bufio.NewReader(c))
		c.(*net.TCPConn).CloseRead()
		io.WriteString(c, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok")
	}, "200 ok"},
	{"no end after the last chunk", halfCloses(chunked + "2\r\nok\r\n0\r\n"), "incomplete answer"},
	{"half an end after the last chunk", halfCloses(chunked + "2\r\nok\r\n0\r\n\n"), "malformed response"},
	{"a trailer that is none", halfCloses(chunked + "2\r\nok\r\n0\r\ngarbage\r\n\r\n"), "malformed response"},
	{"a bare return in a trailer", halfCloses(chunked + "2\r\nok\r\n0\r\nX: \ry\r\n\r\n"), "malformed response"},
	{"length longer than the body", halfCloses("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok"), "incomplete answer"},
	{"empty length", halfCloses("HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\nok"), "malformed response"},
	{"HTTP/0.9", halfCloses("<html>ok</html>"), "malformed response"},
	{"HTTP/0.9 that looks like a header", halfCloses("Content-Length: 2\r\n\r\nok"), "malformed response"},
	{"HTTP/1.0 without length", halfCloses("HTTP/1.0 200 OK\r\n\r\nok"), "200 ok"},
}

func resets(answer string) func(net.Conn) {
	return func(c net.Conn) {
		readRequest(bufio.NewReader(c))
		io.WriteString(c, answer)
		reset(c)
	}
}

func halfCloses(answer string) func(net.Conn) {
	return func(c net.Conn) {
		readRequest(bufio.NewReader(c))
		io.WriteString(c, answer)
		c.(*net.TCPConn).CloseWrite()
		linger(c)
	}
}

// told writes an outcome as hostiles do.
func told(resp *Response, err error) string {
	switch {
	case err != nil:
		return reason(err)
	case resp.Truncated:
		return fmt.Sprint(resp.Status, " truncated")
	}
	return fmt.Sprint(resp.Status, " ", string(resp.Body))
}

// Whatever the first connection does, the attempt ends soon, has read little, and the next attempt gets
// its own answer.
func TestHostile(t *testing.T) {
	for _, c := range slices.Concat(hostiles, endings) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			base := listen(t, func(n int, conn net.Conn) {
				if n == 1 {
					c.serve(conn)
					return
				}
				respond(conn, []byte(honest))
			})
			client := newClient(t, Config{})
			var read atomic.Int64
			client.connect = func(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
				conn, err := connectTCP(ctx, to)
				if err != nil {
					return nil, err
				}
				return metered{conn.(*net.TCPConn), &read}, nil
			}
			want, kept := strings.CutSuffix(c.want, ", kept")
			if got := told(client.Do(t.Context(), post(t, base, "{}"))); got != want {
				t.Errorf("the attempt = %.200q, want %q", got, want)
			}
			if most := int64(maxHead + 8*defaultMaxBody + maxRest); read.Load() > most {
				t.Errorf("%d bytes were read, want at most %d", read.Load(), most)
			}
			resp := mustDo(t, client, post(t, base, "{}"))
			if string(resp.Body) != "honest" || resp.Reused != kept {
				t.Errorf("the next attempt = %q, Reused = %t, want an honest answer, %t", resp.Body, resp.Reused, kept)
			}
			balanced(t, client.pool, 1)
		})
	}
}

// The same over TLS, where the probe sees nothing of what was decrypted already.
func TestHostileTLS(t *testing.T) {
	server, config := tlsServer(t, "example.com")
	config.Resolver = &answers{lists: [][]string{{"127.0.0.1"}}}
	for _, c := range hostiles {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			base := listenTLS(t, server, func(n int, conn net.Conn) {
				if n == 1 {
					c.serve(conn)
					return
				}
				respond(conn, []byte(honest))
			})
			client := newClient(t, config)
			want, kept := strings.CutSuffix(c.want, ", kept")
			if got := told(client.Do(t.Context(), post(t, base, "{}"))); got != want {
				t.Errorf("the attempt = %.200q, want %q", got, want)
			}
			if resp := mustDo(t, client, post(t, base, "{}")); string(resp.Body) != "honest" || resp.Reused != kept {
				t.Errorf("the next attempt = %q, Reused = %t, want an honest answer, %t", resp.Body, resp.Reused, kept)
			}
		})
	}
}

// drips writes head and then more, a piece a second, for ever.
func drips(head, more string) func(net.Conn) {
	return func(c net.Conn) {
		if _, ok := readRequest(bufio.NewReader(c)); !ok {
			return
		}
		_, err := io.WriteString(c, head)
		for i := 0; err == nil; i = (i + 1) % len(more) {
			time.Sleep(time.Second)
			_, err = io.WriteString(c, more[i:i+1])
		}
	}
}

// An endpoint that takes its time takes as much as the attempt has, to the moment, and no more.
func TestHostileSlowness(t *testing.T) {
	server, config := tlsServer(t, "127.0.0.1")
	hello := recordedHello(t, server)
	for _, c := range []struct {
		name, scheme string
		serve        func(net.Conn)
	}{
		{"never reads", "http", func(c net.Conn) { time.Sleep(time.Hour) }},
		{"never answers", "http", linger},
		{"drips a status line", "http", drips("", "HTTP/1.1 200 "+strings.Repeat("x", 100))},
		{"drips headers", "http", drips("HTTP/1.1 200 OK\r\n", "X: y\r\n")},
		{"drips 1xx", "http", drips("", "HTTP/1.1 100 Continue\r\n\r\n")},
		{"drips a body", "http", drips("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", "x")},
		{"drips a body without length", "http", drips("HTTP/1.1 200 OK\r\n\r\n", "x")},
		{"drips chunks", "http", drips(chunked, "1\r\nx\r\n")},
		{"drips a chunk extension", "http", drips(chunked+"1;", "x")},
		{"drips trailers", "http", drips(chunked+"0\r\n", "X: y\r\n")},
		{"drips gzip", "http", drips("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n", "\x1f\x8b\x08\x00")},
		{"stops before the last chunk's end", "http", says(chunked + "2\r\nok\r\n0\r\n")},
		{"never shakes hands", "https", linger},
		{"drips its handshake", "https", func(c net.Conn) {
			var hi [4 << 10]byte
			c.Read(hi[:])
			for i := range hello {
				time.Sleep(time.Second)
				if _, err := c.Write(hello[i : i+1]); err != nil {
					return
				}
			}
		}},
		{"shakes hands and never answers", "https", func(c net.Conn) { linger(tls.Server(c, server)) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client := piped(t, config, func(_ int, conn net.Conn) { c.serve(conn) })
				r := post(t, c.scheme+"://127.0.0.1/", "{}")
				r.Timeout = 7 * time.Second
				start := time.Now()
				_, err := client.Do(t.Context(), r)
				wantReason(t, err, "timeout")
				if took := time.Since(start); took != r.Timeout {
					t.Errorf("took %v, want %v", took, r.Timeout)
				}
				balanced(t, client.pool, 0)
				time.Sleep(2 * time.Hour) // until the endpoint is gone
			})
		})
	}
}

// A connection whose other end is slow to close holds nobody up.
func TestSlowClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := piped(t, Config{}, func(_ int, c net.Conn) {
			readRequest(bufio.NewReader(c))
			io.WriteString(c, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok")
			time.Sleep(time.Hour)
		})
		start := time.Now()
		for range 3 {
			if resp := mustDo(t, client, post(t, "http://127.0.0.1/", "{}")); resp.Reused {
				t.Error("connection reused that the endpoint wanted to close")
			}
		}
		if took := time.Since(start); took != 0 {
			t.Errorf("took %v, want nothing", took)
		}
		balanced(t, client.pool, 0)
		time.Sleep(2 * time.Hour)
	})
}

// recordedHello is what a server says first in a handshake.
func recordedHello(t *testing.T, server *tls.Config) []byte {
	t.Helper()
	near, far := net.Pipe()
	go func() {
		tls.Server(far, server).Handshake()
		far.Close()
	}()
	seen := &overheard{Conn: near}
	if err := tls.Client(seen, &tls.Config{InsecureSkipVerify: true}).Handshake(); err != nil {
		t.Fatal(err)
	}
	near.Close()
	return seen.bytes
}

type overheard struct {
	net.Conn
	bytes []byte
}

func (o *overheard) Read(b []byte) (int, error) {
	n, err := o.Conn.Read(b)
	o.bytes = append(o.bytes, b[:n]...)
	return n, err
}
