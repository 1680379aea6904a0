package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"bellhop"
)

// answerTo returns what Wrap makes of a handler, and what was logged.
func answerTo(t *testing.T, r *http.Request, f func(w http.ResponseWriter, r *http.Request) error) (*httptest.ResponseRecorder, string) {
	t.Helper()
	var log bytes.Buffer
	w := httptest.NewRecorder()
	Wrap(Handler(f), slog.New(slog.NewTextHandler(&log, nil))).ServeHTTP(w, r)
	return w, log.String()
}

// Contract: resources.md 5: 429 | rate limit
// Contract: resources.md 5: 5xx | only for faults
func TestErrors(t *testing.T) {
	for _, test := range []struct {
		name       string
		err        error
		status     int
		body       string
		retryAfter string
	}{
		{"wrapped", fmt.Errorf("store: %w", bellhop.Conversations.NotFound()), 404,
			`{"error":{"message":"Conversation not found","status":404,"name":"NotFoundError"}}`, ""},
		{"field", bellhop.InvalidField("params.url", "must be <absolute>"), 400,
			`{"error":{"message":"Validation failed: params.url must be <absolute>","status":400,"name":"ValidationError",` +
				`"errors":{"params.url":"must be <absolute>"}}}`, ""},
		{"token", bellhop.Errorf(bellhop.Unauthenticated, "jwt expired"), 401,
			`{"error":{"message":"jwt expired","status":401,"name":"UnauthorizedError"}}`, ""},
		{"right", bellhop.ErrPermission(), 403,
			`{"error":{"message":"Permission denied","status":403,"name":"ForbiddenError"}}`, ""},
		{"conflict", bellhop.Errorf(bellhop.Conflict, "Email already in use"), 409,
			`{"error":{"message":"Email already in use","status":409,"name":"ConflictError"}}`, ""},
		{"too large", bellhop.Errorf(bellhop.TooLarge, "Event too large"), 413,
			`{"error":{"message":"Event too large","status":413,"name":"TooLargeError"}}`, ""},
		{"too many", &bellhop.Error{Code: bellhop.TooMany, Message: "Too many requests", RetryAfter: 29*time.Second + 1}, 429,
			`{"error":{"message":"Too many requests","status":429,"name":"TooManyRequestsError"}}`, "30"},
		{"too many, nobody knows for how long", bellhop.Errorf(bellhop.TooMany, "Too many requests"), 429,
			`{"error":{"message":"Too many requests","status":429,"name":"TooManyRequestsError"}}`, "1"},
		{"unavailable", &bellhop.Error{Code: bellhop.Unavailable, Message: "Not now", RetryAfter: time.Millisecond, Err: errors.New("disk kumquat")}, 503,
			`{"error":{"message":"Not now","status":503,"name":"UnavailableError"}}`, "1"},
		{"internal", errors.New("disk kumquat"), 500,
			`{"error":{"message":"Internal error","status":500,"name":"InternalError"}}`, ""},
		{"internal, by its code", bellhop.Errorf(bellhop.Internal, "disk kumquat"), 500,
			`{"error":{"message":"Internal error","status":500,"name":"InternalError"}}`, ""},
		{"unknown code", bellhop.Errorf(99, "disk kumquat"), 500,
			`{"error":{"message":"Internal error","status":500,"name":"InternalError"}}`, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			w, log := answerTo(t, httptest.NewRequest("GET", "/v2/x?token=secret", nil), func(http.ResponseWriter, *http.Request) error {
				return test.err
			})
			if w.Code != test.status || w.Body.String() != test.body {
				t.Errorf("answer = %d %s, want %d %s", w.Code, w.Body, test.status, test.body)
			}
			h := w.Result().Header
			if got := h.Get("Content-Type"); got != "application/json" {
				t.Errorf("Content-Type = %q", got)
			}
			if got := h.Get("Retry-After"); got != test.retryAfter {
				t.Errorf("Retry-After = %q, want %q", got, test.retryAfter)
			}
			if got, want := strings.Contains(log, test.err.Error()), test.status >= 500; got != want {
				t.Errorf("the cause is logged: %v, want %v: %s", got, want, log)
			}
			if !strings.Contains(log, "request="+h.Get("X-Request-Id")) || strings.Contains(log, "secret") {
				t.Errorf("the log lacks the request's id, or has its query: %s", log)
			}
			if Status(test.err) != test.status {
				t.Errorf("Status = %d, want %d", Status(test.err), test.status)
			}
		})
	}
}

func TestErrorAfterTheHead(t *testing.T) {
	w, log := answerTo(t, httptest.NewRequest("GET", "/", nil), func(w http.ResponseWriter, _ *http.Request) error {
		w.WriteHeader(http.StatusAccepted)
		return errors.New("too late")
	})
	if w.Code != http.StatusAccepted || w.Body.Len() > 0 || !strings.Contains(log, "too late") {
		t.Errorf("answer = %d %s, log %s", w.Code, w.Body, log)
	}
}

func TestGivenUp(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range []error{context.Canceled, errors.New("interrupted")} {
		w, log := answerTo(t, httptest.NewRequestWithContext(ctx, "GET", "/", nil), func(http.ResponseWriter, *http.Request) error { return err })
		if w.Code != 499 || log != "" {
			t.Errorf("%v: answer %d %s, log %q, want 499 and nothing logged", err, w.Code, w.Body, log)
		}
	}
}

func TestPanic(t *testing.T) {
	w, log := answerTo(t, httptest.NewRequest("GET", "/", nil), func(w http.ResponseWriter, _ *http.Request) error {
		w.Header().Set("Content-Length", "7")
		panic("kumquat")
	})
	var f failure
	if err := json.Unmarshal(w.Body.Bytes(), &f); err != nil || w.Code != 500 || f.Error.Message != "Internal error" {
		t.Errorf("answer = %d %s (%v)", w.Code, w.Body, err)
	}
	if !strings.Contains(log, "kumquat") || !strings.Contains(log, "error_test.go") {
		t.Errorf("the log does not say where what happened: %s", log)
	}
}

// A client must not take half an answer for a whole one.
func TestPanicAfterTheHead(t *testing.T) {
	server := httptest.NewServer(Wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "half of it")
		w.(interface{ Unwrap() http.ResponseWriter }).Unwrap().(http.Flusher).Flush()
		panic("kumquat")
	}), slog.New(slog.DiscardHandler)))
	defer server.Close()
	resp, err := server.Client().Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := new(bytes.Buffer).ReadFrom(resp.Body); err == nil {
		t.Error("the answer looks whole")
	}
}
