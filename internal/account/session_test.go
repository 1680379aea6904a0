package account

import (
	"testing"
	"testing/synctest"
	"time"

	"bellhop"
	"bellhop/internal/store"
)

func TestSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, Config{})
		start := func() string {
			t.Helper()
			cookie, c, err := f.a.StartSession(t.Context(), adaEmail, adaPassword, "192.0.2.1")
			if err != nil || c.ID != f.ada || c.Scope != bellhop.ScopeAdmin || len(cookie) != 43 {
				t.Fatalf("StartSession = %q, %+v, %v", cookie, c, err)
			}
			return cookie
		}
		holds := func(cookie string) bool {
			t.Helper()
			c, err := f.a.Session(t.Context(), cookie)
			if err != nil && (codeOf(err) != bellhop.Unauthenticated || c != nil) {
				t.Fatalf("Session = %v, %v", c, err)
			}
			return err == nil && c.ID == f.ada
		}
		if _, _, err := f.a.StartSession(t.Context(), adaEmail, "x", ""); message(err) != "Invalid email or password" {
			t.Errorf("wrong password: %v", err)
		}

		first := start()
		time.Sleep(SessionLife - time.Minute)
		second := start()
		if !holds(first) || !holds(second) || holds("") || holds("x") {
			t.Error("a minute before the first ends: both should hold, and nothing else")
		}
		time.Sleep(time.Minute)
		if holds(first) || !holds(second) {
			t.Error("when the first ends, it alone should end, used or not")
		}
		third := start()
		var left *store.Login
		err := f.db.View(t.Context(), func(tx *store.Tx) (err error) {
			left, err = tx.Login(t.Context(), digestOf(first))
			return err
		})
		if err != nil || left != nil {
			t.Errorf("a session that has ended is left over: %v, %v", left, err)
		}

		if err := f.a.EndSession(t.Context(), second); err != nil {
			t.Fatal(err)
		}
		if err := f.a.EndSession(t.Context(), second); err != nil {
			t.Errorf("ended twice: %v", err)
		}
		if holds(second) || !holds(third) {
			t.Error("EndSession should end one session")
		}
		if err := f.a.SetPassword(t.Context(), "ADA@example.com", "new"); err != nil {
			t.Fatal(err)
		}
		if holds(third) {
			t.Error("a new password should end all sessions")
		}
	})
}

// What was issued before a revocation ends with it, what is issued after it counts, also
// when no time passes between: the clock of the bubble stands still.
//
// Contract: auth.md Permissions: A user has a time before which
// Contract: auth.md POST /v2/auth/token: refresh token malformed
func TestRevoke(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, Config{})
		bot := f.bot("Echo", f.top, nil)
		permanent := func() string {
			token, _, err := f.a.BotTokens(f.document(bellhop.Users, bot))
			if err != nil {
				t.Fatal(err)
			}
			return token
		}
		works := func(token string) bool {
			_, err := f.a.Authenticate(t.Context(), token)
			if err != nil && message(err) != "invalid token" {
				t.Errorf("Authenticate: %v", err)
			}
			return err == nil
		}
		before := permanent()
		if !works(before) || permanent() != before {
			t.Fatal("a permanent token should work and stay the same")
		}
		ada := f.as(f.ada)
		if err := f.a.Revoke(t.Context(), ada, bot); err != nil {
			t.Fatal(err)
		}
		after := permanent()
		if works(before) || !works(after) {
			t.Errorf("before: %v, after: %v, want only the one after to work", works(before), works(after))
		}

		login, err := f.login(adaEmail, adaPassword)
		if err != nil {
			t.Fatal(err)
		}
		cookie, _, err := f.a.StartSession(t.Context(), adaEmail, adaPassword, "")
		if err != nil {
			t.Fatal(err)
		}
		if err := f.update(bellhop.Users, ada, f.ada, object{"password": "new"}); err != nil {
			t.Fatal(err)
		}
		again, err := f.login(adaEmail, "new")
		if err != nil {
			t.Fatal(err)
		}
		if works(login.Token) || !works(again.Token) {
			t.Error("a new password should end the tokens before it, and no others")
		}
		if _, err := f.token(object{"refreshToken": login.RefreshToken}, ""); message(err) != "Invalid refresh token" {
			t.Errorf("refresh token of before: %v", err)
		}
		if _, err := f.a.Session(t.Context(), cookie); codeOf(err) != bellhop.Unauthenticated {
			t.Errorf("session of before: %v", err)
		}
		if _, err := f.login(adaEmail, adaPassword); message(err) != "Invalid email or password" {
			t.Errorf("old password: %v", err)
		}
	})
}

func TestRevokeTakesAnAdminOrOneself(t *testing.T) {
	f := newFixture(t, Config{})
	west, east := f.organization("West", f.top), f.organization("East", f.top)
	westAdmin, eastAdmin := f.user("wes", bellhop.RoleAdmin, west), f.user("eve", bellhop.RoleAdmin, east)
	agent, supervisor := f.user("joe", bellhop.RoleAgent, west), f.user("sue", bellhop.RoleSupervisor, west)
	for _, test := range []struct {
		name         string
		caller, user bellhop.ID
		want         string
	}{
		{"admin", westAdmin, agent, ""},
		{"admin himself", westAdmin, westAdmin, ""},
		{"admin of all", f.ada, agent, ""},
		{"supervisor", supervisor, agent, "Permission denied"},
		{"user himself", agent, agent, ""},
		{"admin elsewhere", eastAdmin, agent, "User not found"},
		{"of one above", westAdmin, f.ada, "User not found"},
		{"nobody", f.ada, west, "User not found"},
	} {
		if err := f.a.Revoke(t.Context(), f.as(test.caller), test.user); message(err) != test.want {
			t.Errorf("%s: Revoke = %q, want %q", test.name, message(err), test.want)
		}
	}
}

func TestIssueTokens(t *testing.T) {
	f := newFixture(t, Config{})
	ada := f.as(f.ada)
	tokens, err := f.a.IssueTokens(t.Context(), ada)
	if err != nil {
		t.Fatal(err)
	}
	if c, err := f.a.Authenticate(t.Context(), tokens.Access); err != nil || c.ID != f.ada || tokens.Expires == 0 {
		t.Errorf("issued token: %v, %v, expires %v", c, err, tokens.Expires)
	}
	low := *ada
	low.Scope = bellhop.ScopeAgent
	if _, err := f.a.IssueTokens(t.Context(), &low); message(err) != "Permission denied" {
		t.Errorf("a token of low scope gets another one: %v", err)
	}
}
