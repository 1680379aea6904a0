package ui

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"

	"bellhop"
	"bellhop/internal/account"
	"bellhop/internal/conversation"
	"bellhop/internal/egress"
	"bellhop/internal/live"
	"bellhop/internal/resource"
	"bellhop/internal/stats"
	"bellhop/internal/store"
	"bellhop/internal/store/storetest"
	"bellhop/internal/subscription"
)

const (
	adminEmail    = "ada@example.com"
	adminPassword = "correct horse"
)

// house is the pages on a store of their own, as an admin finds them.
type house struct {
	t    testing.TB
	ui   *UI
	db   *store.DB
	res  *resource.Resources
	subs *subscription.Subscriptions
	talk *conversation.Conversations
	root *account.Caller
	org  bellhop.ID
	log  strings.Builder

	health          subscription.Health // of every webhook
	away            bool                // nobody listens at the tunnel of any
	paused, failing []bellhop.ID
}

// sharedLooks are those of all houses: to read them takes longer than most tests.
var sharedLooks = sync.OnceValues(readLooks)

func newHouse(t testing.TB) *house {
	t.Helper()
	ctx := t.Context()
	db, err := store.Open(ctx, storetest.SQLite(t))
	must(t, err)
	t.Cleanup(func() { db.Close() })
	client, err := egress.New(egress.Config{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	must(t, err)
	accounts, err := account.New(ctx, db, account.Config{Weak: true})
	must(t, err)
	made, err := accounts.Setup(ctx, account.SetupRequest{Organization: "Acme", Email: adminEmail, Password: adminPassword})
	must(t, err)
	h := &house{t: t, db: db, org: made.Organization}
	h.subs = subscription.New(subscription.Config{DB: db, Egress: client, API: "https://bellhop.example",
		Away:      func(*url.URL) (bellhop.Time, bool) { return 0, h.away },
		Health:    func(bellhop.ID) subscription.Health { return h.health },
		Unhealthy: func() (paused, failing []bellhop.ID) { return h.paused, h.failing }})
	hub := live.NewHub(h.subs, nil)
	h.talk = conversation.New(conversation.Config{DB: db, Announce: hub.Announce, App: "https://bellhop.example"})
	rules := resource.AccountRules(accounts)
	rules[bellhop.Services] = resource.ServiceRules(h.subs, func(bellhop.ID) {})
	for kind, r := range h.talk.Rules() {
		rules[kind] = r
	}
	h.res = resource.New(resource.Config{DB: db, Subscriptions: h.subs, Rules: rules})
	looks, err := sharedLooks()
	must(t, err)
	h.ui, err = assemble(Config{
		Accounts: accounts, Resources: h.res, Subscriptions: h.subs,
		Conversations: h.talk, Stats: stats.New(stats.Config{DB: db}), Live: hub, PublicURL: "https://bellhop.example",
		Log: slog.New(slog.NewTextHandler(&h.log, nil)),
	}, looks)
	must(t, err)
	h.root = &account.Caller{
		ID: made.User, Name: "ada", Role: bellhop.RoleAdmin, Scope: bellhop.ScopeAdmin, Organization: h.org, OrgPath: string(h.org),
		Memberships: []account.Membership{{Place: account.Place{Organization: h.org, OrgPath: string(h.org)}, Role: bellhop.RoleAdmin}},
	}
	return h
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// make creates a resource behind the back of the pages, and returns its id.
func (h *house) make(kind *bellhop.Kind, fields map[string]any) bellhop.ID {
	h.t.Helper()
	text, err := json.Marshal(fields)
	must(h.t, err)
	body, err := h.res.Create(h.t.Context(), h.root, kind, text)
	must(h.t, err)
	var made struct{ ID bellhop.ID }
	must(h.t, json.Unmarshal(body, &made))
	return made.ID
}

// start begins a conversation of a contact, who says these things.
func (h *house) start(contact string, texts ...string) bellhop.ID {
	h.t.Helper()
	var messages []map[string]any
	for _, text := range texts {
		messages = append(messages, map[string]any{"text": text, "role": "contact", "touchpoint": "web"})
	}
	text, err := json.Marshal(map[string]any{
		"type": "contact", "contact": map[string]any{"profile": map[string]any{"name": contact, "email": "jenny@example.com"}}, "messages": messages,
	})
	must(h.t, err)
	body, _, err := h.talk.Start(h.t.Context(), h.root, text)
	must(h.t, err)
	var made struct{ ID bellhop.ID }
	must(h.t, json.Unmarshal(body, &made))
	return made.ID
}

// say posts a message into a conversation, and returns its slug.
func (h *house) say(conversation bellhop.ID, fields map[string]any) string {
	h.t.Helper()
	text, err := json.Marshal(fields)
	must(h.t, err)
	body, err := h.talk.Post(h.t.Context(), h.root, conversation, text)
	must(h.t, err)
	var made struct{ Slug string }
	must(h.t, json.Unmarshal(body, &made))
	return made.Slug
}

// publish makes an event happen.
func (h *house) publish(name string) {
	h.t.Helper()
	_, err := h.subs.Publish(h.t.Context(), h.root, []byte(`{"event":"`+name+`","data":{"order":{"id":"17"}}}`), "")
	must(h.t, err)
}

// webhook makes a service that hears of everything.
func (h *house) webhook(name string) bellhop.ID {
	h.t.Helper()
	return h.make(bellhop.Services, map[string]any{"name": name, "type": "webhook", "params": map[string]any{"url": endpoint(h.t)}})
}

func (h *house) serviceNow(id bellhop.ID) (s bellhop.Service, p bellhop.WebhookParams) {
	h.t.Helper()
	body, err := h.res.Get(h.t.Context(), h.root, bellhop.Services, id, "")
	must(h.t, err)
	must(h.t, json.Unmarshal(body, &s))
	must(h.t, json.Unmarshal(s.Params, &p))
	return s, p
}

// endpoint passes each challenge.
func endpoint(t testing.TB) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.URL.Query().Get("challenge"))
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// person is somebody with a browser that keeps cookies.
type person struct {
	*house
	cookies map[string]string
	headers map[string]string
}

// anybody is not logged in.
func (h *house) anybody() *person { return &person{house: h, cookies: map[string]string{}} }

// admin is logged in, without the work that a password is.
func (h *house) admin() *person { return h.loggedIn(h.root) }

func (h *house) loggedIn(caller *account.Caller) *person {
	h.ui.accounts = as{accounts: h.ui.accounts, caller: caller}
	return &person{house: h, cookies: map[string]string{sessionCookie: "any"}}
}

// as makes the pages believe that somebody is logged in, or fail to find out.
type as struct {
	accounts
	caller *account.Caller
	err    error
}

func (a as) Session(context.Context, string) (*account.Caller, error) { return a.caller, a.err }

// answer is what came back; text is the page without its tags.
type answer struct {
	status     int
	to         string
	body, text string
	header     http.Header
}

func (p *person) get(path string) answer { return p.do("GET", path, nil) }

func (p *person) post(path string, form url.Values) answer { return p.do("POST", path, form) }

// send posts a form and goes where the answer leads.
func (p *person) send(path string, form url.Values) answer {
	p.t.Helper()
	got := p.post(path, form)
	if got.status != http.StatusSeeOther {
		p.t.Fatalf("POST %s = %d, want 303: %s", path, got.status, got.text)
	}
	return p.get(got.to)
}

func (p *person) do(method, path string, form url.Values) answer {
	p.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r := httptest.NewRequest(method, "https://bellhop.example"+path, body)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for name, value := range p.headers {
		r.Header.Set(name, value)
	}
	for name, value := range p.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	p.ui.ServeHTTP(w, r.WithContext(p.t.Context()))
	if strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") && w.Code != http.StatusSeeOther {
		checkPage(p.t, w.Body.String())
	}
	for _, c := range w.Result().Cookies() {
		if c.MaxAge < 0 {
			delete(p.cookies, c.Name)
		} else {
			p.cookies[c.Name] = c.Value
		}
	}
	return answer{w.Code, w.Header().Get("Location"), w.Body.String(), textOf(w.Body.String()), w.Header()}
}

// textOf returns what a page says, with single blanks.
func textOf(html string) string {
	var all strings.Builder
	for html != "" {
		before, tag, _ := strings.Cut(html, "<")
		all.WriteString(before + " ")
		_, html, _ = strings.Cut(tag, ">")
	}
	text := all.String()
	text = strings.NewReplacer("&#34;", `"`, "&#39;", "'", "&lt;", "<", "&gt;", ">", "&#43;", "+", "&amp;", "&").Replace(text)
	return strings.Join(strings.Fields(text), " ")
}

func (a answer) says(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(a.text, text) {
			t.Errorf("the page (status %d) does not say %q:\n%s", a.status, text, a.text)
		}
	}
}

func (a answer) hides(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(a.body, text) {
			t.Errorf("the page shows %q", text)
		}
	}
}
