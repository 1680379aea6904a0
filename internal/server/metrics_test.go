package server

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"bellhop/internal/web"
)

// Contract: extensions.md 6: GET /healthz
func TestMetricsAreLocal(t *testing.T) {
	handler := onlyLocal(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "metrics") }))
	for _, test := range []struct {
		from, header string
		want         int
	}{
		{"127.0.0.1:4000", "", 200},
		{"[::1]:4000", "", 200},
		{"[::ffff:127.0.0.1]:4000", "", 200},
		{"192.0.2.1:4000", "", 404},
		{"@", "", 404},
		{"127.0.0.1:4000", "X-Forwarded-For", 404},
		{"127.0.0.1:4000", "Forwarded", 404},
	} {
		r := httptest.NewRequest("GET", "/metrics", nil)
		r.RemoteAddr = test.from
		if test.header != "" {
			r.Header.Set(test.header, "192.0.2.1")
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != test.want {
			t.Errorf("from %s, %s: %d, want %d", test.from, test.header, w.Code, test.want)
		}
	}
}

// Whoever says that he is this machine is not, although a proxy that is trusted passes it on.
func TestMetricsAreNotForTrustedProxies(t *testing.T) {
	local := onlyLocal(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "metrics") }))
	handler := web.Wrap(local, slog.New(slog.DiscardHandler), netip.MustParsePrefix("0.0.0.0/0"))
	for _, peer := range []string{"127.0.0.1:4000", "192.0.2.1:4000"} {
		r := httptest.NewRequest("GET", "/metrics", nil)
		r.RemoteAddr = peer
		r.Header.Set("X-Forwarded-For", "127.0.0.1")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != http.StatusNotFound {
			t.Errorf("from %s for 127.0.0.1: %d, want 404", peer, w.Code)
		}
	}
}
