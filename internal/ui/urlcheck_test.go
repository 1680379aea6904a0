package ui

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"bellhop"
)

// Contract: services.md 1: While a URL is typed, who may
func TestCheckURL(t *testing.T) {
	h := newHouse(t)
	admin := h.admin()
	path := integrationsPath(h.org) + "/check"
	target := endpoint(t)
	for typed, says := range map[string]string{
		"":                     "Webhook URL is required.",
		"bot.example.com/hook": "Webhook URL must be absolute.",
		"http://10.0.0.1/":     "Webhook URL must not point to an address that is private or reserved. Whoever runs the server can allow it",
		"http://127.0.0.1:1/":  "Your endpoint at 127.0.0.1:1 could not be asked: connection refused.",
		target:                 "Your endpoint answered 200 with the challenge in",
		strings.Replace(target, "://", "://user:s3cret@", 1): "User and password are sent with every request",
	} {
		got := admin.part(path, url.Values{"url": {typed}})
		if got.status != http.StatusOK || strings.Contains(got.body, "<html") {
			t.Errorf("%q: status %d, %s", typed, got.status, got.body)
		}
		got.says(t, says)
		got.hides(t, "s3cret")
	}
	admin.get(integrationsPath(h.org)).says(t, "No webhooks yet.")
	if strings.Contains(h.log.String(), "s3cret") {
		t.Error("the password is in the log")
	}

	// Of a service: what it has is not asked again, and a hidden password goes nowhere else.
	id := h.make(bellhop.Services, map[string]any{"name": "A", "type": "webhook", "params": map[string]any{"url": strings.Replace(target, "://", "://user:s3cret@", 1)}})
	hidden := strings.Replace(target, "://", "://•••@", 1)
	admin.part(path, url.Values{"service": {string(id)}, "url": {hidden}}).says(t, "This is the URL that it has.")
	admin.part(path, url.Values{"service": {string(id)}, "url": {hidden + "/other"}}).says(t, "type its user and password again")
	admin.part(path, url.Values{"service": {string(id)}, "url": {"http://127.0.0.1:1/"}}).says(t, "It replaces the old URL only when it passes.")

	// Without a script a button of the form does the same, and creates nothing.
	page := admin.post(integrationsPath(h.org)+"/new", url.Values{"name": {"B"}, "url": {target}, "try": {"yes"}})
	page.says(t, "Your endpoint answered 200 with the challenge in")
	admin.post(servicePath(id)+"/edit", url.Values{"name": {"B"}, "url": {hidden}, "try": {"yes"}}).says(t, "This is the URL that it has.")
	if s, _ := h.serviceNow(id); s.Name != "A" {
		t.Error("trying a URL has saved the form")
	}
	admin.get(integrationsPath(h.org)).says(t, "1 webhook:")

	for _, role := range []bellhop.Role{bellhop.RoleSupervisor, bellhop.RoleAgent} {
		if got := h.loggedIn(h.callerWith(role)).post(path, url.Values{"url": {target}}); got.status != http.StatusForbidden {
			t.Errorf("%s: status %d, want 403", role, got.status)
		}
	}
	elsewhere := strings.Replace(path, string(h.org), "0123456789abcdef01234567", 1)
	if got := h.loggedIn(h.root).post(elsewhere, url.Values{"url": {target}}); got.status != http.StatusNotFound {
		t.Errorf("another organization: status %d, want 404", got.status)
	}
}

// Contract: services.md 1: One URL of a visitor is asked
func TestURLsAreNotScanned(t *testing.T) {
	h := newHouse(t)
	admin := h.admin()
	path := integrationsPath(h.org) + "/check"
	var asked atomic.Int32
	waits := make(chan struct{}, 1)
	slow := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if asked.Add(1); r.URL.Path == "/slow" {
			waits <- struct{}{}
			<-r.Context().Done()
		}
	}))
	t.Cleanup(slow.Close)

	// Who types on ends what is under way.
	first := make(chan answer, 1)
	go func() { first <- admin.part(path, url.Values{"url": {slow.URL + "/slow"}}) }()
	<-waits
	admin.part(path, url.Values{"url": {slow.URL}}).says(t, "answered 200, but not with the challenge")
	select {
	case got := <-first:
		got.says(t, "Another URL is being asked.")
	case <-time.After(10 * time.Minute):
		t.Fatal("the first URL is still being asked")
	}
	// On a slow machine more are allowed meanwhile.
	var together sync.WaitGroup
	var refused atomic.Int32
	before := time.Now()
	for range 3 * checkRate.Burst {
		together.Go(func() {
			if strings.Contains(admin.part(path, url.Values{"url": {slow.URL}}).body, "Many URLs were tried in the last minute.") {
				refused.Add(1)
			}
		})
	}
	together.Wait()
	if n, most := int(asked.Load()), checkRate.Burst+2+int(time.Since(before).Seconds()*checkRate.PerSecond); n > most {
		t.Errorf("%d requests went out, want %d at most", n, most)
	}
	if refused.Load() == 0 {
		t.Error("nobody was told that many URLs were tried")
	}
	if len(h.ui.checks.running) != 0 {
		t.Errorf("%d checks are remembered", len(h.ui.checks.running))
	}
}

// An end that comes late does not forget the check that followed.
func TestURLChecksEnd(t *testing.T) {
	c := newURLChecks()
	first, endFirst, err := c.begin(t.Context(), "a")
	must(t, err)
	second, endSecond, err := c.begin(t.Context(), "a")
	must(t, err)
	other, endOther, err := c.begin(t.Context(), "b")
	must(t, err)
	endFirst()
	if first.Err() == nil || second.Err() != nil || other.Err() != nil || len(c.running) != 2 {
		t.Errorf("first %v, second %v, other %v, %d running", first.Err(), second.Err(), other.Err(), len(c.running))
	}
	endSecond()
	endOther()
	if len(c.running) != 0 {
		t.Errorf("%d are remembered", len(c.running))
	}
}

// part asks for a part of a page, as a script does: a POST if there is a form.
func (p *person) part(path string, form url.Values) answer {
	r := httptest.NewRequest("GET", "https://bellhop.example"+path, nil)
	if form != nil {
		r = httptest.NewRequest("POST", "https://bellhop.example"+path, strings.NewReader(form.Encode()))
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
	return answer{w.Code, w.Header().Get("Location"), w.Body.String(), textOf(w.Body.String()), w.Header()}
}
