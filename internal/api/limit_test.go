package api_test

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"bellhop/internal/api"
	"bellhop/internal/web"
)

// limited is a server with a limit so low that no request is earned back while a test runs.
type limited struct {
	*house
	began time.Time
}

func newLimited(t *testing.T, burst int) *limited {
	t.Helper()
	return &limited{build(t, api.Config{Limiter: web.NewLimiter(web.Rate{PerSecond: 0.01, Burst: burst}, nil)}), time.Now()}
}

const tooMany = `{"error":{"message":"Too many requests","status":429,"name":"TooManyRequestsError"}}`

// wantTooMany checks that a request was refused for the limit, and says when to come again.
func (h *limited) wantTooMany(what string, got answer) {
	h.Helper()
	least := 99 - int(time.Since(h.began).Seconds()) // a part of a request has been earned back
	after, err := strconv.Atoi(got.header.Get("Retry-After"))
	if got.status != 429 || got.body != tooMany || err != nil || after > 100 || after < least || got.header.Get("Content-Type") != "application/json" {
		h.Errorf("%s = %d %s, Retry-After %q, want 429 in JSON and %d to 100 s", what, got.status, got.body, got.header.Get("Retry-After"), least)
	}
}

// from sends a request from an address, with a token unless that is empty.
func (h *house) from(address, token, method, target, body string) answer {
	h.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.RemoteAddr = address + ":4711"
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	return answer{w.Code, w.Result().Header, w.Body.String()}
}

// Contract: resources.md 5: 429 | rate limit | Too many requests
// Contract: resources.md 5: beyond that 429 with Retry-After in seconds
// Contract: resources.md 5: Retry-After is whole seconds
// Contract: resources.md 5: Every request below /v2 counts for the address that it comes from
// Contract: extensions.md 6: --rate-limit N[:burst]
func TestLimitOfAnAddress(t *testing.T) {
	h := newLimited(t, 5)
	// A flood of bad tokens, of bad passwords, and of paths that lead nowhere counts as well.
	for _, try := range []struct {
		token, method, target, body string
		status                      int
	}{
		{"a.b.c", "GET", "/v2/users", "", 401},
		{"", "GET", "/v2/users", "", 401},
		{"", "POST", "/v2/auth/token", `{"email":"eve@example.com"}`, 400},
		{"", "GET", "/v2/nothing", "", 404},
		{"", "DELETE", "/v2/users", "", 405},
	} {
		if got := h.from("192.0.2.1", try.token, try.method, try.target, try.body); got.status != try.status {
			t.Errorf("%s %s = %d, want %d", try.method, try.target, got.status, try.status)
		}
	}
	for _, target := range []string{"/v2/users", "/v2/nothing", "/v2", "/v2/", "/v2/users/"} {
		h.wantTooMany("GET "+target, h.from("192.0.2.1", h.admin.token, "GET", target, ""))
	}
	h.wantTooMany("a login", h.from("192.0.2.1", "", "POST", "/v2/auth/token", `{"email":"`+adminEmail+`","password":"`+adminPassword+`"}`))
	if got := h.from("192.0.2.2", h.admin.token, "GET", "/v2/users", ""); got.status != 200 {
		t.Errorf("another address: %d %s", got.status, got.body)
	}
}

// Contract: resources.md 5: Tokens of one user count together.
// Contract: resources.md 5: What is refused has had no effect, and does not count.
func TestLimitOfAUser(t *testing.T) {
	h := newLimited(t, 10)
	send := func(address, token, name string) answer {
		return h.from(address, token, "POST", "/v2/organizations", `{"name":"`+name+`"}`)
	}
	var login, eve struct{ Token string }
	h.admin.must(201, "POST", "/v2/bots", object{"name": "Eve", "scope": "admin"}, &eve)
	h.admin.must(201, "POST", "/v2/auth/token", object{"email": adminEmail, "password": adminPassword}, &login)
	for _, address := range []string{"192.0.2.1", "192.0.2.2"} {
		for range 4 {
			if got := send(address, h.admin.token, "made"); got.status != 201 {
				t.Fatalf("%d %s", got.status, got.body)
			}
		}
	}
	// She has made the bot, too.
	if got := send("192.0.2.3", login.Token, "made"); got.status != 201 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	for _, token := range []string{h.admin.token, login.Token} {
		h.wantTooMany("the eleventh", send("192.0.2.3", token, "refused"))
	}
	// Whose token is bad is told so: it is nobody's limit.
	if got := send("192.0.2.3", login.Token+"x", "refused"); got.status != 401 {
		t.Errorf("a bad token = %d, want 401", got.status)
	}
	// Nothing has come of what was refused, as somebody else sees.
	found := h.from("192.0.2.4", eve.Token, "GET", "/v2/organizations?name=refused", "")
	if found.status != 200 || found.body != "[]" {
		t.Errorf("after what was refused there is %d %s", found.status, found.body)
	}
}

// Contract: resources.md 5: Pages, /healthz, /readyz and /metrics are not limited
func TestHealthIsNotLimited(t *testing.T) {
	h := newLimited(t, 1)
	_ = h.from("192.0.2.1", "", "GET", "/v2/users", "")
	h.wantTooMany("the API", h.from("192.0.2.1", "", "GET", "/v2/users", ""))
	for range 5 {
		for _, target := range []string{"/healthz", "/readyz"} {
			if got := h.from("192.0.2.1", "", "GET", target, ""); got.status != http.StatusOK {
				t.Errorf("GET %s = %d, want 200", target, got.status)
			}
		}
	}
}
