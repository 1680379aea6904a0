package api_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// refreshes is what makes the SDK ask for another token.
var refreshes = regexp.MustCompile(`(?i)jwt expired|invalid signature|invalid token`)

// Contract: README.md Ten constraints whose violation breaks real clients: POST /v2/auth/token ignores
// Contract: README.md Ten constraints whose violation breaks real clients: The token response has user
// Contract: README.md Ten constraints whose violation breaks real clients: An expired or bad access token
// Contract: auth.md POST /v2/auth/token: Any Authorization header is ignored
// Contract: auth.md POST /v2/auth/token: {"email":"ada@example.com","password":"open sesame"}
// Contract: auth.md POST /v2/auth/token: neither credential pair present
func TestToken(t *testing.T) {
	h := open(t)
	_, id := h.bot("Echo", h.acme, "bot")
	var bot struct{ Email, Token, RefreshToken string }
	h.admin.must(200, "GET", "/v2/bots/"+id, nil, &bot)
	dead := client{h, "a.b.c"} // sent along, and ignored

	var login, refreshed map[string]any
	got := dead.must(201, "POST", "/v2/auth/token", object{"email": "ADA@example.com", "password": adminPassword}, &login)
	if got.header.Get("Content-Type") != "application/json" || got.header.Get("Cache-Control") != "no-store" {
		t.Errorf("the answer has the header %v", got.header)
	}
	dead.must(201, "POST", "/v2/auth/token", object{"clientId": bot.Email, "refreshToken": bot.RefreshToken}, &refreshed)
	if refreshed["user"] != id || refreshed["scope"] != "bot" || refreshed["organization"] != h.acme {
		t.Errorf("refresh = %v, want the bot %s of %s", refreshed, id, h.acme)
	}
	for name, want := range map[string]string{"tokenType": "Bearer", "organization": h.top, "scope": "admin"} {
		if login[name] != want {
			t.Errorf("login has %s %v, want %s", name, login[name], want)
		}
	}
	client{h, refreshed["token"].(string)}.must(200, "GET", "/v2/bots/"+id, nil, nil)

	for _, test := range []struct {
		body    string
		status  int
		message string
	}{
		{"", 400, "Missing credentials"},
		{"{", 400, "Missing credentials"},
		{"[]", 400, "Missing credentials"},
		{`{"email":"ada@example.com"}`, 400, "Missing credentials"},
		{`{"email":7,"password":[]}`, 400, "Missing credentials"},
		{`{"email":"ada@example.com","password":"x"}`, 401, "Invalid email or password"},
		{`{"email":"nobody@example.com","password":"x"}`, 401, "Invalid email or password"},
		{`{"refreshToken":"x"}`, 401, "Invalid refresh token"},
		{`{"refreshToken":"` + bot.Token + `"}`, 401, "Invalid refresh token"},
		{`{"clientId":"ada@example.com","refreshToken":"` + bot.RefreshToken + `"}`, 401, "Invalid refresh token"},
	} {
		got := dead.call("POST", "/v2/auth/token", test.body)
		if got.status != test.status || got.message() != test.message {
			t.Errorf("token for %s = %d %s, want %d %s", test.body, got.status, got.body, test.status, test.message)
		}
		if got.status == http.StatusUnauthorized && refreshes.MatchString(got.message()) {
			t.Errorf("token for %s makes the SDK refresh for ever: %s", test.body, got.body)
		}
	}
}

// Contract: auth.md Permissions: Several failed logins
func TestTokenSlowsGuessing(t *testing.T) {
	h := open(t)
	before := time.Now()
	for range 5 {
		h.admin.must(401, "POST", "/v2/auth/token", object{"email": "x@example.com", "password": "x"}, nil)
	}
	got := h.admin.must(429, "POST", "/v2/auth/token", object{"email": "x@example.com", "password": "x"}, nil)
	after, err := strconv.Atoi(got.header.Get("Retry-After"))
	if least := 29 - int(time.Since(before).Seconds()); got.message() != "Too many requests" || err != nil || after > 30 || after < least {
		t.Errorf("answer = %s, Retry-After %q, want %d to 30", got.body, got.header.Get("Retry-After"), least)
	}
}

// Contract: auth.md Permissions: A user has a time before which
func TestRevoke(t *testing.T) {
	h := open(t)
	bot, id := h.bot("Echo", h.acme, "bot")
	bot.must(200, "GET", "/v2/users/"+id, nil, nil)
	if got := h.admin.must(204, "POST", "/v2/users/"+id+"/revoke", nil, nil); got.body != "" {
		t.Errorf("revoke answers %q, want nothing", got.body)
	}
	got := bot.call("GET", "/v2/users/"+id, nil)
	if got.status != 401 || got.message() != "invalid token" || got.header.Get("WWW-Authenticate") != "Bearer" {
		t.Errorf("a revoked token = %d %s %v", got.status, got.body, got.header)
	}
	var shown struct{ Token string }
	h.admin.must(200, "GET", "/v2/bots/"+id, nil, &shown)
	client{h, shown.Token}.must(200, "GET", "/v2/users/"+id, nil, nil)
}

// Contract: auth.md Permissions: A person may call it for himself
func TestRevokeOwn(t *testing.T) {
	h := open(t)
	for _, role := range []string{"viewer", "agent", "supervisor"} {
		joe := h.user(role, role, h.acme)
		var me []struct{ ID string }
		h.admin.must(200, "GET", "/v2/users?email="+role+"@example.com", nil, &me)
		h.user("eve"+role, role, h.acme).must(403, "POST", "/v2/users/"+me[0].ID+"/revoke", nil, nil)
		joe.must(204, "POST", "/v2/users/"+me[0].ID+"/revoke", nil, nil)
		joe.must(401, "GET", "/v2/users/"+me[0].ID, nil, nil)
	}
	bot, id := h.bot("Echo", h.acme, "bot")
	bot.must(403, "POST", "/v2/users/"+id+"/revoke", nil, nil)
}

// The word Bearer may be missing, and its case does not matter.
//
// Contract: auth.md Requests: A value without the word Bearer
func TestAuthorizationForms(t *testing.T) {
	h := open(t)
	for _, form := range []string{"Bearer $", "bearer $", "$", "Bearer  $ "} {
		value := strings.ReplaceAll(form, "$", h.admin.token)
		got := client{h, ""}.send("GET", "/v2/users", nil, http.Header{"Authorization": {value}})
		if got.status != 200 || !json.Valid([]byte(got.body)) {
			t.Errorf("Authorization: %s = %d %s", form, got.status, got.body)
		}
	}
}

// What counts is what a user is now, not what he was when he got his token.
//
// Contract: auth.md Verifying an access token: valid, right missing
// Contract: auth.md Revocation: A token has the rights
func TestDemoted(t *testing.T) {
	h := open(t)
	joe := h.user("joe", "admin", h.acme)
	var users []struct{ ID string }
	h.admin.must(200, "GET", "/v2/users?email=joe@example.com", nil, &users)
	h.admin.must(200, "PATCH", "/v2/users/"+users[0].ID, object{"role": "agent"}, nil)
	if got := joe.must(403, "GET", "/v2/users", nil, nil); got.message() != "Permission denied" {
		t.Errorf("answer = %s", got.body)
	}
	joe.must(200, "GET", "/v2/conversations", nil, nil)
	joe.must(200, "GET", "/v2/users/"+users[0].ID, nil, nil)
}
