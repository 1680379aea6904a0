//go:build !race

package main_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// tree makes organizations of three levels, with a contact in two of them.
func (a api) tree() {
	a.t.Helper()
	below := func(name string, parent any) string {
		var o struct{ ID string }
		a.must(http.StatusCreated, "POST", "/v2/organizations", object{"name": name, "parent": parent}, &o)
		a.must(http.StatusCreated, "POST", "/v2/conversations", object{"type": "contact", "organization": o.ID,
			"contact": object{"profile": object{"name": "Contact in " + name, "email": "c@example.com"}}, "messages": []object{{"text": "Hello", "role": "contact"}}}, nil)
		return o.ID
	}
	var me struct{ Organization string }
	a.must(http.StatusOK, "GET", "/v2/users/"+a.authenticate().User, nil, &me)
	europe := below("Europe", me.Organization)
	below("Lyon", europe)
	below("Asia and the Pacific", me.Organization)
}

// The frame by keyboard alone: sections, lists, the organization, the palette, a question asked in a dialog.
func TestFrameByKeyboard(t *testing.T) {
	chromium := sharedChromium(t)
	bin := bellhop(t)
	t.Parallel()
	s := newServer(t, bin)
	admin := s.login()
	admin.tree()
	receiver := newReceiver(t, func(string, notification) (int, any) { return http.StatusOK, nil })
	admin.newWebhook("Webhook of mine", object{"url": receiver.URL})
	b := newBrowser(t, chromium, 1440, false)
	h := withKeyboard(b)
	b.logIn(h, s.url)
	h.press("link", "Settings")
	b.sees("You see 4 organizations.")
	b.find("button", "Keys") // which is there as soon as keys are heard
	b.shoot("settings")

	b.press("j", "j")
	b.hasFocus("link", "Europe")
	b.press("k", kb.Enter)
	b.at("/settings/organizations/")
	b.sees("On level 1 of 3")
	b.press("g", "c")
	b.sees("3 conversations in Acme and below, the latest first.")

	h.press("DisclosureTriangle", "Organization: Acme")
	b.shoot("switcher")
	h.press("link", "Europe")
	b.sees("2 conversations in Europe and below, the latest first.")
	b.shoot("chosen")
	b.press("g", "d")
	b.at("/deliveries")
	b.sees("in Europe and below")

	b.press("?")
	b.hasFocus("button", "Close")
	b.sees("next in a list")
	b.shoot("keys")
	b.press(kb.Escape)

	b.press("/")
	b.hasFocus("combobox", "Search")
	b.write("contact in ly")
	b.sees("Contact in Lyon", "1 result for “contact in ly”.")
	b.press("/") // while one types it is a character
	b.sees("Nothing you may see is called “contact in ly/”")
	b.holds("a list with nothing in it is closed", `document.activeElement.matches("[aria-expanded=false]:not([aria-activedescendant])")`)
	b.press(kb.Backspace)
	b.sees("1 result for “contact in ly”.")
	b.holds("the first that is found is chosen", `document.getElementById(document.activeElement.getAttribute("aria-activedescendant")).textContent.includes("Contact in Lyon")`)
	b.shoot("palette")
	b.press(kb.Enter)
	b.at("/conversations/")

	b.wait("the palette", func(ctx context.Context) error { // a page that has just come may not have the focus yet
		if b.focused() == (named{"combobox", "Search"}) {
			return nil
		}
		return errors.Join(errNotThere, chromedp.Do(ctx, chromedp.KeyEvent("k", chromedp.KeyModifiers(chromedp.ModifierCtrl))))
	})
	b.write("of mine")
	b.sees("Webhook of mine")
	b.press(kb.ArrowDown, kb.ArrowUp, kb.Enter)
	b.at("/services/")
	h.press("link", "Delete")
	b.sees("It cannot be undone.")
	b.shoot("dialog")
	b.press(kb.Escape)
	b.hasFocus("link", "Delete")
	h.press("link", "Delete")
	b.hasFocus("heading", "Delete")
	h.press("button", "Delete")
	b.sees("Webhook of mine was deleted.")
	h.press("button", "Dismiss")
}

// Without JavaScript organizations are chosen and things are found as well, on a phone.
func TestFrameWithoutJavaScript(t *testing.T) {
	chromium := sharedChromium(t)
	bin := bellhop(t)
	t.Parallel()
	s := newServer(t, bin)
	s.login().tree()
	b := newBrowser(t, chromium, 390, true)
	h := withMouse(b)
	b.logIn(h, s.url)
	h.press("link", "Conversations")
	b.sees("3 conversations, the latest first.")
	h.press("DisclosureTriangle", "Organization: All organizations")
	h.press("link", "Lyon")
	b.sees("1 conversation in Lyon, the latest first.")
	h.press("button", "Search")
	b.sees("Type a name")
	h.press("searchbox", "Search for")
	b.write("pacific" + kb.Enter)
	b.sees("2 results for “pacific”.")
	b.shoot("search")
	h.press("link", "Contact in Asia and the Pacific contact, queued, Asia and the Pacific")
	b.at("/conversations/")
	b.open(s.url + "/no/such/page")
	b.sees("There is no such page.")
	b.shoot("failure")
}

// press presses keys, one after the other, as a keyboard does: a key that a page has taken types nothing.
func (b *browser) press(keys ...string) {
	b.t.Helper()
	for _, key := range keys {
		b.act(chromedp.KeyEvent(key, func(p *input.DispatchKeyEventParams) {
			if p.Type == kb.KeyDown && len(key) == 1 && key >= " " {
				p.Type = input.DispatchKeyEventTypeRawKeyDown
			}
		}))
	}
}

// write types a text.
func (b *browser) write(text string) {
	b.t.Helper()
	b.act(chromedp.KeyEvent(text))
}

func (b *browser) hasFocus(role, name string) {
	b.t.Helper()
	b.wait(role+" "+name+" to have the focus", func(context.Context) error {
		if at := b.focused(); at != (named{role, name}) {
			return errors.New("the focus is on " + at.role + " " + at.name)
		}
		return nil
	})
}

// holds waits until what a script works out is true.
func (b *browser) holds(what, script string) {
	b.t.Helper()
	b.wait(what, func(ctx context.Context) error {
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](script))
		if err == nil && !ok {
			err = errNotThere
		}
		return err
	})
}

// at waits until the page of that path, or one below it, is open.
func (b *browser) at(path string) {
	b.t.Helper()
	b.wait(path, func(ctx context.Context) error {
		here, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.pathname + (document.readyState === "complete" ? "" : " is loading")`))
		if err == nil && (len(here) < len(path) || here[:len(path)] != path) {
			err = errors.New("the page is " + here)
		}
		return err
	})
}
