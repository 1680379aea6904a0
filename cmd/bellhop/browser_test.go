//go:build !race

package main_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/css"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/inspector"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// The browser tests drive the pages as a person does, who finds things by what they are called.

// TestPages goes the way of docs/contract/services.md section 1 in a real browser, from the login to the first delivered
// event.
//
// Contract: services.md 1: Settings > <org
// Contract: services.md 1: sidebar entry
// Contract: services.md 1: + at the bottom
// Contract: services.md 1: fill in
// Contract: services.md 1: Create Service.
func TestPages(t *testing.T) {
	chromium := sharedChromium(t)
	bin := bellhop(t)
	t.Parallel()
	s := newServer(t, bin)
	admin := s.login()
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
			receiver := newReceiver(t, func(string, notification) (int, any) { return http.StatusOK, nil })
			b := newBrowser(t, chromium, c.width, c.noScript)
			h := c.hand(b)

			b.open(s.url)
			h.fill("Email", adminEmail)
			h.fill("Password", "not "+adminPassword)
			h.press("button", "Log in")
			b.sees("Invalid email or password")
			h.fill("Password", adminPassword)
			h.press("button", "Log in")

			h.press("link", "Settings")
			b.sees("You see 1 organization.")
			h.press("link", "Acme")
			h.press("link", "Integrations")
			h.press("link", "Add service")
			h.fill("Webhook URL", receiver.URL+"/hook")
			h.fill("Events", "order.*")
			h.press("button", "Create Service")
			b.sees("Verified.", "Asked", receiver.URL+"/hook?type=subscribe&challenge=", "waiting for the first event")

			admin.must(http.StatusAccepted, "POST", "/v2/events", object{"event": "order.created", "data": object{"customer": "Jenny <b>Jones</b>"}}, nil)
			admin.settled()
			h.press("link", "all")
			b.sees("Healthy: 1 delivered in the last hour")
			h.press("link", "order.created")
			b.sees("Delivered with the first attempt.", "Jenny <b>Jones</b>")
			h.press("link", "Request as sent")
			b.sees("X-Hub-Signature", "Jenny <b>Jones</b>")

			h.press("link", "Settings")
			h.press("link", "Acme")
			h.press("link", "Integrations")
			b.sees("1 webhook: 1 healthy.")
			h.press("link", "Webhook")
			h.press("link", "Delete")
			b.sees("It cannot be undone.")
			h.press("button", "Delete")
			b.sees("Webhook was deleted.", "No webhooks yet.")
			h.press("button", "Log out")
			b.find("button", "Log in")
			b.open(s.url + "/settings")
			b.find("button", "Log in")
		})
	}
}

// TestVerifyingOnPages creates a webhook whose endpoint is not ready yet.
func TestVerifyingOnPages(t *testing.T) {
	chromium := sharedChromium(t)
	bin := bellhop(t)
	t.Parallel()
	s := newServer(t, bin)
	var ready atomic.Bool
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !ready.Load() {
			http.NotFound(w, r)
			return
		}
		_, _ = io.WriteString(w, r.URL.Query().Get("challenge"))
	}))
	t.Cleanup(endpoint.Close)
	b := newBrowser(t, chromium, 1440, false)
	h := withMouse(b)

	b.open(s.url)
	h.fill("Email", adminEmail)
	h.fill("Password", adminPassword)
	h.press("button", "Log in")
	h.press("link", "Settings")
	h.press("link", "Acme")
	h.press("link", "Integrations")
	h.press("link", "Add service")

	h.fill("Webhook URL", endpoint.URL)
	h.fill("Events", "mess*")
	h.press("button", "Create Service")
	b.sees("One thing is not right yet", "stands for a whole segment only")
	if name := b.focused(); name.role != "alert" {
		t.Errorf("after a refusal the focus is on %+v, want the summary", name)
	}
	h.fill("Events", "message.**")
	h.press("button", "Create Service")
	b.sees("Not verified.", "answered with status 404", "The three usual reasons")

	ready.Store(true)
	h.press("button", "Verify")
	b.sees("Verified.", "waiting for the first event")

	h.press("link", "Edit")
	ready.Store(false)
	h.fill("Webhook URL", endpoint.URL+"/elsewhere")
	h.press("button", "Save")
	b.sees("The new URL could not be verified", "the old URL keeps working")
	h.press("link", "Cancel")
	h.press("link", "Switch off")
	b.sees("are not kept for it")
	h.press("button", "Switch off")
	b.sees("Switched off since")
	h.press("button", "Switch on")
	b.sees("Not verified.", "it gets no events")
}

// hand is how a person uses a page.
type hand interface {
	press(role, name string)
	fill(label, text string)
}

// browser is one window.
type browser struct {
	t     *testing.T
	ctx   context.Context
	width int64

	mu         sync.Mutex
	complaints []string      // of the browser, about what our pages do
	crashed    chan struct{} // closed when the process of the page has crashed, and made anew when the page is loaded again
}

// newBrowser opens a window, which shares nothing with others but the process: it has cookies of its own.
func newBrowser(t *testing.T, chromium *chromium, width int64, noScript bool) *browser {
	t.Helper()
	ctx, closeWindow := chromedp.NewContext(chromium.running(t), chromedp.WithNewBrowserContext())
	t.Cleanup(closeWindow)
	b := &browser{t: t, ctx: ctx, width: width, crashed: make(chan struct{})}
	b.must(chromedp.Do(ctx))
	b.must(chromedp.Listen(ctx, b.listen))
	// Nobody asks for what the browser would tell of each node and each style.
	call(b, css.Disable, cdp.Empty{})
	call(b, dom.Disable, cdp.Empty{})
	b.resize(width)
	// Else only one of the windows that are open would have the focus.
	call(b, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: noScript})
	t.Cleanup(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if len(b.complaints) > 0 {
			t.Errorf("the browser complains: %s", strings.Join(b.complaints, "\n"))
		}
	})
	return b
}

// listen keeps what the browser says about a content security policy that was broken, and about scripts that failed. It
// notes when the page has crashed.
func (b *browser) listen(event any) {
	text := ""
	switch e := event.(type) {
	case *inspector.EventTargetCrashed:
		b.mu.Lock()
		defer b.mu.Unlock()
		select {
		case <-b.crashed:
		default:
			close(b.crashed)
		}
	case *log.EventEntryAdded:
		if e.Entry.Source == log.EntrySourceSecurity {
			text = e.Entry.Text
		}
	case *runtime.EventExceptionThrown:
		text = e.ExceptionDetails.Text
	}
	if text != "" {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.complaints = append(b.complaints, text)
	}
}

func (b *browser) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

func call[P, R any](b *browser, command cdp.Command[P, R], params P) R {
	b.t.Helper()
	result, err := chromedp.Call(b.ctx, command, params)
	b.must(err)
	return result
}

// open goes to a page, and returns when it is loaded.
func (b *browser) open(url string) {
	b.t.Helper()
	b.load(url, chromedp.Navigate(url))
}

// load does what loads a page, and once more if that crashes.
func (b *browser) load(what string, how chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	b.retry(patience, what, func(ctx context.Context) error { return chromedp.Do(ctx, how) })
}

// act does what a person does once. If the page crashes meanwhile, as it may when another one comes, it is not done again:
// what the test waits for next says whether it has worked.
func (b *browser) act(how ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	err := b.ask(patience, func(ctx context.Context) error { return chromedp.Do(ctx, how...) })
	if err != nil && !b.wakeUp() {
		b.t.Fatal(err)
	}
}

// logIn goes to a page, and logs in on the way.
func (b *browser) logIn(h hand, page string) {
	b.t.Helper()
	b.open(page)
	h.fill("Email", adminEmail)
	h.fill("Password", adminPassword)
	h.press("button", "Log in")
}

// sees waits until all texts are on the page, and checks that the page is not wider than the window.
func (b *browser) sees(texts ...string) {
	b.t.Helper()
	for _, text := range texts {
		b.wait(text, func(ctx context.Context) error {
			shown, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.body.innerText`))
			if err == nil && !strings.Contains(shown, text) {
				err = errors.New("the page shows:\n" + shown)
			}
			return err
		})
	}
	if wide := b.wide(); wide > b.width {
		b.t.Errorf("the page with %q is %d px wide in a window of %d", texts[0], wide, b.width)
	}
}

// wide returns how wide the page is, once it is complete.
func (b *browser) wide() (wide int64) {
	b.t.Helper()
	b.wait("the width of the page", func(ctx context.Context) (err error) {
		wide, err = chromedp.Run(ctx, chromedp.Evaluate[int64](`document.readyState === "complete" ? document.documentElement.scrollWidth : 0`))
		if err == nil && wide == 0 {
			err = errNotThere
		}
		return err
	})
	return wide
}

// wait asks until there is no error. While a page is being left a question may fail. One that is never answered, since its
// page was left or has crashed, is asked once more.
func (b *browser) wait(what string, f func(context.Context) error) {
	b.t.Helper()
	b.retry(answered, what, f)
}

// retry is wait, for questions that may take so long.
func (b *browser) retry(limit time.Duration, what string, f func(context.Context) error) {
	b.t.Helper()
	deadline := time.After(patience)
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		err := b.ask(limit, f)
		if err == nil {
			return
		}
		b.wakeUp()
		select {
		case <-ticker.C:
		case <-deadline:
			b.t.Fatalf("still waiting for %s: %v\n%s", what, err, b.state())
		}
	}
}

// ask asks once. It does not wait for an answer of a page that has crashed.
func (b *browser) ask(limit time.Duration, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(b.ctx, limit)
	defer cancel()
	b.mu.Lock()
	crashed := b.crashed
	b.mu.Unlock()
	over := make(chan struct{})
	defer func() { <-over }()
	done := make(chan struct{})
	defer close(done)
	go func() {
		defer close(over)
		select {
		case <-crashed:
			cancel()
		case <-done:
		}
	}()
	return f(ctx)
}

// wakeUp loads a page anew if it has crashed, since it answers no question before, and reports whether it has. The
// processes of Chromium 156 do so now and then, for a reason of its own, when a page comes that has nothing in common with
// the one before, as after a login.
func (b *browser) wakeUp() bool {
	b.t.Helper()
	b.mu.Lock()
	select {
	case <-b.crashed:
		b.crashed = make(chan struct{})
		b.mu.Unlock()
	default:
		b.mu.Unlock()
		return false
	}
	b.t.Log("the page has crashed, so it is loaded anew")
	call(b, page.Reload, page.ReloadParams{})
	return true
}

// state tells where the browser is, for who reads of a failure.
func (b *browser) state() string {
	ctx, cancel := context.WithTimeout(b.ctx, answered)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + ", " + document.readyState + ", the focus is on " +
		document.activeElement.outerHTML.slice(0, 200) + ", the page shows:\n" + document.body.innerText`))
	if err != nil {
		return "the browser does not tell where it is: " + err.Error()
	}
	return text
}

// answered is how long the browser may take to answer a question, before it is asked once more.
const answered = 10 * time.Second

var errNotThere = errors.New("it is not there")

// find waits for what has that role and exactly that accessible name.
func (b *browser) find(role, name string) (found cdp.BackendNodeID) {
	b.t.Helper()
	b.wait(role+" "+name, func(ctx context.Context) (err error) {
		found, err = lookFor(ctx, role, name)
		return err
	})
	return found
}

// lookFor looks at a page that is complete: what has no style yet is not where it will be.
func lookFor(ctx context.Context, role, name string) (cdp.BackendNodeID, error) {
	root, err := chromedp.Call(ctx, runtime.Evaluate, runtime.EvaluateParams{Expression: `document.readyState === "complete" ? document : null`})
	if err != nil || root.Result.ObjectID == "" {
		return 0, errors.Join(err, errNotThere)
	}
	result, err := chromedp.Call(ctx, accessibility.QueryAXTree, accessibility.QueryAXTreeParams{
		ObjectID: root.Result.ObjectID, Role: role, AccessibleName: name,
	})
	if err != nil {
		return 0, err
	}
	for _, node := range result.Nodes {
		if !node.Ignored {
			return node.BackendDOMNodeID, nil
		}
	}
	return 0, errNotThere
}

// named is what has the focus, as a screen reader says it.
type named struct{ role, name string }

func (b *browser) focused() (n named) {
	b.t.Helper()
	b.wait("the focus", func(ctx context.Context) error {
		element, err := chromedp.Call(ctx, runtime.Evaluate, runtime.EvaluateParams{Expression: `document.activeElement`})
		if err != nil {
			return err
		}
		tree, err := chromedp.Call(ctx, accessibility.GetPartialAXTree, accessibility.GetPartialAXTreeParams{
			ObjectID: element.Result.ObjectID, FetchRelatives: new(bool),
		})
		if err != nil || len(tree.Nodes) == 0 {
			return errors.Join(err, errNotThere)
		}
		n = named{textOf(tree.Nodes[0].Role), textOf(tree.Nodes[0].Name)}
		return nil
	})
	return n
}

func textOf(v *accessibility.Value) (text string) {
	if v == nil || json.Unmarshal(v.Value, &text) != nil {
		return ""
	}
	return text
}

// mouse clicks what it sees.
type mouse struct{ *browser }

func withMouse(b *browser) hand { return mouse{b} }

// press clicks into the middle, once. A page that is being left may not have the element any more: then it looks again.
func (m mouse) press(role, name string) {
	m.t.Helper()
	var x, y float64
	m.wait("a place to click on "+role+" "+name, func(ctx context.Context) (err error) {
		id, err := lookFor(ctx, role, name)
		if err == nil {
			x, y, err = middleOf(ctx, id)
		}
		return err
	})
	m.act(chromedp.MouseClickXY(x, y))
}

// middleOf scrolls like a person: to where no bar at the edge covers what he wants.
func middleOf(ctx context.Context, id cdp.BackendNodeID) (x, y float64, err error) {
	element, err := chromedp.Call(ctx, dom.ResolveNode, dom.ResolveNodeParams{BackendNodeID: id})
	if err != nil {
		return 0, 0, err
	}
	_, err = chromedp.Call(ctx, runtime.CallFunctionOn, runtime.CallFunctionOnParams{
		ObjectID: element.Object.ObjectID, FunctionDeclaration: `function() { this.scrollIntoView({block: "center", behavior: "instant"}) }`,
	})
	if err != nil {
		return 0, 0, err
	}
	box, err := chromedp.Call(ctx, dom.GetContentQuads, dom.GetContentQuadsParams{BackendNodeID: id})
	if err != nil || len(box.Quads) == 0 {
		return 0, 0, errors.Join(err, errNotThere)
	}
	q := box.Quads[0] // x and y of its corners, clockwise
	return (q[0] + q[4]) / 2, (q[1] + q[5]) / 2, nil
}

func (m mouse) fill(label, text string) {
	m.t.Helper()
	m.press("textbox", label)
	m.replace(text)
}

// keyboard has no mouse.
type keyboard struct{ *browser }

func withKeyboard(b *browser) hand { return keyboard{b} }

// reach tabs from element to element until what it wants has the focus.
func (k keyboard) reach(role, name string) {
	k.t.Helper()
	k.find(role, name)
	want := named{role, name}
	var passed []named
	for range 100 {
		at := k.focused()
		if at == want {
			return
		}
		passed = append(passed, at)
		k.act(chromedp.KeyEvent(kb.Tab))
	}
	k.t.Fatalf("the keyboard does not reach %+v, but %+v", want, passed)
}

func (k keyboard) press(role, name string) {
	k.t.Helper()
	k.reach(role, name)
	k.act(chromedp.KeyEvent(kb.Enter))
}

func (k keyboard) fill(label, text string) {
	k.t.Helper()
	k.reach("textbox", label)
	k.replace(text)
}

// replace types over what is in the field that has the focus.
func (b *browser) replace(text string) {
	b.t.Helper()
	b.act(chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl)), chromedp.KeyEvent(kb.Backspace))
	b.act(chromedp.KeyEvent(text))
}
