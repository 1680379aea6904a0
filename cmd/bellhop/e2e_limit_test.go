//go:build !race

package main_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// via sends a GET as a proxy on this machine would pass it on: for a client, over TLS.
func (a api) via(client, path string) (*http.Response, string) {
	a.t.Helper()
	req, err := http.NewRequestWithContext(a.t.Context(), "GET", a.url+path, nil)
	if err != nil {
		a.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+a.token)
	req.Header.Set("X-Forwarded-For", client)
	req.Header.Set("X-Forwarded-Proto", "https")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		a.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	return resp, string(body)
}

// Contract: extensions.md 6: --rate-limit N[:burst]
// Contract: extensions.md 6: --trusted-proxies CIDR,...
// Contract: resources.md 5: Pages, /healthz, /readyz and /metrics are not limited
func TestRateLimitBehindAProxy(t *testing.T) {
	bin := bellhop(t)
	t.Parallel()
	// So little is earned back that the test may be slow.
	s := newServer(t, bin, "env", "BELLHOP_RATE_LIMIT=0.01:4", "BELLHOP_TRUSTED_PROXIES=127.0.0.0/8")
	admin := s.login()
	ada := admin.newBot("Ada")
	bob := admin.newBot("Bob")
	as := func(c credentials) api { return api{t: t, url: s.url, token: c.Token} }

	for range 4 {
		resp, body := as(ada).via("203.0.113.1, 192.0.2.1", "/v2/users?limit=1")
		if resp.StatusCode != http.StatusOK || !strings.HasPrefix(resp.Header.Get("Link"), "<https://") {
			t.Fatalf("%d, Link %q, want 200 with links by https: %s", resp.StatusCode, resp.Header.Get("Link"), body)
		}
	}
	refused := func(who api, client string) {
		t.Helper()
		resp, body := who.via(client, "/v2/users?limit=1")
		after, err := strconv.Atoi(resp.Header.Get("Retry-After"))
		if resp.StatusCode != http.StatusTooManyRequests || err != nil || after < 1 || after > 100 || !strings.Contains(body, `"message":"Too many requests"`) {
			t.Errorf("%d, Retry-After %q, %s, want 429", resp.StatusCode, resp.Header.Get("Retry-After"), body)
		}
	}
	refused(as(bob), "192.0.2.1")                             // for the address
	refused(api{t: t, url: s.url, token: "bad"}, "192.0.2.1") // before the token is looked at
	refused(as(ada), "192.0.2.2")                             // for the user
	if resp, body := as(bob).via("192.0.2.1, 192.0.2.3", "/v2/users"); resp.StatusCode != http.StatusOK {
		t.Errorf("another user from another address: %d %s", resp.StatusCode, body)
	}
	s.ready()
	for _, path := range []string{"/healthz", "/readyz", "/login"} {
		if resp, body := as(ada).via("192.0.2.1", path); resp.StatusCode != http.StatusOK {
			t.Errorf("GET %s = %d, want 200: %s", path, resp.StatusCode, body)
		}
	}
	metrics := s.metrics(t)
	for _, line := range []string{`bellhop_http_requests_refused_total{by="address"} 2`, `bellhop_http_requests_refused_total{by="user"} 1`} {
		if !strings.Contains(metrics, line+"\n") {
			t.Errorf("the metrics lack %s", line)
		}
	}
	if log := string(s.log.bytes()); !strings.Contains(log, "client=192.0.2.1") || strings.Contains(log, "client=203.0.113.1") {
		t.Error("the log does not name the client, or what he has made up")
	}
}

// metrics are those of the server, which nothing limits.
func (s *server) metrics(t *testing.T) string {
	t.Helper()
	resp, err := http.Get(s.url + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Contract: resources.md 5: messages in the answers of webhooks are no requests
func TestAnswersAreNotLimited(t *testing.T) {
	bin := bellhop(t)
	t.Parallel()
	s := newServer(t, bin, "env", "BELLHOP_RATE_LIMIT=0.01:10")
	admin := s.login()
	const messages = 20
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			io.WriteString(w, r.URL.Query().Get("challenge"))
			return
		}
		if body, err := io.ReadAll(r.Body); err != nil || !strings.Contains(string(body), "Is anyone there?") {
			return // it hears its own messages, too
		}
		io.WriteString(w, "["+strings.Repeat(`{"text":"here I am","role":"agent"},`, messages-1)+`{"text":"here I am","role":"agent"}]`)
	}))
	t.Cleanup(endpoint.Close)
	bot := admin.newBot("Chatty")
	admin.must(http.StatusCreated, "POST", "/v2/services", object{"name": "Chatty", "type": "webhook", "bot": bot.ID,
		"params": object{"url": endpoint.URL, "events": []string{contactChat}}}, nil)
	conversation := admin.newConversation("Jenny", "Is anyone there?")
	eventually(t, "the answer is settled", func() bool {
		return regexp.MustCompile(`bellhop_attempts_total\{outcome="delivered"\} [1-9]`).MatchString(s.metrics(t))
	})
	if n := admin.count(conversation, "here I am"); n != messages {
		t.Errorf("%d messages of the answer are there, want %d", n, messages)
	}
}
