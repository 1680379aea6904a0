package chipchat

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
)

// serve runs the bot's own server; stop ends it and waits.
func serve(t *testing.T, b *Bot) (base string, stop func() error) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	ended := make(chan error, 1)
	go func() { ended <- b.Serve(ctx, listener) }()
	return "http://" + listener.Addr().String(), func() error {
		cancel()
		return <-ended
	}
}

func do(t *testing.T, method, target, body string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(answer)
}

func TestServe(t *testing.T) {
	b := newBot(t, answers(500), func(o *Options) { o.Webhook = "hook" })
	ready := make(chan struct{})
	b.OnEvent("ready", func(context.Context, *Event) error {
		close(ready)
		return nil
	})
	begun, finish := make(chan struct{}), make(chan struct{})
	b.On("message", func(ctx context.Context, m *Message, _ *Conversation) error {
		close(begun)
		<-finish
		return ctx.Err()
	})
	base, stop := serve(t, b)
	<-ready
	cases := []struct {
		method, path string
		status       int
		body         string
	}{
		{"GET", "/hook?type=subscribe&challenge=abc", 200, "abc"},
		{"GET", "/hook/?type=subscribe&challenge=abc", 200, "abc"},
		{"GET", "/hook", 403, `{"error":"Invalid GET request"}`},
		{"GET", "/hook/ping", 200, ""},
		{"GET", "/hook/ping/", 200, ""},
		{"GET", "/", 404, `{"error":"Not found"}`},
		{"OPTIONS", "/hook", 204, ""},
		{"POST", "/hook", 400, `{"error":"Invalid JSON"}`},
	}
	for _, c := range cases {
		res, body := do(t, c.method, base+c.path, "")
		if res.StatusCode != c.status || c.body != "" && strings.TrimSpace(body) != c.body {
			t.Errorf("%s %s = %d %s, want %d %s", c.method, c.path, res.StatusCode, body, c.status, c.body)
		}
		if res.Header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s %s is not open to other origins", c.method, c.path)
		}
	}

	// A delivery that is being handled when the server stops is answered.
	answered := make(chan int, 1)
	body := string(delivery(t, chat, nil, nil))
	go func() {
		res, err := http.Post(base+"/hook", "application/json", strings.NewReader(body))
		if err != nil {
			answered <- 0
			return
		}
		res.Body.Close()
		answered <- res.StatusCode
	}()
	<-begun
	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	close(finish)
	if status := <-answered; status != 200 {
		t.Errorf("delivery = %d, want 200", status)
	}
	if err := <-stopped; err != nil {
		t.Errorf("Serve = %v, want nil", err)
	}
}

func TestStartOnTakenAddress(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	b := newBot(t, answers(500), func(o *Options) { o.Address = listener.Addr().String() })
	if err := b.Start(t.Context(), ""); err == nil {
		t.Error("Start on a taken address = nil, want an error")
	}
}

func TestStartEndsWithContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	b := newBot(t, answers(500), nil)
	b.OnEvent("ready", func(context.Context, *Event) error {
		cancel()
		return nil
	})
	if err := b.Start(ctx, "127.0.0.1:0"); err != nil {
		t.Errorf("Start = %v, want nil", err)
	}
}

func TestServeReportsBrokenListener(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	if err := newBot(t, answers(500), nil).Serve(t.Context(), listener); err == nil {
		t.Error("Serve on a closed listener = nil, want an error")
	}
}

// Who starts a bot sees where it listens.
func TestServeTells(t *testing.T) {
	var log bytes.Buffer
	b := newBot(t, answers(500), func(o *Options) { o.Webhook, o.Logger = "hook", slog.New(slog.NewTextHandler(&log, nil)) })
	base, stop := serve(t, b)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if want := "address=" + strings.TrimPrefix(base, "http://") + " webhook=/hook"; !strings.Contains(log.String(), want) {
		t.Errorf("the log is %q, want %q in it", &log, want)
	}
}
