package main

import (
	"io"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
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
