package ui

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"bellhop"
	"bellhop/internal/web"
)

// Pages that cannot be shown since the store is away are told of as all such requests are: with the cause, and once.
func TestOutageOfPagesIsTold(t *testing.T) {
	h := newHouse(t)
	away := &bellhop.Error{Code: bellhop.Unavailable, Message: "The store cannot be reached now", Err: errors.New("disk kumquat")}
	handler := web.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ui.fail(w, r, nil, away)
	}), slog.New(slog.NewTextHandler(&h.log, nil)))
	for range 100 {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest("GET", "/services", nil))
		if w.Code != http.StatusServiceUnavailable || strings.Contains(w.Body.String(), "kumquat") {
			t.Fatalf("the page is %d %s", w.Code, w.Body)
		}
	}
	// A slow machine may be told of it once more.
	if n := strings.Count(h.log.String(), `msg="request failed"`); n == 0 || n > 20 || !strings.Contains(h.log.String(), "kumquat") {
		t.Errorf("the log has %s", h.log.String())
	}
}
