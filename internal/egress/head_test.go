package egress

import (
	"bufio"
	"bytes"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"testing"
	"time"
)

// spoken is a connection on which an endpoint has said all it has to say.
type spoken struct {
	net.Conn
	io.Reader
}

func (s spoken) Read(b []byte) (int, error)    { return s.Reader.Read(b) }
func (spoken) Write(b []byte) (int, error)     { return len(b), nil }
func (spoken) SetReadDeadline(time.Time) error { return nil }

// hear reads an answer as an attempt does.
func hear(c *conn, most int64) (*Response, error) {
	a := attempt{request: &Request{Method: "POST", MaxBody: most}, deadline: time.Now().Add(time.Minute)}
	if err := c.awaitAnswer(); err != nil {
		return nil, err
	}
	return a.readAnswer(c)
}

// Whatever an endpoint sends, reading it ends, what is kept is bounded, and what is accepted means what
// net/http takes it for. That accepts more.
func FuzzAnswer(f *testing.F) {
	for _, s := range []string{
		ok, ok + ok, chunked + "2\r\nok\r\n0\r\n\r\n", chunked + "1;a=b\r\nx\r\n0\r\nX: y\r\n\r\n" + ok, "HTTP/1.0 200 OK\r\n\r\nok",
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", "HTTP/1.1 101 Switching\r\n\r\nx",
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\nx-a: b\r\nX-A:\tc \r\n\r\nokay",
		"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", "HTTP/1.1 999\nA:b\nConnection: x, Close\n\nuntil the end",
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: Chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
		"HTTP/1.1 200 \nTransfer-Encoding:Chunked\n\n0\r\n\n\r\n", "HTTP/1.1 200 OK\r\nX: y\r\n z\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok", "HTTP/2.0 200 OK\r\n\r\n", "SSH-2.0-x\r\n", "HTTP/1.1 +20 OK\r\n\r\n",
		answered("Content-Encoding: gzip", packed(f, "gzip", "hello")), answered("Content-Encoding: deflate", packed(f, "raw", "hello")),
	} {
		f.Add([]byte(s), uint16(100))
		f.Add([]byte(s), uint16(1))
	}
	f.Fuzz(func(t *testing.T, answer []byte, limit uint16) {
		most := int64(limit) + 1
		c := newConn(spoken{nil, bytes.NewReader(answer)}, time.Time{})
		got, err := hear(c, most)
		if err != nil {
			if known := reason(err); !slices.Contains([]string{
				"malformed response", "incomplete answer", "connection closed", "too many header bytes", "too many bytes around the body",
			}, known) {
				t.Fatalf("reading %q: %q (%v)", answer, known, err)
			}
			return
		}
		if int64(len(got.Body)) > most || got.Header == nil || got.Status < 100 || got.Status > 999 {
			t.Fatalf("reading %q = %d, %d bytes, %v", answer, got.Status, len(got.Body), got.Header)
		}
		want, body, rest, err := byNetHTTP(answer)
		if want == nil || err != nil && !got.Truncated {
			t.Fatalf("reading %q = %d %q, but net/http refuses it: %v", answer, got.Status, got.Body, err)
		}
		if got.Status != want.StatusCode || !sameHeader(got.Header, want.Header) {
			t.Fatalf("reading %q = %d %v, net/http says %d %v", answer, got.Status, got.Header, want.StatusCode, want.Header)
		}
		if !got.Truncated && got.Header["Content-Encoding"] == nil && !bytes.Equal(got.Body, body) ||
			got.Truncated && got.Header["Content-Encoding"] == nil && !bytes.HasPrefix(body, got.Body) {
			t.Fatalf("reading %q = %q, net/http says %q", answer, got.Body, body)
		}
		if !c.spent && (rest > 0 || want.Close) {
			t.Fatalf("reading %q leaves a connection to be used again with %d bytes on it, close: %t", answer, rest, want.Close)
		}
	})
}

// byNetHTTP also returns how many bytes follow the answer.
func byNetHTTP(answer []byte) (resp *http.Response, body []byte, rest int, err error) {
	r := bufio.NewReaderSize(bytes.NewReader(answer), 1<<20)
	for {
		if resp, err = http.ReadResponse(r, nil); err != nil {
			return nil, nil, 0, err
		}
		if resp.StatusCode >= 200 || resp.StatusCode == http.StatusSwitchingProtocols {
			break
		}
	}
	body, err = io.ReadAll(resp.Body)
	more, _ := io.ReadAll(r)
	return resp, body, len(more), err
}

// sameHeader compares what both keep: net/http takes out what frames the body.
func sameHeader(a, b http.Header) bool {
	a = maps.Clone(a)
	b = maps.Clone(b)
	for _, name := range []string{"Content-Length", "Transfer-Encoding", "Trailer", "Cache-Control", "Connection"} {
		delete(a, name)
		delete(b, name)
	}
	return maps.EqualFunc(a, b, slices.Equal[[]string])
}
