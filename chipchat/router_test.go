package chipchat

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func ask(h http.Handler, method, target, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header.Set("X-Hub-Signature", Sign(testSecret, []byte(body)))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestRouter(t *testing.T) {
	good := string(delivery(t, chat, nil, nil))
	b := newBot(t, answers(500), func(o *Options) { o.Secret, o.Webhook = testSecret, "hook" })
	for _, c := range []struct {
		o                    RouterOptions
		method, target, body string
		status               int
	}{
		{RouterOptions{}, "GET", "/hook?type=subscribe&challenge=x", "", 200},
		{RouterOptions{}, "GET", "/hook?challenge=x", "", 403},
		{RouterOptions{}, "GET", "/hook/ping", "", 200},
		{RouterOptions{}, "POST", "/hook", good, 200},
		{RouterOptions{}, "POST", "/", good, 404},
		{RouterOptions{}, "POST", "/hook/", good, 200},
		{RouterOptions{}, "GET", "/hook/pong", "", 404},
		{RouterOptions{Prefix: "a/b"}, "POST", "/a/b", good, 200},
		{RouterOptions{Prefix: "/"}, "GET", "/ping", "", 200},
		{RouterOptions{Prefix: "/", AtOnce: true}, "POST", "/", good, 200},
		{RouterOptions{Prefix: "/", AtOnce: true}, "POST", "/", "{", 400},
		{RouterOptions{Prefix: "/", CORS: true}, "OPTIONS", "/", "", 204},
	} {
		w := ask(b.Router(c.o), c.method, c.target, c.body)
		if w.Code != c.status {
			t.Errorf("%+v: %s %s = %d %s, want %d", c.o, c.method, c.target, w.Code, w.Body, c.status)
		}
		if got := w.Header().Get("Access-Control-Allow-Origin"); (got == "*") != c.o.CORS {
			t.Errorf("%+v: allowed origin %q", c.o, got)
		}
	}
}

func TestHTTPMiddleware(t *testing.T) {
	good := string(delivery(t, chat, nil, nil))
	b := newBot(t, answers(500), func(o *Options) { o.Secret = testSecret })
	for _, c := range []struct {
		method, target, body string
		status               int
		want                 string
	}{
		{"GET", "/any?challenge=a%3Cb", "", 200, "a<b"},
		{"GET", "/_status", "", 200, ""},
		{"POST", "/_status", "", 200, `{"status":"ok"}`},
		{"HEAD", "/_status", "", 200, `{"status":"ok"}`}, // a server sends no body
		{"POST", "/any/path", good, 200, `{"status":"ok"}`},
		{"POST", "/", `{"event":"x"}`, 400, `{"error":"unknown event: x","status":"not ok"}`},
		{"PUT", "/", ``, 400, `{"error":"Invalid JSON","status":"not ok"}`},
	} {
		w := ask(b.HTTPMiddleware(), c.method, c.target, c.body)
		if got := strings.TrimSpace(w.Body.String()); w.Code != c.status || got != c.want {
			t.Errorf("%s %s = %d %s, want %d %s", c.method, c.target, w.Code, got, c.status, c.want)
		}
		if c.method == "GET" && !strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain") {
			t.Errorf("%s %s answers %s", c.method, c.target, w.Header().Get("Content-Type"))
		}
	}
	r := httptest.NewRequest("POST", "/", strings.NewReader(good))
	w := httptest.NewRecorder()
	b.HTTPMiddleware().ServeHTTP(w, r)
	if w.Code != 401 {
		t.Errorf("unsigned = %d %s, want 401", w.Code, w.Body)
	}
}

func TestAnsweringAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, at := range []func(*Bot) http.Handler{
			func(b *Bot) http.Handler { return b.Router(RouterOptions{AtOnce: true}) },
			func(b *Bot) http.Handler { return b.HTTPMiddleware() },
			func(b *Bot) http.Handler {
				return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
					if err := b.IngestDetached(r.Context(), delivery(t, chat, nil, nil), nil); err != nil {
						t.Error(err)
					}
				})
			},
		} {
			b := newBot(t, answers(500), nil)
			ended := false
			b.On("message", func(ctx context.Context, _ *Message, _ *Conversation) error {
				time.Sleep(time.Minute)
				ended = true
				return ctx.Err()
			})
			begun := time.Now()
			if w := ask(at(b), "POST", "/", string(delivery(t, chat, nil, nil))); w.Code != 200 || time.Since(begun) != 0 {
				t.Errorf("answer %d after %v", w.Code, time.Since(begun))
			}
			if err := b.Drain(t.Context()); err != nil || !ended {
				t.Errorf("Drain = %v, handlers ended: %t", err, ended)
			}
		}
	})
}

// Whoever puts up a webhook that believes everybody is told so, whichever it is.
func TestHandlersWarnOfAMissingSecret(t *testing.T) {
	for _, secret := range []string{"", testSecret} {
		var log strings.Builder
		b := newBot(t, answers(500), func(o *Options) {
			o.Secret, o.Logger = secret, slog.New(slog.NewTextHandler(&log, nil))
		})
		for name, put := range map[string]func(){
			"Handler":        func() { b.Handler() },
			"Router":         func() { b.Router(RouterOptions{}) },
			"HTTPMiddleware": func() { b.HTTPMiddleware() },
		} {
			log.Reset()
			put()
			if warned := strings.Contains(log.String(), "no webhook secret"); warned != (secret == "") {
				t.Errorf("%s with secret %q logs %q", name, secret, log.String())
			}
		}
	}
}
