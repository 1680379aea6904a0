//go:build !race

package main_test

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp/kb"

	"bellhop/internal/testenv"
)

// covered are the controls that are not seen when they have the focus: beyond the window, or below something else.
const covered = `(() => {
	const wrong = [];
	for (const e of document.querySelectorAll("a[href]:not(.skip), button, input, select, textarea, summary, .handle")) {
		if (!e.checkVisibility({visibilityProperty: true}) || e.disabled) {
			continue;
		}
		scrollTo(0, 0);
		e.focus();
		const box = e.getClientRects()[0];
		if (document.activeElement !== e || box.width < 2) {
			continue;
		}
		const x = Math.max(box.left, 0) + Math.min(box.width, 40) / 2, y = box.top + Math.min(box.height, 30) / 2;
		const at = document.elementFromPoint(x, y);
		if (!at || !e.contains(at) && at.closest("label")?.control !== e && !at.contains(e)) {
			wrong.push(e.outerHTML.slice(0, 160) + " at " + Math.round(x) + ", " + Math.round(y));
		}
	}
	return JSON.stringify(wrong);
})()`

// Whoever goes from control to control by key sees where he is: on a phone, and in the low window that large type makes.
func TestFocusIsSeen(t *testing.T) {
	chromium := sharedChromium(t)
	bin := bellhop(t)
	t.Parallel()
	s := newServer(t, bin)
	admin := s.login()
	admin.newWebhook("A", object{"url": newReceiver(t, func(string, notification) (int, any) { return http.StatusOK, nil }).URL})
	talk := admin.newConversation("Jenny", "Hello")
	for range 12 {
		admin.must(http.StatusCreated, "POST", "/v2/conversations/"+talk+"/messages", object{"text": "More", "role": "contact"}, nil)
	}
	admin.settled()
	b := newBrowser(t, chromium, 1440, false)
	h := withMouse(b)
	b.logIn(h, s.url)
	b.find("button", "Log out")
	for _, address := range []string{"/deliveries", "/conversations/" + talk, "/schedule"} {
		b.open(s.url + address)
		b.find("main", "")
		for _, window := range []emulation.SetDeviceMetricsOverrideParams{
			{Width: 390, Height: 844, DeviceScaleFactor: 2, Mobile: true}, {Width: 720, Height: 450, DeviceScaleFactor: 2}, {Width: 1440, Height: 900, DeviceScaleFactor: 1},
		} {
			call(b, emulation.SetDeviceMetricsOverride, window)
			for _, wrong := range linesOf(b, covered) {
				t.Errorf("%s, %d by %d: not seen: %s", address, window.Width, window.Height, wrong)
			}
		}
	}
}

// What opens over a page, or on demand, is for everybody as well.
func TestWhatOpensIsForEverybody(t *testing.T) {
	chromium := sharedChromium(t)
	axe, err := os.ReadFile(filepath.Join("testdata", "node", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		testenv.Lack(t, "the npm package axe-core in testdata/node")
	}
	bin := bellhop(t)
	t.Parallel()
	s := newServer(t, bin)
	admin := s.login()
	admin.tree()
	admin.newWebhook("A", object{"url": newReceiver(t, func(string, notification) (int, any) { return http.StatusOK, nil }).URL})
	b := newBrowser(t, chromium, 1440, false)
	h := withMouse(b)
	look := func(name string) {
		t.Helper()
		for _, scheme := range []string{"light", "dark"} {
			b.scheme(scheme)
			for _, wrong := range violations(b, string(axe), scheme == "dark") {
				t.Errorf("%s, %s: %s", name, scheme, wrong)
			}
		}
		b.scheme("light")
	}
	b.open(s.url)
	h.fill("Email", adminEmail)
	h.fill("Password", "not "+adminPassword)
	h.press("button", "Log in")
	b.sees("Invalid email or password")
	look("login refused")
	h.fill("Password", adminPassword)
	h.press("button", "Log in")
	h.press("DisclosureTriangle", "Organization: All organizations")
	look("organizations")
	h.press("button", "Keys")
	b.sees("next in a list")
	look("keys")
	h.press("button", "Close")
	h.press("button", "Search")
	b.write("a")
	b.sees("results for “a”")
	look("palette")
	h.press("button", "Close")
	b.open(s.url + "/account/developer")
	h.press("button", "Show tokens")
	b.find("button", "Copy")
	look("tokens")
	h.press("link", "Settings")
	h.press("link", "Acme")
	h.press("link", "Integrations")
	h.press("link", "A")
	h.press("link", "Delete")
	b.sees("It cannot be undone.")
	look("a question")
	b.press(kb.Escape)
	h.press("link", "Integrations")
	h.press("link", "Add service")
	h.press("DisclosureTriangle", "Choose from a list, or try a name")
	b.sees("Every new message")
	h.press("DisclosureTriangle", "Advanced signatures, order, speed, timeout, headers")
	look("event picker")
	h.fill("Webhook URL", "http://127.0.0.1:1/hook")
	h.fill("Events", "mess*")
	h.press("button", "Create Service")
	b.sees("One thing is not right yet")
	look("a form refused")
}
