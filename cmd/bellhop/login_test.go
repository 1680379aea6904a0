package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestIsUnencrypted(t *testing.T) {
	for host, want := range map[string]bool{
		"http://127.0.0.1:8080": false, "http://localhost": false, "http://bot.localhost:1": false, "http://[::1]:8080": false, "https://hop.example": false,
		"http://hop.example": true, "http://192.0.2.7:8080": true, "http://10.0.0.1": true, "http://localhost.example": true,
	} {
		if got := isUnencrypted(host); got != want {
			t.Errorf("isUnencrypted(%s) = %t, want %t", host, got, want)
		}
	}
}

// A password is for the server that was named, and for none that it points to.
func TestLoginFollowsNoRedirect(t *testing.T) {
	var stolen bytes.Buffer
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(&stolen, r.Body) }))
	defer other.Close()
	server := httptest.NewServer(http.RedirectHandler(other.URL+"/v2/auth/token", http.StatusTemporaryRedirect))
	defer server.Close()
	r := loginRequest{connection: connection{host: server.URL}, email: "jo@example.com"}
	_, err := r.exchange(t.Context(), "s3cret")
	if err == nil || !strings.Contains(err.Error(), "points to") || stolen.Len() > 0 {
		t.Errorf("%v; the other server got %q", err, &stolen)
	}
}
