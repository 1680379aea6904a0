package main

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"bellhop/chipchat"
)

// profilesIn is an environment with profiles of its own.
func profilesIn(t *testing.T) (environment, *profileFile) {
	t.Helper()
	dir := t.TempDir()
	env := environment{
		getenv: func(name string) string { return map[string]string{"XDG_CONFIG_HOME": dir}[name] },
		stderr: io.Discard,
	}
	file, err := openProfiles(env)
	if err != nil {
		t.Fatal(err)
	}
	return env, file
}

func token(claims string) string {
	return "e30." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".sig"
}

// A token that has expired is renewed, and the new ones are kept, also where the file was changed by another process
// meanwhile.
func TestRenewedTokensAreKept(t *testing.T) {
	env, file := profilesIn(t)
	stale, fresh := token(`{"scope":"agent bot admin"}`), token(`{"scope":"agent bot admin","iat":2}`)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		switch {
		case q.URL.Path == "/v2/auth/token":
			fmt.Fprintf(w, `{"token":%q,"refreshToken":"again"}`, fresh)
		case q.Header.Get("Authorization") == "Bearer "+fresh:
			io.WriteString(w, `[]`)
		default:
			w.WriteHeader(http.StatusUnauthorized)
			io.WriteString(w, `{"error":{"message":"jwt expired"}}`)
		}
	}))
	defer server.Close()
	if err := file.change(func(kept *profiles) error {
		kept.Current = "a"
		kept.Profiles["a"] = &profile{Host: server.URL, Token: stale, RefreshToken: "once"}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	var c connection
	bot, err := c.client(env)
	if err != nil {
		t.Fatal(err)
	}
	if err := file.change(func(kept *profiles) error {
		kept.Profiles["b"] = &profile{Host: "http://b.example"}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := bot.Services.List(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	kept, err := file.read()
	if err != nil || kept.Profiles["b"] == nil || kept.Profiles["a"].Token != fresh || kept.Profiles["a"].RefreshToken != "again" {
		t.Errorf("kept %+v, %v", kept, err)
	}
}

// The tokens of a profile are for its host alone.
func TestTokensStayWithTheirHost(t *testing.T) {
	env, file := profilesIn(t)
	if err := file.change(func(kept *profiles) error {
		kept.Current = "a"
		kept.Profiles["a"] = &profile{Host: "http://a.example", Token: "a"}
		kept.Profiles["b"] = &profile{Host: "http://b.example", Token: "b"}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		c           connection
		host, token string // "" for an error
	}{
		{connection{}, "http://a.example", "a"},
		{connection{profile: "b"}, "http://b.example", "b"},
		{connection{host: "b.example"}, "", ""}, // https
		{connection{host: "http://b.example/"}, "http://b.example", "b"},
		{connection{host: "http://b.example/v2"}, "http://b.example", "b"},
		{connection{host: "http://c.example"}, "", ""},
		{connection{host: "http://b.example", profile: "a"}, "", ""},
		{connection{profile: "c"}, "", ""},
		{connection{host: "http://c.example", token: "c"}, "http://c.example", "c"},
		{connection{token: "c"}, "http://a.example", "c"},
		{connection{host: "http://user:secret@b.example"}, "", ""},
	} {
		l, err := test.c.login(env)
		if (err == nil) != (test.host != "") {
			t.Errorf("%+v: %v", test.c, err)
			continue
		}
		if err != nil {
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("%+v: the error %q has the password", test.c, err)
			}
			continue
		}
		if l.host != test.host || l.tokens != (chipchat.Tokens{Token: test.token}) {
			t.Errorf("%+v: %s with %q, want %s with %q", test.c, l.host, l.tokens.Token, test.host, test.token)
		}
	}
}

// Changes that happen at the same time all hold, and what cannot be read is left as it is.
func TestProfilesFile(t *testing.T) {
	_, file := profilesIn(t)
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			if err := file.change(func(kept *profiles) error {
				kept.Profiles[fmt.Sprint(i)] = &profile{Host: "http://x.example"}
				return nil
			}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if kept, err := file.read(); err != nil || len(kept.Profiles) != 20 {
		t.Errorf("kept %v, %v", kept, err)
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(file.path), ".profiles-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if err := os.WriteFile(file.path, []byte(`{"profiles":{"a":"s3cret`), 0o600); err != nil {
		t.Fatal(err)
	}
	err := file.change(func(*profiles) error { return nil })
	if err == nil || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("a broken file: %v", err)
	}
	if text, err := os.ReadFile(file.path); err != nil || !strings.Contains(string(text), "s3cret") {
		t.Errorf("the broken file is now %q, %v", text, err)
	}
}
