package web

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"bellhop"
)

func TestAccessLog(t *testing.T) {
	mux := http.NewServeMux()
	mux.Handle("GET /v2/users/{id}", Handler(func(w http.ResponseWriter, r *http.Request) error {
		if r.PathValue("id") == "none" {
			return bellhop.Users.NotFound()
		}
		fmt.Fprint(w, "hello")
		return nil
	}))
	outer := http.NewServeMux()
	outer.Handle("/v2/", NewRouter(mux))
	for _, test := range []struct {
		method, path string
		level, want  string
	}{
		{"GET", "/v2/users/ada?token=kumquat", "DEBUG", `method=GET route="GET /v2/users/{id}" status=200 bytes=5 `},
		{"GET", "/v2/users/ada/", "DEBUG", `method=GET route="GET /v2/users/{id}" status=200 bytes=5 `},
		{"GET", "/v2/users/none", "INFO", `method=GET route="GET /v2/users/{id}" status=404 `},
		{"POST", "/v2/users/ada", "INFO", `method=POST route=/v2/ status=405 `},
		{"KUMQUAT", "/kumquat", "INFO", `method=other route=none status=404 `},
	} {
		var log bytes.Buffer
		r := httptest.NewRequest(test.method, test.path, strings.NewReader("kumquat"))
		r.Header.Set("Authorization", "Bearer kumquat")
		w := httptest.NewRecorder()
		Wrap(outer, slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))).ServeHTTP(w, r)
		got := log.String()
		if !strings.Contains(got, "level="+test.level) || !strings.Contains(got, test.want) ||
			!strings.Contains(got, "request="+w.Header().Get("X-Request-Id")) || !strings.Contains(got, "client=192.0.2.1") {
			t.Errorf("%s %s logs %s, want %s with %s", test.method, test.path, got, test.level, test.want)
		}
		if strings.Contains(strings.ToLower(got), "kumquat") {
			t.Errorf("%s %s logs what is secret: %s", test.method, test.path, got)
		}
	}
}

func TestRequestID(t *testing.T) {
	seen := map[string]bool{}
	for range 100 {
		w, _ := answerTo(t, httptest.NewRequest("GET", "/", nil), func(w http.ResponseWriter, r *http.Request) error {
			if id := RequestID(r.Context()); id != w.Header().Get("X-Request-Id") {
				t.Errorf("RequestID = %q, the answer says %q", id, w.Header().Get("X-Request-Id"))
			}
			return nil
		})
		seen[w.Header().Get("X-Request-Id")] = true
	}
	if len(seen) != 100 || seen[""] {
		t.Errorf("100 requests have %d ids", len(seen))
	}
	if id := RequestID(t.Context()); id != "" {
		t.Errorf("RequestID outside of a request = %q", id)
	}
}
