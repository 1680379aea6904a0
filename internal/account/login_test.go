package account

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"bellhop"
	"bellhop/internal/store"
)

// refreshes is what the SDK refreshes its token upon. It must never match an answer of
// the endpoint that refreshes.
var refreshes = regexp.MustCompile(`(?i)jwt expired|invalid signature|invalid token`)

// Contract: auth.md POST /v2/auth/token: { "tokenType"
// Contract: auth.md POST /v2/auth/token: A server without two-factor
// Contract: auth.md POST /v2/auth/token: otp: six digits
// Contract: auth.md POST /v2/auth/token: Email comparison
// Contract: auth.md POST /v2/auth/token: expiresAt is the expiry
func TestTokenAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, Config{})
		body, err := f.a.Token(t.Context(), []byte(`{"email":" ADA@example.com ","password":"open sesame","otp":"123456"}`), "")
		if err != nil {
			t.Fatal(err)
		}
		var got answer
		if err := json.Unmarshal(body, &got); err != nil {
			t.Fatal(err)
		}
		want := `{"tokenType":"Bearer","token":"` + got.Token + `","refreshToken":"` + got.RefreshToken + `","user":"` + string(f.ada) +
			`","organization":"` + string(f.top) + `","expiresAt":"2000-01-02T00:00:00.000Z","scope":"admin"}`
		if string(body) != want {
			t.Errorf("Token = %s\nwant    %s", body, want)
		}
	})
}

// Contract: auth.md POST /v2/auth/token: Failures
// Contract: auth.md POST /v2/auth/token: wrong email or password
// Contract: auth.md POST /v2/auth/token: refresh token malformed
// Contract: auth.md POST /v2/auth/token: neither credential pair
// Contract: auth.md POST /v2/auth/token: Recursion rule
// Contract: auth.md POST /v2/auth/token: No answer of this endpoint
// Contract: auth.md POST /v2/auth/token: The SDK runs the refresh
func TestTokenRefuses(t *testing.T) {
	f := newFixture(t, Config{})
	ada, err := f.login(adaEmail, adaPassword)
	if err != nil {
		t.Fatal(err)
	}
	f.user("joe", bellhop.RoleAgent, f.top)
	joe, err := f.login("joe@example.com", "p")
	if err != nil {
		t.Fatal(err)
	}
	inactive := f.user("ina", bellhop.RoleAgent, f.top)
	if err := f.update(bellhop.Users, f.system, inactive, object{"status": "inactive"}); err != nil {
		t.Fatal(err)
	}
	f.mustCreate(bellhop.Users, object{"givenName": "Ivo", "email": "ivo@example.com"}) // invited
	bot := f.bot("Echo", f.top, nil)
	foreign, _ := signer{key: random(32)}.sign(claims{User: f.ada, GrantType: grantRefresh})

	const credentials, refresh, missing = "Invalid email or password", "Invalid refresh token", "Missing credentials"
	for _, test := range []struct{ name, body, want string }{
		{"wrong password", `{"email":"ada@example.com","password":"x"}`, credentials},
		{"unknown user", `{"email":"eve@example.com","password":"x"}`, credentials},
		{"inactive user", `{"email":"ina@example.com","password":"p"}`, credentials},
		{"invited user", `{"email":"ivo@example.com","password":"p"}`, credentials},
		{"bot", `{"email":"` + bellhop.BotEmail(bot) + `","password":"p"}`, credentials},
		{"long password", `{"email":"joe@example.com","password":"` + string(bytes.Repeat([]byte("p"), 5000)) + `"}`, credentials},
		{"malformed", `{"refreshToken":"abc"}`, refresh},
		{"access token", `{"refreshToken":"` + ada.Token + `"}`, refresh},
		{"badly signed", `{"refreshToken":"` + foreign + `"}`, refresh},
		{"of another user", `{"clientId":"ada@example.com","refreshToken":"` + joe.RefreshToken + `"}`, refresh},
		{"nothing", `{}`, missing},
		{"half a pair", `{"email":"ada@example.com"}`, missing},
		{"half of each", `{"email":"ada@example.com","clientId":"x"}`, missing},
		{"not strings", `{"email":["ada@example.com"],"password":7}`, missing},
		{"empty strings", `{"email":"","password":"","refreshToken":""}`, missing},
		{"array", `[]`, missing},
		{"not JSON", `email=ada@example.com`, missing},
		{"empty", ``, missing},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := f.a.Token(t.Context(), []byte(test.body), "")
			want := bellhop.Unauthenticated
			if test.want == missing {
				want = bellhop.Invalid
			}
			if message(err) != test.want || codeOf(err) != want {
				t.Errorf("Token = %q (code %d), want %q", message(err), codeOf(err), test.want)
			}
			if refreshes.MatchString(message(err)) {
				t.Errorf("the SDK would refresh for ever upon %q", message(err))
			}
		})
	}
}

// Contract: auth.md POST /v2/auth/token: clientId: the primary email
// Contract: auth.md POST /v2/auth/token: The domain chatshipper.com
// Contract: auth.md POST /v2/auth/token: An absent clientId
// Contract: auth.md POST /v2/auth/token: An old refresh token
// Contract: auth.md POST /v2/auth/token: Email comparison
func TestRefresh(t *testing.T) {
	f := newFixture(t, Config{})
	ada, err := f.login(adaEmail, adaPassword)
	if err != nil {
		t.Fatal(err)
	}
	for _, client := range []string{"", "ada@example.com", "Ada@Example.COM"} {
		got, err := f.token(object{"clientId": client, "refreshToken": ada.RefreshToken}, "")
		if err != nil {
			t.Errorf("refresh of %q: %v", client, err)
			continue
		}
		if c, err := f.a.Authenticate(t.Context(), got.Token); err != nil || c.ID != f.ada {
			t.Errorf("refreshed token of %q: %v, %v", client, c, err)
		}
	}

	bot := f.bot("Echo", f.top, nil)
	_, refreshToken, err := f.a.BotTokens(f.document(bellhop.Users, bot))
	if err != nil {
		t.Fatal(err)
	}
	for _, domain := range []string{"web1on1.chat", "chatshipper.com"} {
		got, err := f.token(object{"clientId": "bot+" + string(bot) + "@" + domain, "refreshToken": refreshToken}, "")
		if err != nil || got.Scope != "bot" || got.User != string(bot) {
			t.Errorf("refresh of a bot at %s = %+v, %v", domain, got, err)
		}
	}
	if err := f.delete(bellhop.Bots, f.system, bot); err != nil {
		t.Fatal(err)
	}
	if _, err := f.token(object{"refreshToken": refreshToken}, ""); message(err) != "Invalid refresh token" {
		t.Errorf("refresh of a deleted bot: %q", message(err))
	}
}

// Contract: auth.md POST /v2/auth/token: A successful password login
func TestLoggedIn(t *testing.T) {
	var users []bellhop.ID
	fail := error(nil)
	f := newFixture(t, Config{LoggedIn: func(_ context.Context, tx *store.Tx, user *bellhop.Document, now bellhop.Time) error {
		if tx == nil || now == 0 {
			t.Error("LoggedIn outside of a transaction or of time")
		}
		users = append(users, user.ID)
		return fail
	}})
	ada, err := f.login(adaEmail, adaPassword)
	if err != nil {
		t.Fatal(err)
	}
	f.login(adaEmail, "wrong")
	f.token(object{"refreshToken": ada.RefreshToken}, "")
	if _, _, err := f.a.StartSession(t.Context(), adaEmail, adaPassword, ""); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(users, []bellhop.ID{f.ada}) {
		t.Errorf("logged in: %v, want Ada once", users)
	}
	fail = errors.New("disk full")
	if _, err := f.login(adaEmail, adaPassword); !errors.Is(err, fail) {
		t.Errorf("login without its event: %v, want %v", err, fail)
	}
}

// Contract: auth.md Permissions: Several failed logins
func TestThrottle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, Config{})
		f.user("joe", bellhop.RoleAgent, f.top)
		fail := func(email, address string, n int) {
			t.Helper()
			for i := range n {
				if _, err := f.token(object{"email": email, "password": "x"}, address); codeOf(err) != bellhop.Unauthenticated {
					t.Fatalf("failure %d of %s: %v", i+1, email, err)
				}
			}
		}
		// waits returns how long who has the right password is kept away.
		waits := func(email, password, address string) time.Duration {
			t.Helper()
			_, err := f.token(object{"email": email, "password": password}, address)
			if err == nil {
				return 0
			}
			e, ok := errors.AsType[*bellhop.Error](err)
			if !ok || e.Code != bellhop.TooMany || e.Message != "Too many requests" || e.RetryAfter <= 0 {
				t.Fatalf("login of %s: %v, want to be told to wait", email, err)
			}
			return e.RetryAfter
		}

		fail(adaEmail, "192.0.2.1", accountFailures-1)
		if wait := waits(adaEmail, adaPassword, "192.0.2.1"); wait != 0 {
			t.Errorf("after %d failures: wait %v", accountFailures-1, wait)
		}
		fail(adaEmail, "192.0.2.1", accountFailures) // the success has ended the row
		for range 3 {                                // asking does not prolong it
			if wait := waits("ADA@example.com", adaPassword, "192.0.2.2"); wait != firstWait {
				t.Errorf("after %d failures: wait %v, want %v", accountFailures, wait, firstWait)
			}
		}
		if wait := waits("joe@example.com", "p", "192.0.2.1"); wait != 0 {
			t.Errorf("another account waits %v", wait)
		}
		if _, _, err := f.a.StartSession(t.Context(), adaEmail, adaPassword, ""); codeOf(err) != bellhop.TooMany {
			t.Errorf("StartSession of an account that has to wait: %v", err)
		}
		time.Sleep(firstWait)
		fail(adaEmail, "192.0.2.1", 1)
		if wait := waits(adaEmail, adaPassword, ""); wait != 2*firstWait {
			t.Errorf("after one more: wait %v, want %v", wait, 2*firstWait)
		}
		for range 10 {
			time.Sleep(longestWait)
			fail(adaEmail, "192.0.2.1", 1)
		}
		if wait := waits(adaEmail, adaPassword, ""); wait != longestWait {
			t.Errorf("after many: wait %v, want %v", wait, longestWait)
		}
		time.Sleep(longestWait)
		if wait := waits(adaEmail, adaPassword, ""); wait != 0 {
			t.Errorf("after the wait: %v", wait)
		}

		// An account that does not exist is treated as one that does.
		fail("eve@example.com", "198.51.100.1", accountFailures)
		if wait := waits("eve@example.com", "x", ""); wait != firstWait {
			t.Errorf("unknown account: wait %v, want %v", wait, firstWait)
		}

		// One address that tries many accounts.
		for i := range addressFailures {
			fail(string(rune('a'+i))+"@example.org", "[2001:db8:0:1::7]:4711", 1)
		}
		if wait := waits("joe@example.com", "p", "2001:db8:0:1::8"); wait != firstWait {
			t.Errorf("address of many failures: wait %v, want %v", wait, firstWait)
		}
		if wait := waits("joe@example.com", "p", "2001:db8:0:2::8"); wait != 0 {
			t.Errorf("other network: wait %v", wait)
		}
		time.Sleep(forgetAfter)
		if wait := waits("joe@example.com", "p", "2001:db8:0:1::8"); wait != 0 {
			t.Errorf("after %v: wait %v", forgetAfter, wait)
		}
	})
}

func TestCheckPassword(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, Config{})
		ada := f.as(f.ada)
		if err := f.a.CheckPassword(t.Context(), ada, adaPassword, ""); err != nil {
			t.Errorf("the right password: %v", err)
		}
		for range accountFailures {
			if err := f.a.CheckPassword(t.Context(), ada, "x", ""); codeOf(err) != bellhop.Unauthenticated {
				t.Errorf("a wrong password: %v", err)
			}
		}
		if err := f.a.CheckPassword(t.Context(), ada, adaPassword, ""); codeOf(err) != bellhop.TooMany {
			t.Errorf("who has guessed so often is not slowed down: %v", err)
		}
		gone := *ada
		gone.ID = f.top
		if err := f.a.CheckPassword(t.Context(), &gone, adaPassword, ""); codeOf(err) != bellhop.Unauthenticated {
			t.Errorf("somebody who is not there: %v", err)
		}
	})
}

// Who tries one name after the other from everywhere fills nothing for longer than it counts.
func TestThrottleForgets(t *testing.T) {
	f := newFixture(t, Config{})
	fail := func(name string, now bellhop.Time, n int) {
		t.Helper()
		err := f.db.Update(t.Context(), func(tx *store.Tx) error {
			for i := range n {
				if err := f.a.throttle.failure(t.Context(), tx, f.a.throttle.attempt(fmt.Sprint(name, i), "192.0.2.1"), now); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	known := func(name string) (known bool) {
		t.Helper()
		a := f.a.throttle.attempt(name, "")
		_, known, err := f.a.throttle.wait(t.Context(), a, 0)
		if err != nil {
			t.Fatal(err)
		}
		return known
	}
	now := f.a.now()
	fail("old", now, trimEvery-1)
	fail("new", now.Add(forgetAfter), 1)
	if known("old0") || !known("new0") {
		t.Errorf("after %d failures an old one is known: %v, and the newest: %v, want that alone", trimEvery, known("old0"), known("new0"))
	}
}

// What somebody types as his name may be his password, and is not in the store.
func TestThrottleKeepsNoNames(t *testing.T) {
	f := newFixtureIn(t, store.Config{Dir: t.TempDir(), Unsafe: true}, Config{})
	if _, err := f.login("open sesame please", "x"); codeOf(err) != bellhop.Unauthenticated {
		t.Fatal(err)
	}
	f.db.Close()
	err := filepath.WalkDir(f.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if bytes.Contains(content, []byte("sesame please")) {
			t.Errorf("%s holds what was typed", d.Name())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Nothing that opens a door lies in clear in the files of the store.
func TestNothingInClear(t *testing.T) {
	f := newFixtureIn(t, store.Config{Dir: t.TempDir(), Unsafe: true}, Config{})
	ada, err := f.login(adaEmail, adaPassword)
	if err != nil {
		t.Fatal(err)
	}
	cookie, _, err := f.a.StartSession(t.Context(), adaEmail, adaPassword, "")
	if err != nil {
		t.Fatal(err)
	}
	bot := f.bot("Echo", f.top, object{"token": "posted back", "refreshToken": "posted back"})
	token, refreshToken, err := f.a.BotTokens(f.document(bellhop.Users, bot))
	if err != nil {
		t.Fatal(err)
	}
	f.user("joe", bellhop.RoleAgent, f.top)
	joe := f.mustCreate(bellhop.Users, object{"name": "Jo", "email": "jo@example.com", "password": "correct horse battery", "token": "posted back"})
	if err := f.update(bellhop.Users, f.system, joe.ID, object{"password": "staple staple staple"}); err != nil {
		t.Fatal(err)
	}
	secrets := []string{
		adaPassword, "correct horse battery", "staple staple staple", "argon2id", f.identity(f.ada).secrets.Password,
		ada.Token, ada.RefreshToken, token, refreshToken, cookie, string(f.a.signer.key), "posted back", "eyJ",
	}
	files := 0
	err = filepath.WalkDir(f.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		content, err := os.ReadFile(path)
		for i, secret := range secrets {
			if bytes.Contains(content, []byte(secret)) {
				t.Errorf("%s holds secret %d in clear", d.Name(), i)
			}
		}
		return err
	})
	if err != nil || files < 2 {
		t.Errorf("read %d files: %v", files, err)
	}
	if found, err := os.ReadFile(filepath.Join(f.dir, "bellhop.db-wal")); err != nil || !bytes.Contains(found, []byte(adaEmail)) {
		t.Errorf("the files read are not those that are written: %v", err)
	}
}
