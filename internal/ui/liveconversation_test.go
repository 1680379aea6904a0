package ui

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"bellhop"
	"bellhop/internal/live"
	"bellhop/internal/store"
)

// listen opens a stream, and returns what waits for its next change.
func (p *person) listen(path string) (changed func() bool) {
	p.t.Helper()
	server := httptest.NewServer(p.ui)
	p.t.Cleanup(server.Close)
	ctx, leave := context.WithCancel(p.t.Context())
	p.t.Cleanup(leave)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+path, nil)
	must(p.t, err)
	r.AddCookie(&http.Cookie{Name: sessionCookie, Value: "any"})
	answer, err := http.DefaultClient.Do(r)
	must(p.t, err)
	p.t.Cleanup(func() { answer.Body.Close() })
	if answer.StatusCode != http.StatusOK {
		p.t.Fatalf("GET %s = %d", path, answer.StatusCode)
	}
	lines := bufio.NewScanner(answer.Body)
	return func() bool {
		for lines.Scan() {
			if lines.Text() == "event: change" {
				return true
			}
		}
		return false
	}
}

// Whoever looks at a conversation is told of what is said, of deliveries, and of what happened
// between his page and the stream.
func TestLiveConversation(t *testing.T) {
	h := newHouse(t)
	talk := h.start("Jenny Jones", "Hello")
	admin := h.admin()
	page := admin.get(conversationPath(talk))
	_, rest, ok := strings.Cut(page.body, `data-live="`)
	if !ok {
		t.Fatal("the page has no stream")
	}
	path, _, _ := strings.Cut(rest, `"`)
	h.say(talk, map[string]any{"text": "meanwhile", "role": "contact"})
	changed := admin.listen(path)
	if !changed() {
		t.Fatal("the stream does not tell of what came before it")
	}
	h.say(talk, map[string]any{"text": "now", "role": "contact"})
	if !changed() {
		t.Fatal("the stream does not tell of a message")
	}
	h.ui.live.Add(live.Attempt{Delivery: store.StoredDelivery{Key: string(talk)}})
	if !changed() {
		t.Fatal("the stream does not tell of an attempt")
	}
	all := admin.listen("/live/conversations?" + url.Values{"from": {h.ui.live.Position()}}.Encode())
	h.say(talk, map[string]any{"text": "and again", "role": "contact"})
	if !all() {
		t.Fatal("the list is not told")
	}
	if got := admin.get("/live/conversations/64b0f1a2c3d4e5f60718ffff"); got.status != http.StatusNotFound {
		t.Errorf("the stream of no conversation: %d", got.status)
	}
	guest := *h.root
	guest.Scope = bellhop.ScopeGuest
	if got := h.loggedIn(&guest).get("/live/conversations"); got.status != http.StatusForbidden {
		t.Errorf("a guest, who may list none, opens the stream of all: %d", got.status)
	}
}
