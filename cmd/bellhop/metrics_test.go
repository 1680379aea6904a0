package main

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"bellhop/internal/web"
)

// fetch returns the status and the body of a GET.
func fetch(t *testing.T, url string) (int, string) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// docs/contract/extensions.md section 6.
func TestMetricsOfAServer(t *testing.T) {
	r := startServer(t)
	r.webhook("Counted", "", "")
	if _, err := r.admin.Events.Create(t.Context(), map[string]any{"event": "order.created"}); err != nil {
		t.Fatal(err)
	}
	r.settled()
	status, text := fetch(t, r.url+"/metrics")
	if status != 200 {
		t.Fatalf("/metrics = %d", status)
	}
	for _, want := range []string{
		`bellhop_attempts_total\{outcome="delivered"\} [1-9]`,
		`bellhop_events_accepted_total [1-9]`,
		`bellhop_deliveries_made_total [1-9]`,
		`bellhop_delivery_first_byte_seconds_count [1-9]`,
		`bellhop_deliveries_pending 0`,
		`bellhop_lanes [1-9]`,
		`bellhop_store_commit_seconds_count [1-9]`,
		`bellhop_store_bytes [1-9]`,
		`bellhop_http_requests_total\{route="POST /v2/events",status="202"\} 1`,
		`go_goroutines [1-9]`,
		`go_build_info\{`,
	} {
		if !regexp.MustCompile(`(?m)^` + want).MatchString(text) {
			t.Errorf("the metrics lack %s", want)
		}
	}
	// Nothing that a client has chosen, and no id, is in a label.
	for label := range strings.SplitSeq(text, "\n") {
		if !strings.HasPrefix(label, "#") && (strings.Contains(label, "order.created") || regexp.MustCompile(`[0-9a-f]{24}`).MatchString(label)) {
			t.Errorf("the metrics have %s", label)
		}
	}
}

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

func TestMetricsListener(t *testing.T) {
	d := startDev(t, filepath.Join(t.TempDir(), "d"), "--metrics-listen", "127.0.0.1:0")
	main := d.out.find(t, `Pages +(http\S+)/`)
	own := d.err.find(t, `url=(http\S+)/metrics`)
	if status, text := fetch(t, own+"/metrics"); status != 200 || !strings.Contains(text, "bellhop_lanes ") {
		t.Errorf("/metrics of its own listener = %d", status)
	}
	if status, _ := fetch(t, own+"/v2/services"); status != 404 {
		t.Errorf("/v2/services there = %d, want 404", status)
	}
	if status, text := fetch(t, main+"/metrics"); strings.Contains(text, "bellhop_lanes ") {
		t.Errorf("/metrics = %d with the metrics, want none beside the own listener", status)
	}
}
