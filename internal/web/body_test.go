package web

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"bellhop"
)

// echo answers with the length of a body and its last byte.
func echo(w http.ResponseWriter, r *http.Request) error {
	body, err := ReadBody(r)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%d %s", len(body), body[max(0, len(body)-1):])
	return nil
}

func TestReadBody(t *testing.T) {
	server := httptest.NewServer(Wrap(Handler(echo), slog.New(slog.DiscardHandler)))
	defer server.Close()
	const tooLarge = `{"error":{"message":"Request entity too large","status":413,"name":"TooLargeError"}}`
	for _, test := range []struct {
		size   int
		status int
		want   string
	}{
		{0, 200, "0 "},
		{1, 200, "1 z"},
		{firstRead, 200, "4096 z"},
		{mostAhead + 1, 200, "131073 z"},
		{MaxBody, 200, "1048576 z"},
		{MaxBody + 1, 413, tooLarge},
		{2 * MaxBody, 413, tooLarge},
	} {
		for _, chunked := range []bool{false, true} {
			text := strings.Repeat("a", max(0, test.size-1)) + strings.Repeat("z", min(1, test.size))
			var body io.Reader = strings.NewReader(text)
			if chunked {
				body = io.MultiReader(body) // hides how long it is
			}
			resp, err := server.Client().Post(server.URL, "application/json", body)
			if err != nil {
				t.Fatalf("%d bytes, chunked %v: %v", test.size, chunked, err)
			}
			got, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if err != nil || resp.StatusCode != test.status || string(got) != test.want {
				t.Errorf("%d bytes, chunked %v: %d %s (%v), want %d %s", test.size, chunked, resp.StatusCode, got, err, test.status, test.want)
			}
		}
	}
}

func TestReadBodyFails(t *testing.T) {
	r := httptest.NewRequest("POST", "/", io.MultiReader(strings.NewReader("{"), brokenReader{}))
	_, err := ReadBody(r)
	if e, ok := errors.AsType[*bellhop.Error](err); !ok || e.Code != bellhop.Invalid {
		t.Errorf("a body that ends early: %v, want an Invalid error", err)
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// Buffers go from request to request: none may see what is another's.
func TestBuffersAreOneRequests(t *testing.T) {
	handler := Wrap(Handler(func(w http.ResponseWriter, r *http.Request) error {
		body, err := ReadBody(r)
		if err != nil {
			return err
		}
		before := bytes.Clone(body)
		again, err := ReadBody(r)
		if err != nil || len(again) > 0 {
			t.Errorf("a second ReadBody = %q, %v, want nothing", again, err)
		}
		fmt.Fprintf(w, "%t %s", bytes.Equal(before, body), body)
		return nil
	}), slog.New(slog.DiscardHandler))
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 200 {
				text := strings.Repeat(fmt.Sprintf("%d-%d ", i, j), 1+j*10)
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, httptest.NewRequest("POST", "/", strings.NewReader(text)))
				if w.Body.String() != "true "+text {
					t.Errorf("the body of a request was not its own")
				}
			}
		})
	}
	wg.Wait()
}

func BenchmarkReadBody(b *testing.B) {
	handler := Wrap(Handler(func(_ http.ResponseWriter, r *http.Request) error {
		_, err := ReadBody(r)
		return err
	}), slog.New(slog.DiscardHandler))
	text := strings.Repeat("a", 1000)
	b.ReportAllocs()
	for b.Loop() {
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/v2/events", strings.NewReader(text)))
	}
}

// Who sends more than is taken, and wants the connection to be closed, still reads why; also if he has asked whether to
// send it, and does so before he has an answer, or gets the wrong one, since nobody knew yet that it is too much.
func TestTooLargeIsSaid(t *testing.T) {
	server := httptest.NewServer(Wrap(Handler(echo), slog.New(slog.DiscardHandler)))
	defer server.Close()
	for range 15 {
		for _, c := range []struct {
			length int64
			expect string
		}{{4 << 20, ""}, {-1, ""}, {4 << 20, "100-continue"}, {-1, "100-continue"}} {
			r, err := http.NewRequestWithContext(t.Context(), "POST", server.URL, bytes.NewReader(make([]byte, 4<<20)))
			if err != nil {
				t.Fatal(err)
			}
			r.ContentLength, r.Close = c.length, true
			if c.expect != "" {
				r.Header.Set("Expect", c.expect)
			}
			resp, err := server.Client().Do(r)
			if err != nil {
				t.Fatalf("%+v: %v", c, err)
			}
			resp.Body.Close()
			if resp.StatusCode != http.StatusRequestEntityTooLarge {
				t.Errorf("%+v: %d, want 413", c, resp.StatusCode)
			}
		}
	}
}

// Who says that he will send too much hears so before he has sent any of it.
func TestTooLargeIsSaidAtOnce(t *testing.T) {
	server := httptest.NewServer(Wrap(Handler(echo), slog.New(slog.DiscardHandler)))
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("%d, want 413", resp.StatusCode)
	}
}
