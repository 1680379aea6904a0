package account

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"bellhop"
)

// payload decodes a token as clients do: without its signature.
func (f *fixture) payload(token string) object {
	f.t.Helper()
	text, err := base64URL.DecodeString(strings.Split(token, ".")[1])
	if err != nil {
		f.t.Fatal(err)
	}
	var claims object
	if err := json.Unmarshal(text, &claims); err != nil {
		f.t.Fatal(err)
	}
	return claims
}

// The clock of the bubble stands still, so the times are exact.
//
// Contract: auth.md Tokens: Clients decode the payload
// Contract: auth.md Tokens: iat
// Contract: auth.md Tokens: exp
// Contract: auth.md Tokens: login access token
// Contract: auth.md Tokens: refreshed access token
// Contract: auth.md Tokens: permanent bot token
// Contract: auth.md Tokens: refresh token |
// Contract: auth.md POST /v2/auth/token: The refresh token in a refresh answer
// Contract: auth.md POST /v2/auth/token: For a bot it is
// Contract: auth.md Revocation: A bot token does not expire
func TestKindsOfTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, Config{})
		bot := f.bot("Echo", f.top, nil)
		permanent, permanentRefresh, err := f.a.BotTokens(f.document(bellhop.Users, bot))
		if err != nil {
			t.Fatal(err)
		}
		login, err := f.login(adaEmail, adaPassword)
		if err != nil {
			t.Fatal(err)
		}
		issued := time.Now().Unix()
		time.Sleep(time.Hour)
		refreshed, err := f.token(object{"clientId": adaEmail, "refreshToken": login.RefreshToken}, "")
		if err != nil {
			t.Fatal(err)
		}
		botRefreshed, err := f.token(object{"clientId": bellhop.BotEmail(bot), "refreshToken": permanentRefresh}, "")
		if err != nil {
			t.Fatal(err)
		}
		now := time.Now().Unix()
		for _, test := range []struct {
			name, token string
			user        bellhop.ID
			grant       string
			issued, end int64 // 0 = absent
			scope       bellhop.Scope
		}{
			{"login", login.Token, f.ada, "access_token", issued, issued + 86400, bellhop.ScopeAdmin},
			{"its refresh token", login.RefreshToken, f.ada, "refresh_token", issued, 0, bellhop.ScopeAdmin},
			{"refreshed", refreshed.Token, f.ada, "access_token", now, now + 86400, bellhop.ScopeAdmin},
			{"its refresh token", refreshed.RefreshToken, f.ada, "refresh_token", now, 0, bellhop.ScopeAdmin},
			{"permanent", permanent, bot, "access_token", issued, 0, bellhop.ScopeBot},
			{"permanent refresh token", permanentRefresh, bot, "refresh_token", issued, 0, bellhop.ScopeBot},
			{"refreshed bot", botRefreshed.Token, bot, "access_token", now, now + 86400, bellhop.ScopeBot},
		} {
			want := object{
				"_id": string(test.user), "organization": string(f.top), "scope": test.scope.Ladder(), "grant_type": test.grant, "iat": float64(test.issued),
			}
			if test.end != 0 {
				want["exp"] = float64(test.end)
			}
			if same, err := equal(f.payload(test.token), want); !same || err != nil {
				t.Errorf("%s: claims %v, want %v", test.name, f.payload(test.token), want)
			}
		}
		// The permanent one counts for ever, the refresh tokens too.
		time.Sleep(10 * 365 * 24 * time.Hour)
		if _, err := f.a.Authenticate(t.Context(), permanent); err != nil {
			t.Errorf("permanent token after ten years: %v", err)
		}
		if _, err := f.token(object{"refreshToken": login.RefreshToken}, ""); err != nil {
			t.Errorf("refresh after ten years: %v", err)
		}
	})
}

// Contract: auth.md Tokens: A configurable access lifetime
func TestAccessLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const life = 30 * 24 * time.Hour
		f := newFixture(t, Config{AccessLife: life})
		before := time.Now().UTC().Add(life)
		login, err := f.login(adaEmail, adaPassword)
		if end := login.ExpiresAt.Time(); err != nil || end.Before(before) || end.After(time.Now().Add(life)) {
			t.Errorf("expires at %v, %v", login.ExpiresAt, err)
		}
		if c := f.payload(login.Token); c["exp"].(float64) != c["iat"].(float64)+life.Seconds() {
			t.Errorf("claims %v", c)
		}
	})
}

// The SDK looks at the scope to find out whether to refresh.
//
// Contract: auth.md Tokens: It refreshes only
// Contract: auth.md Tokens: scope
// Contract: auth.md Scopes and roles: Ladder, ascending
// Contract: auth.md Scopes and roles: The scope claim of a user
// Contract: auth.md Scopes and roles: Role owner has the scope
// Contract: auth.md Scopes and roles: A bot may have been given
// Contract: auth.md POST /v2/auth/token: user and organization are id strings
func TestScopeOfTokens(t *testing.T) {
	f := newFixture(t, Config{})
	west := f.organization("West", f.top)
	refreshes := regexp.MustCompile(`admin|bot`)
	const all = "viewer anonymous guest agent bot supervisor admin"
	for _, test := range []struct {
		role  bellhop.Role
		scope string
	}{
		{bellhop.RoleViewer, "viewer"}, {bellhop.RoleGuest, "viewer anonymous guest"}, {bellhop.RoleAgent, "viewer anonymous guest agent"},
		{bellhop.RoleSupervisor, "viewer anonymous guest agent bot supervisor"}, {bellhop.RoleAdmin, all}, {bellhop.RoleOwner, all},
	} {
		f.user(string(test.role), test.role, west)
		login, err := f.login(string(test.role)+"@example.com", "p")
		if err != nil {
			t.Fatal(err)
		}
		if got := f.payload(login.Token)["scope"]; got != test.scope || login.Scope != string(test.role) {
			t.Errorf("%s: scope %v and %q, want %q", test.role, got, login.Scope, test.scope)
		}
	}
	for scope, want := range map[string]string{"bot": "viewer anonymous guest agent bot", "admin": all} {
		bot := f.bot(scope, west, object{"scope": scope})
		token, refreshToken, err := f.a.BotTokens(f.document(bellhop.Users, bot))
		if err != nil {
			t.Fatal(err)
		}
		answer, err := f.token(object{"refreshToken": refreshToken}, "")
		if got := f.payload(token)["scope"]; got != want || !refreshes.MatchString(want) || answer.Scope != "bot" || err != nil {
			t.Errorf("bot with scope %s: %v and %q, %v, want %q and bot", scope, got, answer.Scope, err, want)
		}
		if role := f.fields(bellhop.Users, bot)["role"]; role != "bot" {
			t.Errorf("bot with scope %s has the role %v", scope, role)
		}
	}
	mixed := f.mustCreate(bellhop.Users, object{"name": "Mixed", "email": "mixed@example.com", "password": "p", "organizations": []any{
		object{"organization": string(west), "role": "guest", "selected": true}, object{"organization": string(f.top), "role": "admin"},
	}})
	login, err := f.login("mixed@example.com", "p")
	if err != nil || f.payload(login.Token)["scope"] != all || login.Scope != "guest" || login.User != string(mixed.ID) {
		t.Errorf("guest here, admin there: %+v, %v, %v", f.payload(login.Token), login, err)
	}
}
