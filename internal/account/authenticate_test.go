package account

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"bellhop"
)

// Contract: auth.md Tokens: grant_type
// Contract: auth.md Verifying an access token: header absent
// Contract: auth.md Verifying an access token: not three dot-separated
// Contract: auth.md Verifying an access token: parts undecodable
// Contract: auth.md Verifying an access token: wrong signature
// Contract: auth.md Verifying an access token: exp in the past
// Contract: auth.md Verifying an access token: The signature is checked before
// Contract: auth.md Verifying an access token: The documentation says
// Contract: resources.md 5: 401
func TestAuthenticateRefuses(t *testing.T) {
	f := newFixture(t, Config{})
	now := time.Now().Unix()
	sign := func(c claims) string {
		t.Helper()
		token, err := f.a.signer.sign(c)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	ada := claims{User: f.ada, Organization: f.top, Scope: bellhop.ScopeAdmin.Ladder(), GrantType: grantAccess, IssuedAt: now}
	with := func(change func(c *claims)) string {
		c := ada
		change(&c)
		return sign(c)
	}
	good := sign(ada)
	parts := strings.Split(good, ".")
	other := signer{key: random(signingKeySize)}
	foreign, _ := other.sign(ada)
	late := ada
	late.Expires = now - 1
	foreignLate, _ := other.sign(late)
	encode := func(text string) string { return base64URL.EncodeToString([]byte(text)) }
	resigned := func(text string) string { return text + "." + f.a.signer.signature(text) }

	inactive := f.user("ina", bellhop.RoleAgent, f.top)
	if err := f.update(bellhop.Users, f.system, inactive, object{"status": "inactive"}); err != nil {
		t.Fatal(err)
	}
	gone := f.user("gone", bellhop.RoleAgent, f.top)
	if err := f.delete(bellhop.Users, f.system, gone); err != nil {
		t.Fatal(err)
	}

	for _, test := range []struct{ name, authorization, want string }{
		{"absent", "", "No authorization token was found"},
		{"the word alone", "Bearer", "No authorization token was found"},
		{"the word and a blank", "Bearer ", "No authorization token was found"},
		{"one part", "Bearer abc", "jwt malformed"},
		{"two parts", parts[0] + "." + parts[1], "jwt malformed"},
		{"four parts", good + ".x", "jwt malformed"},
		{"another scheme", "Basic YWRhOm9wZW4=", "jwt malformed"},
		{"head is not base64", "!." + parts[1] + "." + parts[2], "invalid token"},
		{"head is not JSON", encode("x") + "." + parts[1] + "." + parts[2], "invalid token"},
		{"payload is not JSON", resigned(parts[0] + "." + encode("x")), "invalid token"},
		{"signature is not base64", parts[0] + "." + parts[1] + ".!", "invalid token"},
		{"algorithm none", encode(`{"alg":"none"}`) + "." + parts[1] + ".", "invalid token"},
		{"algorithm none, signed", resigned(encode(`{"alg":"none"}`) + "." + parts[1]), "invalid token"},
		{"other algorithm", resigned(encode(`{"alg":"HS512"}`) + "." + parts[1]), "invalid token"},
		{"other key", foreign, "invalid signature"},
		{"no signature", parts[0] + "." + parts[1] + ".", "invalid signature"},
		{"other payload", parts[0] + "." + strings.Split(sign(late), ".")[1] + "." + parts[2], "invalid signature"},
		{"other key, expired", foreignLate, "invalid signature"},
		{"expired", sign(late), "jwt expired"},
		{"expires now", with(func(c *claims) { c.Expires = now }), "jwt expired"},
		{"expired refresh token", with(func(c *claims) { c.GrantType, c.Expires = grantRefresh, now-1 }), "jwt expired"},
		{"refresh token", with(func(c *claims) { c.GrantType = grantRefresh }), "invalid token"},
		{"other grant", with(func(c *claims) { c.GrantType = "x" }), "invalid token"},
		{"unknown user", with(func(c *claims) { c.User = f.top }), "invalid token"},
		{"no user", with(func(c *claims) { c.User = "" }), "invalid token"},
		{"inactive user", with(func(c *claims) { c.User = inactive }), "invalid token"},
		{"deleted user", with(func(c *claims) { c.User = gone }), "invalid token"},
		{"other generation", with(func(c *claims) { c.Generation = 1 }), "invalid token"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := f.a.Authenticate(t.Context(), test.authorization)
			if message(err) != test.want || codeOf(err) != bellhop.Unauthenticated {
				t.Errorf("Authenticate(%q) = %q (code %d), want %q", test.authorization, message(err), codeOf(err), test.want)
			}
		})
	}
	for _, authorization := range []string{
		good, "Bearer " + good, "bearer  " + good + " ",
		with(func(c *claims) { c.GrantType = "" }), with(func(c *claims) { c.Expires = now + 60 }),
	} {
		c, err := f.a.Authenticate(t.Context(), authorization)
		if err != nil || c.ID != f.ada || c.Scope != bellhop.ScopeAdmin || c.Organization != f.top || c.Role != bellhop.RoleAdmin {
			t.Errorf("Authenticate(%q) = %+v, %v, want Ada", authorization, c, err)
		}
	}
}

// Contract: auth.md Scopes and roles: Older tokens
// Contract: auth.md Revocation: So the server looks
func TestScopeIsTheLower(t *testing.T) {
	f := newFixture(t, Config{})
	for _, test := range []struct {
		claim string
		want  bellhop.Scope
	}{
		{"viewer anonymous guest agent bot supervisor admin", bellhop.ScopeAdmin},
		{"viewer guest agent bot admin", bellhop.ScopeAdmin}, // older tokens
		{"viewer guest agent", bellhop.ScopeAgent},
		{"", bellhop.NoScope},
		{"emperor", bellhop.NoScope},
	} {
		token, err := f.a.signer.sign(claims{User: f.ada, Scope: test.claim})
		if err != nil {
			t.Fatal(err)
		}
		c, err := f.a.Authenticate(t.Context(), token)
		if err != nil || c.ScopeAt(c.OrgPath) != test.want {
			t.Errorf("scope %q: ScopeAt = %v, %v, want %v", test.claim, c.ScopeAt(c.OrgPath), err, test.want)
		}
	}
}

// Contract: auth.md Tokens: login access token
func TestAccessExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, Config{})
		got, err := f.login(adaEmail, adaPassword)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(24*time.Hour - time.Second)
		if _, err := f.a.Authenticate(t.Context(), got.Token); err != nil {
			t.Errorf("a second before its end: %v", err)
		}
		time.Sleep(time.Second)
		if _, err := f.a.Authenticate(t.Context(), got.Token); message(err) != "jwt expired" {
			t.Errorf("at its end: %q, want jwt expired", message(err))
		}
	})
}

// Each change is seen by the next request, however hot the token is.
//
// Contract: auth.md Revocation: A token has the rights
// Contract: auth.md Revocation: So the server looks
func TestAuthenticateSeesChanges(t *testing.T) {
	f := newFixture(t, Config{})
	west := f.organization("West", f.top)
	user := f.user("joe", bellhop.RoleAgent, west)
	joe, err := f.login("joe@example.com", "p")
	if err != nil {
		t.Fatal(err)
	}
	role := func() bellhop.Scope {
		c, err := f.a.Authenticate(t.Context(), joe.Token)
		if err != nil {
			return bellhop.NoScope
		}
		return c.ScopeAt(c.OrgPath)
	}
	steps := []struct {
		name string
		do   func() error
		want bellhop.Scope
	}{
		{"nothing", func() error { return nil }, bellhop.ScopeAgent},
		{"raised, but not the token", func() error { return f.update(bellhop.Users, f.system, user, object{"role": "admin"}) }, bellhop.ScopeAgent},
		{"lowered", func() error { return f.update(bellhop.Users, f.system, user, object{"role": "guest"}) }, bellhop.ScopeGuest},
		{"suspended", func() error {
			return f.update(bellhop.Organizations, f.system, west, object{"status": "inactive"})
		}, bellhop.NoScope},
		{"revived", func() error {
			return f.update(bellhop.Organizations, f.system, west, object{"status": "active"})
		}, bellhop.ScopeGuest},
		{"deleted", func() error { return f.delete(bellhop.Users, f.system, user) }, bellhop.NoScope},
	}
	for _, step := range steps {
		if err := step.do(); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		for range 2 {
			if got := role(); got != step.want {
				t.Errorf("%s: scope %v, want %v", step.name, got, step.want)
			}
		}
	}
}

func TestAuthenticateConcurrently(t *testing.T) {
	f := newFixture(t, Config{})
	ada, err := f.login(adaEmail, adaPassword)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				if c, err := f.a.Authenticate(t.Context(), ada.Token); err != nil || c.ID != f.ada {
					t.Errorf("Authenticate = %v, %v", c, err)
				}
			}
		})
	}
	for i := range 10 {
		if err := f.update(bellhop.Users, f.system, f.ada, object{"meta": object{"n": i}}); err != nil {
			t.Error(err)
		}
	}
	wg.Wait()
}

func TestCallerCacheIsBounded(t *testing.T) {
	c := newCallerCache()
	for i := range maxSeen + 100 {
		c.put(string(rune(i))+"x", &seenToken{})
	}
	if len(c.seen) != maxSeen {
		t.Errorf("the cache holds %d tokens, want %d", len(c.seen), maxSeen)
	}
}

// Contract: auth.md Tokens: JWS compact
// Contract: auth.md Tokens: _id
// Contract: auth.md Tokens: organization
func TestTokenClaims(t *testing.T) {
	f := newFixture(t, Config{})
	got, err := f.login(adaEmail, adaPassword)
	if err != nil {
		t.Fatal(err)
	}
	decode := func(part string) string {
		text, err := base64URL.DecodeString(part)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	parts := strings.Split(got.Token, ".")
	if head := decode(parts[0]); head != `{"alg":"HS256","typ":"JWT"}` {
		t.Errorf("head = %s", head)
	}
	var c map[string]any
	if err := json.Unmarshal([]byte(decode(parts[1])), &c); err != nil {
		t.Fatal(err)
	}
	if c["_id"] != string(f.ada) || c["organization"] != string(f.top) || c["grant_type"] != "access_token" ||
		c["scope"] != "viewer anonymous guest agent bot supervisor admin" || c["exp"].(float64) != c["iat"].(float64)+86400 || len(c) != 6 {
		t.Errorf("claims = %v", c)
	}
}

func BenchmarkAuthenticate(b *testing.B) {
	f := newFixture(b, Config{})
	ada, err := f.login(adaEmail, adaPassword)
	if err != nil {
		b.Fatal(err)
	}
	authorization := "Bearer " + ada.Token
	ctx := b.Context()
	b.Run("hot", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := f.a.Authenticate(ctx, authorization); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("changed", func(b *testing.B) {
		b.ReportAllocs()
		c, _ := f.a.signer.verify(ada.Token)
		for b.Loop() {
			if _, err := f.a.callerOf(ctx, c); err != nil {
				b.Fatal(err)
			}
		}
	})
}
