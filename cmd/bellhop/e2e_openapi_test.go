//go:build !race

package main_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"bellhop/internal/openapi/openapitest"
)

// description is what all exchanges of these tests are held to. It is made once for all of them.
var description = sync.OnceValues(openapitest.New)

func described(t *testing.T) *openapitest.Checker {
	t.Helper()
	checker, err := description()
	if err != nil {
		t.Fatal(err)
	}
	return checker
}

// asDescribed fails the test if a complete exchange is not as the OpenAPI document says.
func asDescribed(t *testing.T, req *http.Request, sent []byte, resp *http.Response, answer []byte) {
	t.Helper()
	if err := described(t).Check(&openapitest.Exchange{
		Method: req.Method, Path: req.URL.EscapedPath(), Query: req.URL.RawQuery, Header: req.Header, Body: sent,
		Status: resp.StatusCode, AnswerHeader: resp.Header, AnswerBody: answer,
	}); err != nil {
		t.Error(err)
	}
}

// watched returns a URL of the server at which what others send, and are answered, is held to the OpenAPI document.
func (a api) watched() string {
	a.t.Helper()
	target, err := url.Parse(a.url)
	if err != nil {
		a.t.Fatal(err)
	}
	front := httptest.NewServer(described(a.t).Proxy(target, func(err error) { a.t.Error(err) }))
	a.t.Cleanup(front.Close)
	return front.URL
}

// The document is one by the official schema of OpenAPI 3.1, in both forms, and they are the same.
//
// Contract: extensions.md 6: GET /healthz
// Contract: extensions.md The description of the API: GET /v2/openapi.json
// Contract: extensions.md The description of the API: They need no token
func TestOpenAPIDocument(t *testing.T) {
	_, bin := node(t), bellhop(t)
	t.Parallel()
	s := newServer(t, bin)
	s.ready()
	anybody := api{t: t, url: s.url}
	for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
		if status, answer, err := anybody.call(t.Context(), "GET", path, nil); status != http.StatusOK || err != nil {
			t.Errorf("GET %s = %d %s, %v", path, status, answer, err)
		}
	}
	forms := map[string]string{}
	for _, form := range []string{"json", "yaml"} {
		status, answer, err := anybody.call(t.Context(), "GET", "/v2/openapi."+form, nil)
		if status != http.StatusOK || err != nil {
			t.Fatalf("GET /v2/openapi.%s = %d, %v", form, status, err)
		}
		forms[form] = string(answer)
	}
	stdin, err := json.Marshal(forms)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), node(t), "openapi.js")
	cmd.Dir = filepath.Join("testdata", "node")
	cmd.Stdin = bytes.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("openapi.js: %v\n%s", err, out)
	}
	var found struct {
		Version string
		Errors  []string
		Same    bool
	}
	if err := json.Unmarshal(out, &found); err != nil {
		t.Fatalf("openapi.js: %v in %s", err, out)
	}
	if found.Version != "3.1" || len(found.Errors) > 0 || !found.Same {
		t.Errorf("openapi.js finds %s", out)
	}
}
