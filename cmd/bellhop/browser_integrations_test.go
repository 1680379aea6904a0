//go:build !race

package main_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"bellhop/internal/testenv"
)

// TestIntegrationsOnPages makes a webhook with everything that the form helps with: the URL is asked while it is typed, a
// secret is made, events are chosen from the list.
func TestIntegrationsOnPages(t *testing.T) {
	chromium := sharedChromium(t)
	axe, err := os.ReadFile(filepath.Join("testdata", "node", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		testenv.Lack(t, "the npm package axe-core in testdata/node")
	}
	bin := bellhop(t)
	t.Parallel()
	s := newServer(t, bin)
	var asked atomic.Int32
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/hook" {
			http.NotFound(w, r)
			return
		}
		asked.Add(1)
		_, _ = io.WriteString(w, r.URL.Query().Get("challenge"))
	}))
	t.Cleanup(endpoint.Close)

	b := newBrowser(t, chromium, 1440, false)
	h := withMouse(b)
	b.logIn(h, s.url)
	h.press("link", "Settings")
	h.press("link", "Acme")
	h.press("link", "Integrations")
	h.press("link", "Add service")

	h.fill("Webhook URL", "10.0.0.1/hook")
	b.sees("Webhook URL must be absolute.")
	h.fill("Webhook URL", "http://10.0.0.1/hook")
	b.sees("must not point to an address that is private or reserved")
	h.fill("Webhook URL", endpoint.URL)
	b.sees("answered with status 404.", "Nothing is at that path.")
	h.fill("Webhook URL", strings.Replace(endpoint.URL, "://", "://user:s3cret@", 1)+"/hook")
	b.sees("answered 200 with the challenge in", "User and password are sent with every request")
	if n := asked.Load(); n != 1 {
		t.Errorf("the endpoint was asked %d times, want once", n)
	}
	h.press("button", "Make one now")
	b.sees("Made: 16 random bytes.")
	secret := b.valueOf("secret")
	if len(secret) != 24 {
		t.Errorf("the secret that was made is %q, want 24 characters", secret)
	}

	b.sees("All events: the ")
	h.press("radio", "Those that I choose")
	b.sees("message.create.**", "Every new message")
	b.shoot("integrations-picker")
	h.press("checkbox", "contact.* Contacts: the people who write to you")
	b.sees("Covers 3 of the ")
	h.fill("Search events", "button")
	b.sees("message.create.contact.postback")
	h.press("checkbox", "message.create.contact.postback A button was pressed, in a conversation with a contact")
	b.sees("Covers 4 of the ")
	h.fill("Try a name", "order.created")
	b.sees("order.created is not sent: none of the 2 patterns matches.", "An event of your own")
	h.fill("Search events", "")
	b.shoot("integrations-chosen")
	if got := b.valueOf("events"); got != "contact.*\nmessage.create.contact.postback" {
		t.Errorf("the field has %q", got)
	}
	h.press("checkbox", "contact.* Contacts: the people who write to you")
	b.sees("Covers 1 of the ")

	h.press("DisclosureTriangle", "Advanced signatures, order, speed, timeout, headers")
	h.fill("Timeout", "7")
	h.fill("Name of header 1", "X-Tenant")
	h.fill("Value of header 1", "acme-secret")
	h.press("button", "Add a header")
	h.fill("Name of header 3", "X-Other")
	h.fill("Value of header 3", "x")
	for _, wrong := range violations(b, string(axe), false) {
		t.Errorf("with everything open: %s", wrong)
	}
	b.shoot("integrations-new")
	h.press("button", "Create Service")
	b.sees("Verified.", "waiting for the first event")
	b.shoot("integrations-made")

	service := b.address()
	b.open(service + "/settings")
	b.sees("message.create.contact.postback")
	h.press("link", "Edit")
	h.press("DisclosureTriangle", "Advanced signatures, order, speed, timeout, headers")
	b.shoot("integrations-edit")
	h.fill("Name", "Renamed")
	h.press("button", "Save")
	b.sees("Saved.", "Renamed")
	var now struct {
		Params struct {
			Secret  string
			Timeout int
			Headers map[string]string
			Events  []string
		}
	}
	s.login().must(http.StatusOK, "GET", "/v2"+strings.TrimPrefix(service, s.url), nil, &now)
	if p := now.Params; p.Secret != secret || p.Timeout != 7 || p.Headers["X-Tenant"] != "acme-secret" || p.Headers["X-Other"] != "x" || len(p.Events) != 1 {
		t.Errorf("the service has %+v", p)
	}
}

// The same with the keyboard alone, and without a script, where the field and a page of its own do what the list does.
func TestIntegrationsOnPagesInOtherWays(t *testing.T) {
	chromium := sharedChromium(t)
	bin := bellhop(t)
	t.Parallel()
	s := newServer(t, bin)
	receiver := newReceiver(t, func(string, notification) (int, any) { return http.StatusOK, nil })
	for _, c := range []struct {
		name     string
		noScript bool
	}{{"keyboard", false}, {"without JavaScript", true}} {
		t.Run(c.name, func(t *testing.T) {
			b := newBrowser(t, chromium, 1440, c.noScript)
			h := withKeyboard(b)
			b.logIn(h, s.url)
			h.press("link", "Settings")
			h.press("link", "Acme")
			h.press("link", "Integrations")
			h.press("link", "Add service")
			h.fill("Webhook URL", receiver.URL+"/hook")
			if c.noScript {
				h.press("button", "Try the URL")
				b.sees("answered 200 with the challenge in")
				h.fill("Events", "message.create.**\nconversation.*")
			} else {
				b.sees("answered 200 with the challenge in")
				k := h.(keyboard)
				k.reach("DisclosureTriangle", "Choose from a list, or try a name")
				b.key(kb.Enter)
				b.sees("Every new message")
				k.reach("checkbox", "message.create.** Every new message")
				b.key(" ")
				b.sees("Covers 48 of the ")
				if at := b.focused(); at.role != "checkbox" {
					t.Errorf("after a choice the focus is on %+v", at)
				}
				k.reach("checkbox", "conversation.* Conversations: participants, status, meta")
				b.key(" ")
				b.sees("Covers 52 of the ")
			}
			h.press("button", "Create Service")
			b.sees("Verified.")
			b.open(b.address() + "/settings")
			b.sees("message.create.**", "conversation.*")
		})
	}
	b := newBrowser(t, chromium, 390, true)
	h := withMouse(b)
	b.logIn(h, s.url+"/webhooks/events")
	h.fill("Patterns", "message.create.contact.*\norder.*")
	h.fill("Try a name", "order.created")
	h.press("button", "Show")
	b.sees("Covers 12 of the ", "order.created is sent, by order.*.", "covers 12 events", "Contacts: the people who write to you")
	b.shoot("events")
	s.login().must(http.StatusCreated, "POST", "/v2/services", object{"name": "Down", "type": "webhook", "params": object{"url": "http://127.0.0.1:1/hook"}}, nil)
	b.open(s.url + "/settings")
	h.press("link", "Acme")
	h.press("link", "Integrations")
	b.sees("3 webhooks: 2 healthy, 1 not verified.")
	b.shoot("integrations")
}

// key presses a key where the focus is.
func (b *browser) key(key string) {
	b.t.Helper()
	b.act(chromedp.KeyEvent(key))
}

// valueOf is what is typed in the field with that id.
func (b *browser) valueOf(id string) string {
	b.t.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`document.getElementById("`+id+`").value`))
	b.must(err)
	return value
}

// address is that of the page that is open, without what follows the path.
func (b *browser) address() string {
	b.t.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`location.origin + location.pathname`))
	b.must(err)
	return value
}
