package api_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/api"
	"bellhop/internal/conversation"
	"bellhop/internal/egress"
	"bellhop/internal/live"
	"bellhop/internal/openapi/openapitest"
	"bellhop/internal/resource"
	"bellhop/internal/stats"
	"bellhop/internal/store"
	"bellhop/internal/store/storetest"
	"bellhop/internal/subscription"
	"bellhop/internal/web"
)

const (
	adminEmail    = "ada@example.com"
	adminPassword = "open sesame"
)

type object = map[string]any

// house is a server that was set up: Ada is the admin at the top, Acme and Other lie below.
type house struct {
	testing.TB
	api      *api.API
	accounts *account.Accounts
	handler  http.Handler
	bare     http.Handler // handler without the OpenAPI document
	admin    client
	top      string
	acme     string // an organization
	other    string // another one
	log      *journal
	stats    *stats.Stats
	live     *live.Hub
	health   subscription.Health // of all services
	names    int                 // how many were made up
}

// journal keeps what was logged as a warning or worse.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

// take returns what was logged, and forgets it.
func (j *journal) take() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	text := j.text.String()
	j.text.Reset()
	return text
}

// seed is a store that was set up, and what is known of it: hashing passwords takes long
// on purpose, so it is done once.
var seed struct {
	name            string // no other process has it
	dir, token, top string
	checker         *openapitest.Checker
}

func TestMain(m *testing.M) {
	seed.name = rand.Text()
	dir, err := os.MkdirTemp("", "bellhop-api-")
	if err == nil && !storetest.OnPostgres() {
		err = plant(store.Config{Dir: dir, Unsafe: true})
	}
	if err == nil {
		seed.checker, err = openapitest.New()
	}
	code := 1
	if err == nil {
		code = m.Run()
	} else {
		fmt.Fprintln(os.Stderr, err)
	}
	os.RemoveAll(dir)
	os.Exit(code)
}

// plant sets a store up, and logs Ada in.
func plant(config store.Config) error {
	ctx := context.Background()
	db, err := store.Open(ctx, config)
	if err != nil {
		return err
	}
	defer db.Close()
	accounts, err := account.New(ctx, db, account.Config{})
	if err != nil {
		return err
	}
	result, err := accounts.Setup(ctx, account.SetupRequest{
		Organization: "Top", Email: adminEmail, Password: adminPassword, GivenName: "Ada",
	})
	if err != nil {
		return err
	}
	answer, err := accounts.Token(ctx, []byte(`{"email":"`+adminEmail+`","password":"`+adminPassword+`"}`), "")
	if err != nil {
		return err
	}
	var login struct{ Token string }
	seed.dir, seed.top = config.Dir, string(result.Organization)
	err = json.Unmarshal(answer, &login)
	seed.token = login.Token
	return err
}

// sprout returns a copy of the store that was planted.
func sprout(t testing.TB) store.Config {
	t.Helper()
	if storetest.OnPostgres() {
		return storetest.PostgresCopy(t, "api "+seed.name, plant) // whose token is known to this process
	}
	config := store.Config{Dir: t.TempDir(), Unsafe: true}
	if err := os.CopyFS(config.Dir, os.DirFS(seed.dir)); err != nil {
		t.Fatal(err)
	}
	return config
}

// open returns a server with two organizations below the top.
func open(t testing.TB) *house {
	t.Helper()
	h := build(t, api.Config{})
	h.acme = h.admin.create("/v2/organizations", object{"name": "Acme"})
	h.other = h.admin.create("/v2/organizations", object{"name": "Other"})
	return h
}

// build puts a server together as it is served, but for the dispatcher. What is sent and
// answered is held to the OpenAPI document: what is not as it says is found in the log. It may reach 127.0.0.0/8, unless
// out says otherwise.
func build(t testing.TB, config api.Config, out ...egress.Config) *house {
	t.Helper()
	db, err := store.Open(t.Context(), sprout(t))
	if err != nil {
		t.Fatal(err)
	}
	h := &house{TB: t, log: new(journal), top: seed.top}
	h.admin = client{h, seed.token}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
		if text := h.log.take(); text != "" {
			t.Errorf("the server has logged what is wrong:\n%s", text)
		}
	})
	log := slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelWarn}))
	out = append(out, egress.Config{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	outside, err := egress.New(out[0])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(outside.CloseIdle)
	const public = "https://api.example.com"
	config.Subscriptions = subscription.New(subscription.Config{DB: db, Egress: outside, API: public, Log: log,
		Health: func(bellhop.ID) subscription.Health { return h.health }})
	config.Accounts, err = account.New(t.Context(), db, account.Config{LoggedIn: config.Subscriptions.LoggedIn})
	if err != nil {
		t.Fatal(err)
	}
	config.Conversations = conversation.New(conversation.Config{DB: db, Announce: config.Subscriptions.Announce, App: public})
	config.Live = live.NewHub(config.Subscriptions, nil)
	config.Stats = stats.New(stats.Config{DB: db, Log: log})
	rules := resource.AccountRules(config.Accounts)
	rules[bellhop.Services] = resource.ServiceRules(config.Subscriptions, func(bellhop.ID) {})
	maps.Copy(rules, config.Conversations.Rules())
	config.Resources = resource.New(resource.Config{DB: db, Subscriptions: config.Subscriptions, Rules: rules})
	mux := http.NewServeMux()
	h.api, h.accounts = api.New(config), config.Accounts
	h.api.Routes(mux)
	h.stats, h.live = config.Stats, config.Live
	h.bare = web.Wrap(mux, log)
	h.handler = seed.checker.Handler(h.bare, func(err error) { fmt.Fprintln(h.log, err) })
	return h
}

// bot makes a bot in an organization and returns it as a client.
func (h *house) bot(name, organization, scope string) (bot client, id string) {
	h.Helper()
	var made struct{ ID, Token string }
	h.admin.must(201, "POST", "/v2/bots", object{"name": name, "organization": organization, "scope": scope}, &made)
	return client{h, made.Token}, made.ID
}

// user makes a person and logs him in.
func (h *house) user(name, role, organization string) client {
	h.Helper()
	email := name + "@example.com"
	h.admin.must(201, "POST", "/v2/users", object{
		"givenName": name, "email": email, "password": "p", "role": role, "organization": organization,
	}, nil)
	var login struct{ Token string }
	h.admin.must(201, "POST", "/v2/auth/token", object{"email": email, "password": "p"}, &login)
	return client{h, login.Token}
}

// conversation begins one with a contact in an organization and returns its id.
func (h *house) conversation(name, organization string) string {
	h.Helper()
	return h.admin.create("/v2/conversations", object{
		"type": "contact", "organization": organization,
		"contact":  object{"profile": object{"name": name, "email": strings.ToLower(name) + "@example.com"}},
		"messages": []object{{"text": "hello", "role": "contact", "touchpoint": "web"}},
	})
}

// client is the API as one user sees it.
type client struct {
	*house
	token string
}

// answer is what a request got.
type answer struct {
	status int
	header http.Header
	body   string
}

func (a answer) message() string {
	var f struct{ Error struct{ Message string } }
	if json.Unmarshal([]byte(a.body), &f) != nil {
		return ""
	}
	return f.Error.Message
}

// send sends a body as it is.
func (c client) send(method, target string, body io.Reader, header http.Header) answer {
	c.Helper()
	r := httptest.NewRequest(method, target, body)
	maps.Copy(r.Header, header)
	r.Header.Set("Content-Type", "application/json")
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	return answer{w.Code, w.Result().Header, w.Body.String()}
}

// call sends a body as JSON: a string as it is, nil not at all.
func (c client) call(method, target string, body any) answer {
	c.Helper()
	switch body := body.(type) {
	case nil:
		return c.send(method, target, nil, nil)
	case string:
		return c.send(method, target, strings.NewReader(body), nil)
	}
	text, err := json.Marshal(body)
	if err != nil {
		c.Fatal(err)
	}
	return c.send(method, target, bytes.NewReader(text), nil)
}

// must sends a request that has to be answered with status, and decodes the answer into
// out unless that is nil.
func (c client) must(status int, method, target string, body, out any) answer {
	c.Helper()
	got := c.call(method, target, body)
	if got.status != status {
		c.Fatalf("%s %s = %d, want %d: %s", method, target, got.status, status, got.body)
	}
	if out != nil {
		if err := json.Unmarshal([]byte(got.body), out); err != nil {
			c.Fatalf("%s %s: %v in %s", method, target, err, got.body)
		}
	}
	return got
}

// create makes a resource and returns its id.
func (c client) create(target string, body any) string {
	c.Helper()
	var made struct{ ID string }
	c.must(201, "POST", target, body, &made)
	return made.ID
}

// everything is all that is stored, as the admin at the top sees it.
func (h *house) everything() string {
	h.Helper()
	var all strings.Builder
	for _, kind := range bellhop.Kinds() {
		target := "/v2/" + kind.Plural + "?limit=1000"
		if kind == bellhop.Messages {
			target += "&createdAt=>2000-01-01"
		}
		all.WriteString(h.admin.must(200, "GET", target, nil, nil).body)
	}
	all.WriteString(h.admin.must(200, "GET", "/v2/events?limit=1000", nil, nil).body)
	all.WriteString(h.admin.must(200, "GET", "/v2/deliveries?limit=1000", nil, nil).body)
	return all.String()
}
