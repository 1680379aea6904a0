package ui

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/web"
)

func newRequest(t *testing.T) *http.Request {
	return httptest.NewRequest("GET", "/", nil).WithContext(t.Context())
}

func TestLogin(t *testing.T) {
	h := newHouse(t)
	p := h.anybody()
	for path, want := range map[string]string{
		"/":                       "/login",
		"/settings?search=a%20b":  "/login?next=%2Fsettings%3Fsearch%3Da%2520b",
		"/services/0123456789abc": "/login?next=%2Fservices%2F0123456789abc",
	} {
		if got := p.get(path); got.status != http.StatusSeeOther || got.to != want {
			t.Errorf("GET %s = %d to %q, want 303 to %q", path, got.status, got.to, want)
		}
	}
	got := p.post("/login", url.Values{"email": {adminEmail}, "password": {"wrong"}})
	if got.status != http.StatusUnauthorized || len(p.cookies) != 0 {
		t.Errorf("a wrong password: %d, cookies %v", got.status, p.cookies)
	}
	got.says(t, "Invalid email or password.")
	if !strings.Contains(got.body, `value="`+adminEmail+`"`) {
		t.Error("the email has to be typed again")
	}
	got = p.post("/login", url.Values{"email": {adminEmail}, "password": {adminPassword}, "next": {"/deliveries?status=dead"}})
	if got.to != "/deliveries?status=dead" {
		t.Errorf("login leads to %q", got.to)
	}
	cookie := got.header.Get("Set-Cookie")
	for _, part := range []string{sessionCookie + "=", "Path=/", "HttpOnly", "Secure", "SameSite=Lax", "Max-Age=43200"} {
		if !strings.Contains(cookie, part) {
			t.Errorf("cookie %q lacks %s", cookie, part)
		}
	}
	old := p.cookies[sessionCookie]
	if got := p.post("/logout", url.Values{}); got.to != "/login" || p.cookies[sessionCookie] != "" {
		t.Errorf("logout leads to %q, cookies %v", got.to, p.cookies)
	}
	p.cookies[sessionCookie] = old
	if got := p.get("/settings"); got.status != http.StatusSeeOther {
		t.Errorf("the session lives on after the logout: %d", got.status)
	}
}

// Contract: extensions.md 6: X-Forwarded-Proto: https
func TestCookiesAreSecureWhereTheBrowserCameByHTTPS(t *testing.T) {
	h := newHouse(t)
	h.ui.secure = false // the public URL is http
	handler := web.Wrap(h.ui, slog.New(slog.DiscardHandler), netip.MustParsePrefix("10.0.0.0/8"))
	for _, test := range []struct {
		peer, proto string
		want        bool
	}{
		{"10.0.0.1:80", "https", true},
		{"10.0.0.1:80", "http", false},
		{"192.0.2.1:80", "https", false},
	} {
		r := httptest.NewRequest("POST", "/logout", nil)
		r.RemoteAddr = test.peer
		r.Header.Set("X-Forwarded-Proto", test.proto)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if cookie := w.Header().Get("Set-Cookie"); cookie == "" || strings.Contains(cookie, "Secure") != test.want {
			t.Errorf("from %s by %s: cookie %q, secure should be %v", test.peer, test.proto, cookie, test.want)
		}
	}
}

func TestAfterLogin(t *testing.T) {
	for next, want := range map[string]string{
		"": "/", "/settings?a=b": "/settings?a=b", "//evil.example": "/", `/\evil.example`: "/", "https://evil.example": "/",
		"/\t/evil.example": "/", "/login?next=/login": "/", "settings": "/",
	} {
		if got := afterLogin(next); got != want {
			t.Errorf("afterLogin(%q) = %q, want %q", next, got, want)
		}
	}
}

// What other sites make a browser send changes nothing.
func TestForgery(t *testing.T) {
	h := newHouse(t)
	admin := h.admin()
	id := h.webhook("A")
	for _, headers := range []map[string]string{
		{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "", "Origin": "https://evil.example"},
	} {
		admin.headers = headers
		for _, path := range []string{servicePath(id) + "/delete", servicePath(id) + "/off", servicePath(id) + "/test", servicePath(id) + "/rotate", servicePath(id) + "/replays/new", replayPath(id), "/logout", "/login", integrationsPath(h.org) + "/new"} {
			if got := admin.post(path, url.Values{}); got.status != http.StatusForbidden {
				t.Errorf("POST %s with %v = %d, want 403", path, headers, got.status)
			}
		}
		admin.headers = nil
	}
	if s, _ := h.serviceNow(id); s.Status != bellhop.ServiceActive {
		t.Errorf("the service is %s", s.Status)
	}
	// Forms cannot be sent by a link.
	for _, path := range []string{servicePath(id) + "/verify", servicePath(id) + "/off", "/logout"} {
		if got := admin.get(path); got.status != http.StatusNotFound {
			t.Errorf("GET %s = %d, want 404", path, got.status)
		}
	}
}

func TestHeaders(t *testing.T) {
	p := newHouse(t).anybody()
	got := p.get("/login")
	for name, want := range map[string]string{
		"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
		"Cache-Control": "no-store", "Content-Type": "text/html; charset=utf-8",
	} {
		if got.header.Get(name) != want {
			t.Errorf("%s = %q, want %q", name, got.header.Get(name), want)
		}
	}
	if strings.Contains(policy, "unsafe") {
		t.Error("the policy allows what is unsafe")
	}
}

func TestLargeForm(t *testing.T) {
	h := newHouse(t)
	got := h.admin().post(integrationsPath(h.org)+"/new", url.Values{"name": {strings.Repeat("a", maxForm)}})
	if got.status != http.StatusRequestEntityTooLarge {
		t.Errorf("a large form: %d, want 413", got.status)
	}
}

// An address is in many links of its page, and that must not grow without a bound.
func TestLongAddress(t *testing.T) {
	h := newHouse(t)
	for _, path := range []string{"/deliveries?event=" + strings.Repeat("a", maxAddress), "/" + strings.Repeat("a", maxAddress)} {
		got := h.admin().get(path)
		if got.status != http.StatusRequestEntityTooLarge || len(got.body) > 10_000 {
			t.Errorf("an address of %d bytes: %d with %d bytes", len(path), got.status, len(got.body))
		}
		got.says(t, "The address is too long.")
	}
}

// What others have sent may be no text at all; the page is.
func TestLegible(t *testing.T) {
	h := newHouse(t)
	got := h.admin().get("/audit?who=a%FF%00%1B%C2%85b%C3%A9")
	if !strings.Contains(got.body, "value=\"a\ufffd\ufffd\ufffd\ufffdb\u00e9\"") {
		t.Errorf("the page is not legible: %s", got.body)
	}
}

// callerWith has one role in the organization and, as a login does, its scope.
func (h *house) callerWith(role bellhop.Role) *account.Caller {
	c := *h.root
	c.Name, c.Role, c.Scope = "Bob", role, role.Scope()
	c.Memberships = []account.Membership{{Place: account.Place{Organization: h.org, OrgPath: string(h.org)}, Role: role}}
	return &c
}

func TestLowerRoles(t *testing.T) {
	h := newHouse(t)
	service := h.webhook("A")
	talk := h.start("Jenny Jones", "Milk?")
	for _, c := range []struct {
		role         bellhop.Role
		path         string
		status       int
		says, hidden string
	}{
		{bellhop.RoleSupervisor, "/settings", 200, "You see 1 organization.", `href="/deliveries"`},
		{bellhop.RoleSupervisor, integrationsPath(h.org), 403, "Integrations are for admins. In this organization you are a supervisor.", "Add service"},
		{bellhop.RoleSupervisor, integrationsPath(h.org) + "/new", 403, "whose role is supervisor", "Create Service"},
		{bellhop.RoleSupervisor, servicePath(service), 403, "are for admins", "127.0.0.1"},
		{bellhop.RoleSupervisor, "/deliveries", 403, "are for admins", ""},
		{bellhop.RoleSupervisor, conversationPath(talk), 200, "Milk?", "No webhook"},
		{bellhop.RoleAgent, "/", 303, "", ""},
		{bellhop.RoleAgent, "/settings", 403, "whose role is agent", ""},
		{bellhop.RoleAgent, "/conversations", 200, "Jenny Jones", ""},
		{bellhop.RoleAgent, conversationPath(talk), 200, "not list its messages", ""},
		{bellhop.RoleAdmin, servicePath("0123456789abcdef01234567"), 404, "Service not found.", ""},
		{bellhop.RoleAdmin, servicePath("nonsense"), 404, "Service not found.", ""},
		{bellhop.RoleAdmin, "/deliveries/nonsense", 404, "Delivery not found.", ""},
		{bellhop.RoleAdmin, "/m/nonsense", 404, "Message not found.", ""},
		{bellhop.RoleAdmin, "/nonsense", 404, "There is no such page.", ""},
	} {
		got := h.loggedIn(h.callerWith(c.role)).get(c.path)
		if got.status != c.status {
			t.Errorf("%s at %s: %d, want %d", c.role, c.path, got.status, c.status)
		}
		got.says(t, c.says)
		if c.hidden != "" {
			got.hides(t, c.hidden)
		}
	}
}

// Each failure has a way out.
func TestWaysOut(t *testing.T) {
	h := newHouse(t)
	p := h.admin()
	for path, want := range map[string]string{
		"/nonsense": "/search", "/services/nonsense": "/search", "/settings?organization=nonsense": "/search",
	} {
		if got := p.get(path); got.status != http.StatusNotFound || !strings.Contains(got.body, `<a class="button" href="`+want+`">`) {
			t.Errorf("GET %s = %d, without a way to %s: %s", path, got.status, want, got.text)
		}
	}
}

// What went wrong inside is in the log, and not on the page.
func TestInternalFailure(t *testing.T) {
	h := newHouse(t)
	p := h.admin()
	h.ui.accounts = as{accounts: h.ui.accounts, err: errors.New("disk on fire")}
	got := p.get("/settings")
	if got.status != http.StatusInternalServerError {
		t.Errorf("status %d, want 500", got.status)
	}
	got.says(t, "Something went wrong", "The fault is on this server", "To the login")
	got.hides(t, "fire")
	if !strings.Contains(h.log.String(), "disk on fire") {
		t.Errorf("the log does not say why: %s", h.log.String())
	}
}
