package api_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

// Contract: extensions.md 2.4: POST /v2/services/try
// Contract: extensions.md 2.4: {"verified":false
// Contract: extensions.md 2.4: reason, as in services.md
// Contract: extensions.md 2.4: A URL that a creation refuses
func TestTryService(t *testing.T) {
	h := open(t)
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/hook" {
			http.NotFound(w, r)
			return
		}
		_, _ = io.WriteString(w, r.URL.Query().Get("challenge"))
	}))
	t.Cleanup(endpoint.Close)
	try := func(url string) (got struct {
		Verified bool
		Reason   *string
		Duration float64
	}) {
		t.Helper()
		h.admin.must(http.StatusOK, "POST", "/v2/services/try", object{"url": url}, &got)
		return got
	}
	if got := try(endpoint.URL + "/hook"); !got.Verified || got.Reason != nil || got.Duration <= 0 {
		t.Errorf("an endpoint that answers: %+v", got)
	}
	if got := try(endpoint.URL); got.Verified || got.Reason == nil || *got.Reason != "status 404" {
		t.Errorf("another path: %+v", got)
	}
	for _, url := range []string{"", "/hook", "http://10.0.0.1/", "https://example.com/#a"} {
		tried := h.admin.must(http.StatusBadRequest, "POST", "/v2/services/try", object{"url": url}, nil)
		made := h.admin.must(http.StatusBadRequest, "POST", "/v2/services", object{"name": "A", "type": "webhook", "params": object{"url": url}}, nil)
		if tried.message() != made.message() {
			t.Errorf("%q is refused with %q, at a creation with %q", url, tried.message(), made.message())
		}
	}
	var services []object
	h.admin.must(http.StatusOK, "GET", "/v2/services", nil, &services)
	if len(services) != 0 {
		t.Errorf("%d services are stored", len(services))
	}
}
