package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// A request that has begun is answered, although the server ends meanwhile, and its context
// does not end.
func TestServeDrains(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	listener := listen(t)
	entered, leave := make(chan struct{}), make(chan struct{})
	served := make(chan error, 1)
	go func() {
		served <- Serve(ctx, listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			close(entered)
			<-leave
			fmt.Fprint(w, r.Context().Err())
		}), slog.New(slog.DiscardHandler))
	}()
	answered := make(chan string, 1)
	go func() {
		resp, err := http.Get("http://" + listener.Addr().String())
		if err != nil {
			answered <- err.Error()
			return
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		answered <- string(body)
	}()
	<-entered
	stop()
	select {
	case err := <-served:
		t.Fatalf("Serve = %v while a request is under way", err)
	default:
	}
	close(leave)
	if got := <-answered; got != "<nil>" {
		t.Errorf("the request that was under way got %q", got)
	}
	if err := <-served; err != nil {
		t.Errorf("Serve = %v, want nil", err)
	}
	if _, err := listener.Accept(); !errors.Is(err, net.ErrClosed) { // somebody else may have its port by now
		t.Errorf("the listener gives %v, want that it is closed", err)
	}
}

func TestServeCutsOff(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	listener := listen(t)
	var log bytes.Buffer
	entered, ended := make(chan struct{}), make(chan struct{})
	go func() {
		<-entered
		stop()
	}()
	go func() {
		if resp, err := http.Get("http://" + listener.Addr().String()); err == nil {
			resp.Body.Close()
		}
	}()
	err := serve(ctx, listener, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(entered)
		<-r.Context().Done()
		close(ended)
	}), slog.New(slog.NewTextHandler(&log, nil)), time.Millisecond)
	<-ended
	if err != nil || !strings.Contains(log.String(), "cut off") {
		t.Errorf("serve = %v, log %q", err, log.String())
	}
}

func TestServeFails(t *testing.T) {
	listener := listen(t)
	listener.Close()
	err := Serve(t.Context(), listener, http.NotFoundHandler(), slog.New(slog.DiscardHandler))
	if !errors.Is(err, net.ErrClosed) {
		t.Errorf("Serve on a closed listener = %v", err)
	}
}

// An answer to a request that net/http itself refuses is no business of ours, but a target
// that is no path must not harm.
func TestOddTargets(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	listener := listen(t)
	served := make(chan error, 1)
	go func() { served <- Serve(ctx, listener, NewRouter(http.NewServeMux()), slog.New(slog.DiscardHandler)) }()
	for _, target := range []string{"*", "http://example.com", "/%zz", "//", "/?x", "?x", "/\x7f"} {
		conn, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n", target)
		answer, err := io.ReadAll(conn)
		if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 40") {
			t.Errorf("GET %q = %.40q, %v, want 400 or 404", target, answer, err)
		}
		conn.Close()
	}
	stop()
	if err := <-served; err != nil {
		t.Errorf("Serve = %v", err)
	}
}
