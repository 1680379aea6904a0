package web

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"bellhop"
)

// An outage of minutes, in which many ask, is a few lines; what needs no store does not end it.
func TestOutageIsFewLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		away := true
		mux := http.NewServeMux()
		mux.Handle("GET /v2/users/{id}", Handler(func(w http.ResponseWriter, r *http.Request) error {
			if away {
				return &bellhop.Error{Code: bellhop.Unavailable, Message: "The store cannot be reached now", Err: errors.New("disk kumquat")}
			}
			fmt.Fprint(w, "hello")
			return nil
		}))
		mux.Handle("GET /readyz", Handler(func(_ http.ResponseWriter, r *http.Request) error {
			Quiet(r)
			return bellhop.Errorf(bellhop.Unavailable, "Not ready")
		}))
		mux.HandleFunc("GET /healthz", func(http.ResponseWriter, *http.Request) {})
		var log bytes.Buffer
		handler := Wrap(mux, slog.New(slog.NewTextHandler(&log, nil)))
		ask := func(path string, status int) {
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
			if w.Code != status {
				t.Errorf("GET %s = %d, want %d", path, w.Code, status)
			}
		}
		lines := func() []string {
			defer log.Reset()
			return strings.Split(strings.TrimSuffix(log.String(), "\n"), "\n")
		}
		for range 5 * 60 {
			for range 10 {
				ask("/v2/users/ada", 503)
			}
			ask("/readyz", 503)
			time.Sleep(time.Second)
			ask("/healthz", 200)
		}
		got := lines()
		if len(got) != 5 || !strings.Contains(got[0], `level=WARN msg="request failed" request=`) ||
			!strings.Contains(got[0], `route="GET /v2/users/{id}" status=503 err="The store cannot be reached now: disk kumquat"`) ||
			!strings.HasSuffix(got[1], "failed=600") {
			t.Errorf("five minutes are these lines:\n%s", strings.Join(got, "\n"))
		}
		away = false
		time.Sleep(time.Minute)
		ask("/healthz", 200)
		ask("/v2/users/ada", 200)
		if got := lines(); len(got) != 1 || !strings.Contains(got[0], `msg="trouble is over" was="request failed" failed=3000`) {
			t.Errorf("its end is these lines:\n%s", strings.Join(got, "\n"))
		}
	})
}

// A disk that is full, say, cannot be written, and is read: that goes on though all have met an outage before.
func TestOutageOfSome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		away := map[string]bool{"GET": true, "POST": true}
		mux := http.NewServeMux()
		answer := Handler(func(w http.ResponseWriter, r *http.Request) error {
			if away[r.Method] {
				return bellhop.Errorf(bellhop.Unavailable, "Not now")
			}
			return nil
		})
		mux.Handle("GET /users", answer)
		mux.Handle("POST /users", answer)
		var log bytes.Buffer
		handler := Wrap(mux, slog.New(slog.NewTextHandler(&log, nil)))
		ask := func(method string) {
			handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(method, "/users", nil))
		}
		both := func() {
			ask("POST")
			ask("GET")
		}
		both()
		clear(away)
		time.Sleep(5 * time.Second)
		both()
		log.Reset()

		away["POST"] = true
		for range 60 {
			ask("POST")
			time.Sleep(4 * time.Second)
			ask("GET")
			time.Sleep(time.Second)
		}
		if got := log.String(); strings.Count(got, "\n") != 5 || strings.Contains(got, "over") {
			t.Errorf("five minutes are these lines:\n%s", got)
		}
		log.Reset()
		clear(away)
		both()
		if got := log.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, `msg="trouble is over"`) {
			t.Errorf("its end is these lines:\n%s", got)
		}
	})
}
