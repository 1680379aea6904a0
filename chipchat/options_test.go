package chipchat

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"
)

func TestOptionsDefaults(t *testing.T) {
	b, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	o := b.options
	if o.Host != "https://api.web1on1.chat" || o.Webhook != "/" || o.Address != ":3000" || o.Logger == nil ||
		o.HTTPClient == nil || o.HTTPClient.Timeout == 0 {
		t.Errorf("options %+v", o)
	}
}

func TestOptionsWithEnvironment(t *testing.T) {
	environment := map[string]string{"SECRET": "s", "APIHOST": "http://127.0.0.1:8080/", "WEBHOOK_PATH": "hook", "PORT": "8090", "TOKEN": "t"}
	getenv := func(name string) string { return environment[name] }
	b, err := New(Options{}.WithEnvironment(getenv))
	if err != nil {
		t.Fatal(err)
	}
	if o := b.options; o.Secret != "s" || o.Host != "http://127.0.0.1:8080" || o.Webhook != "/hook" || o.Address != ":8090" || o.Token != "t" {
		t.Errorf("options %+v", o)
	}
	given := Options{Secret: "a", Host: "http://b", Webhook: "/c", Address: ":1", Token: "d"}
	if o := given.WithEnvironment(getenv); o.Token != "d" || o.Secret != "a" || o.Host != "http://b" || o.Webhook != "/c" || o.Address != ":1" {
		t.Errorf("the environment won over %+v", o)
	}
	if o := (Options{}).WithEnvironment(func(string) string { return "" }); o.Address != "" {
		t.Errorf("address %q without PORT", o.Address)
	}
}

// A bot that gets its tokens otherwise is not given another one by the environment.
func TestOptionsTokenOfEnvironment(t *testing.T) {
	getenv := func(string) string { return "t" }
	for _, o := range []Options{{TokenStore: &memoryStore{}}, {RefreshToken: "r"}} {
		if got := o.WithEnvironment(getenv); got.Token != "" {
			t.Errorf("%+v has got the token %q", o, got.Token)
		}
	}
}

func TestOptionsHost(t *testing.T) {
	for _, host := range []string{"127.0.0.1:8080", "ftp://x", "http://", "http://x?y=1", "http://x#y", "://"} {
		if _, err := New(Options{Host: host}); err == nil {
			t.Errorf("New with host %q = nil, want an error", host)
		}
	}
}

func TestAuth(t *testing.T) {
	token := makeToken(t, map[string]any{"_id": testBot, "organization": "o", "scope": "viewer bot", "iat": 1716718530, "exp": 1716804930})
	b, err := New(Options{Token: token, Email: "a@b.c"})
	if err != nil {
		t.Fatal(err)
	}
	want := Auth{User: testBot, Organization: "o", Scope: "viewer bot", Email: "a@b.c",
		IssuedAt: time.Unix(1716718530, 0).UTC(), ExpiresAt: time.Unix(1716804930, 0).UTC()}
	if b.Auth() != want {
		t.Errorf("Auth = %+v, want %+v", b.Auth(), want)
	}
	refresh := makeToken(t, map[string]any{"_id": testBot, "grant_type": "refresh_token"})
	if _, err := New(Options{Token: refresh}); !errors.Is(err, errRefreshAsToken) ||
		err.Error() != "Invalid token grant_type refresh_token" {
		t.Errorf("New with a refresh token = %v", err)
	}
	for _, token := range []string{"x", "a.b.c", "a.e30", "a.!.c", "a.W10.c"} {
		if _, err := New(Options{Token: token}); err != nil {
			t.Errorf("New with token %q = %v, want it only logged", token, err)
		}
	}
}

// A server that points elsewhere does not get what is sent carried there.
func TestBodiesStayAtTheirHost(t *testing.T) {
	var got atomic.Value
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got.Store(r.Method + " " + string(body))
		_, _ = io.WriteString(w, `{"id":"64b0f1a2c3d4e5f607182930"}`)
	}))
	defer other.Close()
	host := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+r.URL.Path, http.StatusTemporaryRedirect)
	}))
	defer host.Close()
	b, err := New(Options{Host: host.URL, Token: "a.b.c", Retries: -1})
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.Contacts.Create(t.Context(), fields{"profile": fields{"name": "secret"}})
	if e, ok := errors.AsType[*Error](err); !ok || e.StatusCode != http.StatusTemporaryRedirect || got.Load() != nil {
		t.Errorf("a redirect of what is sent leads to %v; the other host got %v", err, got.Load())
	}
	if _, err := b.Contacts.Get(t.Context(), "64b0f1a2c3d4e5f607182930", nil); err != nil || got.Load() != "GET " {
		t.Errorf("a redirect of a GET leads to %v; the other host got %v", err, got.Load())
	}
}
