package web

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestRouter(t *testing.T) {
	mux := http.NewServeMux()
	show := func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "%s %s", r.Pattern, r.PathValue("id")) }
	for _, pattern := range []string{"GET /v2/users", "POST /v2/users", "GET /v2/users/{id}", "DELETE /v2/users/{id}"} {
		mux.HandleFunc(pattern, show)
	}
	outer := http.NewServeMux()
	outer.Handle("/v2/", NewRouter(mux))
	outer.Handle("/v2", NewRouter(mux))
	handler := Wrap(outer, slog.New(slog.DiscardHandler))
	const (
		notFound   = `{"error":{"message":"Not found","status":404,"name":"NotFoundError"}}`
		notAllowed = `{"error":{"message":"Method not allowed","status":405,"name":"MethodNotAllowedError"}}`
	)
	for _, test := range []struct {
		method, path string
		status       int
		body, allow  string
	}{
		{"GET", "/v2/users", 200, "GET /v2/users ", ""},
		{"GET", "/v2/users/", 200, "GET /v2/users ", ""},
		{"GET", "/v2/users//", 404, notFound, ""},
		{"POST", "/v2/users/", 200, "POST /v2/users ", ""},
		{"GET", "/v2/users/a%2Fb", 200, "GET /v2/users/{id} a/b", ""},
		{"GET", "/v2/users/a%2F/", 200, "GET /v2/users/{id} a/", ""},
		{"GET", "/v2/users/%2e%2e", 200, "GET /v2/users/{id} ..", ""},
		{"GET", "/v2/users/a%20b/", 200, "GET /v2/users/{id} a b", ""},
		{"PATCH", "/v2/users", 405, notAllowed, "GET, HEAD, POST"},
		{"PUT", "/v2/users/x/", 405, notAllowed, "DELETE, GET, HEAD"},
		{"OPTIONS", "/v2/users", 405, notAllowed, "GET, HEAD, POST"},
		{"GET", "/v2/user", 404, notFound, ""},
		{"GET", "/v2/", 404, notFound, ""},
		{"GET", "/v2", 404, notFound, ""},
		{"GET", "/v2//users", 404, notFound, ""},
		{"POST", "//v2/users", 404, notFound, ""},
		{"GET", "/v2/./users", 404, notFound, ""},
		{"GET", "/v2/users/../users", 404, notFound, ""},
	} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(test.method, "http://example.com"+test.path, nil)
		handler.ServeHTTP(w, r)
		if w.Code != test.status || w.Body.String() != test.body || w.Header().Get("Allow") != test.allow {
			t.Errorf("%s %s = %d %s, Allow %q, want %d %s, %q", test.method, test.path,
				w.Code, w.Body, w.Header().Get("Allow"), test.status, test.body, test.allow)
		}
	}
}

func TestBaseURL(t *testing.T) {
	r := httptest.NewRequest("GET", "http://bots.example.com:8080/x", nil)
	for _, test := range []struct{ public, want string }{
		{"", "http://bots.example.com:8080"},
		{"https://example.com/", "https://example.com"},
		{"https://example.com/bellhop", "https://example.com/bellhop"},
	} {
		if got := BaseURL(r, test.public); got != test.want {
			t.Errorf("BaseURL(%q) = %q, want %q", test.public, got, test.want)
		}
	}
	if got, want := BaseURL(httptest.NewRequest("GET", "https://example.com/x", nil), ""), "https://example.com"; got != want {
		t.Errorf("BaseURL over TLS = %q, want %q", got, want)
	}
}

func TestClientAddress(t *testing.T) {
	for _, test := range []struct{ remote, want string }{
		{"192.0.2.1:1234", "192.0.2.1"}, {"[2001:db8::1]:1234", "2001:db8::1"}, {"@", "@"}, {"", ""},
	} {
		if got := ClientAddress(&http.Request{RemoteAddr: test.remote}); got != test.want {
			t.Errorf("ClientAddress(%q) = %q, want %q", test.remote, got, test.want)
		}
	}
}
