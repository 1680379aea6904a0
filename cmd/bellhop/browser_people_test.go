//go:build !race

package main_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/chromedp"
)

// A bot is made on the pages, gets its webhook while it does not run yet, is verified when it does, and hears of the
// organization alone in which it was enabled.
//
// Contract: services.md 1: Bot-specific webhook
func TestBotOnPages(t *testing.T) {
	chromium := sharedChromium(t)
	bin := bellhop(t)
	t.Parallel()
	s := newServer(t, bin)
	admin := s.login()
	var shop, bank struct{ ID string }
	admin.must(http.StatusCreated, "POST", "/v2/organizations", object{"name": "Shop"}, &shop)
	admin.must(http.StatusCreated, "POST", "/v2/organizations", object{"name": "Bank"}, &bank)
	for _, c := range []struct {
		name     string
		width    int64
		hand     func(*browser) hand
		noScript bool
	}{
		{"mouse", 1440, withMouse, false},
		{"keyboard", 1440, withKeyboard, false},
		{"phone without JavaScript", 390, withMouse, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			endpoint := newSleeper(t)
			b := newBrowser(t, chromium, c.width, c.noScript)
			h := c.hand(b)
			bot := "Echo " + strings.Fields(c.name)[0]

			b.logIn(h, s.url+"/bots")
			h.press("link", "Add bot")
			h.fill("Commands", "weather")
			h.fill("Name", bot)
			h.press("button", "Create bot")
			b.sees("One thing is not right yet", "Commands must each start with >.")
			h.fill("Commands", ">weather")
			h.press("button", "Create bot")
			b.sees(bot+" is there.", "It has no webhook yet")
			b.shoot("bot")

			h.press("link", "Webhook")
			h.fill("Webhook URL", endpoint.URL+"/hook")
			h.fill("Events", "message.**")
			b.shoot("bot-webhook-new")
			h.press("button", "Save Webhook")
			b.sees("Not verified.", "answered with status 404", "Start the bot, then press Verify.")
			b.shoot("bot-webhook-unverified")
			endpoint.ready.Store(true)
			h.press("button", "Verify")
			b.sees("Verified.", "Its webhook is healthy.")
			if found(b, "button", "Verify") {
				t.Error("a webhook that is verified can be verified again")
			}
			h.press("link", "Show secret")
			h.press("link", "Hide secret")

			h.press("link", "Organizations")
			b.sees("the webhook of the bot hears of everything in its owner and below", "Enable it in another organization")
			b.choose("Organization", "Shop")
			h.press("button", "Enable")
			b.sees("Enabled in Shop.", "It works in 1 organization.")
			b.shoot("bot-organizations")
			for _, organization := range []string{shop.ID, bank.ID} {
				admin.must(http.StatusCreated, "POST", "/v2/conversations", object{
					"type": "contact", "organization": organization, "contact": object{"profile": object{"name": "Jenny", "email": strings.Fields(c.name)[0] + "@example.com"}},
					"messages": []object{{"text": "Hello", "role": "contact", "touchpoint": "web"}},
				}, nil)
			}
			admin.settled()
			if got := endpoint.heard(); got != 1 {
				t.Errorf("the bot heard %d times of what was written in two organizations, in one of which it is enabled", got)
			}
			h.press("button", "Disable in Shop")
			b.sees("Disabled in Shop.", "It works nowhere")

			h.press("link", "Tokens")
			b.sees("It is shown when you ask for it.")
			h.press("button", "Show tokens")
			b.sees("Refresh token", "eyJ")
			b.shoot("bot-tokens")
			if at := b.location(); strings.Contains(at, "eyJ") {
				t.Errorf("the address of the page with the tokens is %s", at)
			}
			h.press("link", "Revoke")
			b.sees("All tokens of “" + bot + "” end at once")
			h.press("button", "Revoke")
			b.sees("Its old tokens have ended.")

			h.press("link", "Bots")
			b.sees("Bots")
			b.shoot("bots")
			h.press("link", "Edit "+bot)
			b.sees("What it is called, and whom it is for.")
			b.shoot("bot-edit")
			h.press("link", "Bot")
			h.press("link", "Delete")
			b.sees("Deleting “" + bot + "” ends its tokens at once, takes it out of 1 organization and deletes its webhook with 0 pending deliveries.")
			h.press("button", "Delete")
			b.sees(bot + " was deleted.")
		})
	}
}

// An admin adds somebody with the keyboard and gives her another role; she changes her password on a phone without
// JavaScript, which keeps this browser logged in and ends all else, and finds her tokens.
//
// Contract: auth.md Tokens: In the UI persons find
func TestUserOnPages(t *testing.T) {
	chromium := sharedChromium(t)
	bin := bellhop(t)
	t.Parallel()
	s := newServer(t, bin)
	const email, first, second = "sue@example.com", "open sesame", "close sesame"

	b := newBrowser(t, chromium, 1440, false)
	h := withKeyboard(b)
	b.logIn(h, s.url+"/settings")
	h.press("link", "Acme")
	h.press("link", "Users")
	b.sees("1 user of Acme.")
	h.press("link", "Add user")
	h.fill("Given name", "Sue")
	h.fill("Email", adminEmail)
	h.fill("Password", first)
	b.choose("Role", "guest")
	h.press("button", "Add user")
	b.sees("Somebody has this email already")
	b.shoot("user-refused")
	h.fill("Email", email)
	h.fill("Password", first)
	h.press("button", "Add user")
	b.sees("Sue was added.", "2 users of Acme.", "guest")
	b.shoot("users")
	h.press("link", "Sue")
	b.choose("Role in Acme", "supervisor")
	h.press("button", "Change role in Acme")
	b.sees("The role was changed.", "Supervisor of Acme.")
	b.shoot("user")

	var token credentials
	api{t: t, url: s.url}.must(http.StatusCreated, "POST", "/v2/auth/token", object{"email": email, "password": first}, &token)
	b = newBrowser(t, chromium, 390, true)
	h = withMouse(b)
	b.open(s.url + "/account/password")
	h.fill("Email", email)
	h.fill("Password", first)
	h.press("button", "Log in")
	h.fill("Old password", "wrong")
	h.fill("New password", second)
	h.fill("New password once more", second)
	h.press("button", "Change password")
	b.sees("The old password is another one.")
	b.shoot("password")
	h.fill("Old password", first)
	h.fill("New password", second)
	h.fill("New password once more", second)
	h.press("button", "Change password")
	b.sees("Your password was changed.", "this browser was logged in anew")
	api{t: t, url: s.url, token: token.Token}.must(http.StatusUnauthorized, "GET", "/v2/users", nil, nil)
	h.press("link", "Developer")
	b.sees("One is made when you ask for it.")
	h.press("button", "Show tokens")
	b.sees("Refresh token", "eyJ")
	b.shoot("developer")
	if at := b.location(); strings.Contains(at, "eyJ") {
		t.Errorf("the address of the page with the tokens is %s", at)
	}
	h.press("link", "Profile")
	h.fill("Family name", "Storm")
	h.press("button", "Save")
	b.sees("You are Sue Storm.")
	b.shoot("account")
	h.press("link", "Developer")
	h.press("link", "End all tokens and sessions")
	b.sees("you are logged out everywhere")
	h.press("button", "End them all")
	b.find("button", "Log in")
}

// sleeper is the endpoint of a bot that has not been started yet.
type sleeper struct {
	*httptest.Server
	ready atomic.Bool

	mu    sync.Mutex
	posts int
}

func newSleeper(t *testing.T) *sleeper {
	s := &sleeper{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !s.ready.Load():
			http.NotFound(w, r)
		case r.Method == http.MethodGet:
			_, _ = io.WriteString(w, r.URL.Query().Get("challenge"))
		default:
			s.mu.Lock()
			defer s.mu.Unlock()
			s.posts++
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *sleeper) heard() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.posts
}

// found reports whether something is on the page that is open, without waiting for it.
func found(b *browser, role, name string) bool {
	_, err := lookFor(b.ctx, role, name)
	return err == nil
}

// choose picks from a list as a keyboard does: by the first letters.
func (b *browser) choose(label, text string) {
	b.t.Helper()
	id := b.find("combobox", label)
	b.wait("the focus on "+label, func(ctx context.Context) error {
		_, err := chromedp.Call(ctx, dom.Focus, dom.FocusParams{BackendNodeID: id})
		return err
	})
	b.act(chromedp.KeyEvent(text))
}

// location is the whole address of the page that is open.
func (b *browser) location() string {
	b.t.Helper()
	at, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`location.href`))
	b.must(err)
	return at
}
