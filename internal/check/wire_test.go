package check

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// pipes is a listener whose connections are in memory, so that what is written at once is read at once.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	conn, ok := <-p
	if !ok {
		return nil, net.ErrClosed
	}
	return conn, nil
}

// Close is called once: the server sees to it.
func (p pipes) Close() error   { close(p); return nil }
func (p pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

// wired runs a check in a bubble against a server over pipes.
func wired(t *testing.T, server *http.Server, check func(context.Context, *receiver) finding) (f finding) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		listener := make(pipes)
		ended := make(chan error)
		go func() { ended <- server.Serve(listener) }()
		r, err := newReceiver(Config{URL: "http://ada:horse@bot.invalid/hook", Secret: testSecret})
		if err != nil {
			t.Fatal(err)
		}
		r.connect = func(context.Context) (net.Conn, error) {
			ours, theirs := net.Pipe()
			listener <- theirs
			return ours, nil
		}
		f = check(t.Context(), r)
		_ = server.Close()
		<-ended
	})
	return f
}

func TestConnections(t *testing.T) {
	t.Parallel()
	good := func() http.Handler { return &bot{user: "ada", password: "horse", seen: map[string]bool{}} }
	hijacked := func(then func(net.Conn)) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				panic(err)
			}
			then(conn)
		})
	}
	answerAndClose := func(text string) http.Handler {
		return hijacked(func(conn net.Conn) {
			_, _ = io.WriteString(conn, text)
			_ = conn.Close()
		})
	}
	// dead answers once on a connection, and then reads on without a word, until the other end closes.
	dead := hijacked(func(conn net.Conn) {
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		_, _ = io.Copy(io.Discard, conn)
		_ = conn.Close()
	})
	// decodes joins the pieces of a body as texts, as what was written for whole characters does.
	decodes := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var text strings.Builder
		piece := make([]byte, 4096)
		for {
			n, err := r.Body.Read(piece)
			text.WriteString(strings.ToValidUTF8(string(piece[:n]), "\ufffd"))
			if err != nil {
				break
			}
		}
		r.Body = io.NopCloser(strings.NewReader(text.String()))
		good().ServeHTTP(w, r)
	})
	hurried := &http.Server{Handler: good()}
	hurried.SetKeepAlivesEnabled(false)

	for _, test := range []struct {
		name   string
		server *http.Server
		check  func(context.Context, *receiver) finding
		want   Result
	}{
		{"sent slowly to a good one", &http.Server{Handler: good()}, checkSlowSending, Passed},
		{"sent slowly to one that decodes pieces", &http.Server{Handler: decodes}, checkSlowSending, Failed},
		{"sent slowly to one that hurries", &http.Server{Handler: good(), ReadTimeout: 2 * between}, checkSlowSending, Failed},
		{"read slowly from a good one", &http.Server{Handler: good()}, checkSlowReading, Passed},
		{"read slowly from one that cuts", &http.Server{Handler: answerAndClose("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf")}, checkSlowReading, Failed},
		{"again to a good one", &http.Server{Handler: good()}, checkKeepAlive, Passed},
		{"again to one that closes and says so", hurried, checkKeepAlive, Warning},
		{"again to one that closes", &http.Server{Handler: answerAndClose("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")}, checkKeepAlive, Failed},
		{"later to a good one", &http.Server{Handler: good()}, checkIdle, Passed},
		{"later to one that has closed", &http.Server{Handler: good(), IdleTimeout: time.Second}, checkIdle, Warning},
		{"later to one that is dead", &http.Server{Handler: dead}, checkIdle, Failed},
	} {
		t.Run(test.name, func(t *testing.T) {
			if f := wired(t, test.server, test.check); f.result != test.want {
				t.Errorf("%s: %s, want %s", f.result, f.seen, test.want)
			}
		})
	}
}

func TestPiecesAreCutWithinCharacters(t *testing.T) {
	t.Parallel()
	body := []byte("aébc漢👍d")
	got := pieces(body, 10)
	want := []string{"a\xc3", "\xa9bc\xe6", "\xbc\xa2\xf0", "\x9f\x91\x8dd"}
	if len(got) != len(want) || !bytes.Equal(bytes.Join(got, nil), body) {
		t.Fatalf("pieces %q, want %q", got, want)
	}
	for i := range want {
		if string(got[i]) != want[i] {
			t.Errorf("piece %d is %q, want %q", i, got[i], want[i])
		}
	}
	if n := len(pieces(body, 2)); n != 3 {
		t.Errorf("%d pieces, want 3", n)
	}
}
