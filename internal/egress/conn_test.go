package egress

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"
)

// writes counts what reaches the socket.
type writes struct {
	net.Conn
	mu    sync.Mutex
	sizes []int
}

func (w *writes) Write(b []byte) (int, error) {
	w.mu.Lock()
	w.sizes = append(w.sizes, len(b))
	w.mu.Unlock()
	return w.Conn.Write(b)
}

func (w *writes) reset() []int {
	w.mu.Lock()
	defer w.mu.Unlock()
	sizes := w.sizes
	w.sizes = nil
	return sizes
}

// counting makes client's connections count; the last one is in the result.
func counting(client *Client) *writes {
	w := &writes{}
	client.connect = func(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
		c, err := connectTCP(ctx, to)
		w.Conn = c
		return w, err
	}
	return w
}

// largeBody is 102400 bytes of characters of two to four bytes.
func largeBody() string {
	return `{"text":"` + strings.Repeat("é€👍", 102400/9-1) + strings.Repeat("x", 102400-11-9*(102400/9-1)) + `"}`
}

// Contract: delivery.md 2: Content-Length
// Contract: README.md Ten constraints whose violation breaks real clients: A webhook body stays below
func TestOneWrite(t *testing.T) {
	bodies := make(chan string, 1)
	base := listen(t, func(_ int, c net.Conn) {
		r := bufio.NewReader(c)
		for {
			e, more := readRequest(r)
			if !more {
				return
			}
			bodies <- e.body
			io.WriteString(c, ok)
		}
	})
	client := newClient(t, Config{})
	w := counting(client)
	for _, body := range []string{"{}", largeBody(), strings.Repeat("x", 300<<10), ""} {
		mustDo(t, client, post(t, base, body))
		if got := <-bodies; got != body {
			t.Errorf("received %d bytes that differ from the %d sent", len(got), len(body))
		}
		if sizes := w.reset(); len(sizes) != 1 || sizes[0] <= len(body) {
			t.Errorf("writes for a body of %d bytes = %v, want one that is larger", len(body), sizes)
		}
	}
}

// A receiver that reads when everything is there gets everything in one chunk, as it can't when head
// and body come apart.
func TestOneChunk(t *testing.T) {
	const size = 16 << 10 // loopback takes this in one segment, whatever its window
	type chunk struct{ n int }
	chunks := make(chan chunk, 1)
	base := listen(t, func(_ int, c net.Conn) {
		b := make([]byte, 2*size)
		n, _ := c.Read(b)
		chunks <- chunk{n}
		io.WriteString(c, ok)
	})
	mustDo(t, newClient(t, Config{}), post(t, base, strings.Repeat("é", size/2)))
	if got := <-chunks; got.n <= size {
		t.Errorf("first read = %d bytes, want head and body, more than %d", got.n, size)
	}
}

// Node hands each record to the parser by itself; no character may lie across two.
func TestRecordsEndWithCharacters(t *testing.T) {
	server, config := tlsServer(t, "example.com")
	chunks := make(chan []string, 1)
	body := largeBody()
	base := listen(t, func(_ int, raw net.Conn) {
		c := tls.Server(raw, server)
		for {
			var got []string
			total := ""
			for !strings.HasSuffix(total, `"}`) {
				b := make([]byte, 64<<10)
				n, err := c.Read(b) // one record at most
				if err != nil {
					return
				}
				got = append(got, string(b[:n]))
				total += string(b[:n])
			}
			io.WriteString(c, ok)
			chunks <- got
		}
	})
	config.Resolver = &answers{lists: [][]string{{"127.0.0.1"}}}
	client := newClient(t, config)
	w := counting(client)
	u := strings.NewReplacer("http:", "https:", "127.0.0.1", "example.com").Replace(base)
	mustDo(t, client, post(t, u, `{"a":"b"}`)) // the handshake
	<-chunks
	w.reset()
	resp := mustDo(t, client, post(t, u, body))
	if sizes := w.reset(); len(sizes) != 1 || !resp.Reused {
		t.Errorf("writes = %v, reused = %t, want one on the same connection", sizes, resp.Reused)
	}
	got := <-chunks
	if len(got) < 7 {
		t.Errorf("%d records, want at least 7", len(got))
	}
	for i, c := range got {
		if !utf8.ValidString(c) {
			t.Errorf("record %d of %d bytes cuts a character", i, len(c))
		}
	}
	if _, got, _ := strings.Cut(strings.Join(got, ""), "\r\n\r\n"); got != body {
		t.Errorf("received %d bytes that differ from the %d sent", len(got), len(body))
	}
}

func TestRecordLen(t *testing.T) {
	for _, c := range []struct {
		b    string
		want int
	}{
		{"", 0},
		{strings.Repeat("x", maxRecord), maxRecord},
		{strings.Repeat("x", maxRecord+1), maxRecord},
		{strings.Repeat("x", maxRecord-1) + "é", maxRecord - 1},
		{strings.Repeat("x", maxRecord-3) + "👍", maxRecord - 3},
		{strings.Repeat("x", maxRecord-2) + "é€", maxRecord},
		{strings.Repeat("\x80", maxRecord+9), maxRecord},
	} {
		if got := recordLen([]byte(c.b)); got != c.want {
			t.Errorf("recordLen of %d bytes = %d, want %d", len(c.b), got, c.want)
		}
	}
}
