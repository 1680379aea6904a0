//go:build !race

package main_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// The outage is dragged over the retry schedule by mouse and by keyboard, and sent by a form where there is no
// JavaScript.
func TestRetrySchedule(t *testing.T) {
	chromium := sharedChromium(t)
	bin := bellhop(t)
	t.Parallel()
	s := newServer(t, bin)
	const at = "/schedule?at=2026-01-05T14:00&from=2026-01-05T13:30&for=2h30m"
	login := func(b *browser) hand {
		h := withMouse(b)
		b.logIn(h, s.url+at)
		b.sees("An event at 14:00, in an outage from 13:30 to 16:00, arrives at 16:0")
		return h
	}
	t.Run("mouse and keyboard", func(t *testing.T) {
		b := newBrowser(t, chromium, 1440, false)
		login(b)
		b.shoot("schedule")
		b.drag("slider", "Outage ends", 200)
		b.lacks("to 16:00,")
		b.sees("An event at 14:00, in an outage from 13:30 to ", "after the endpoint is back")
		b.wait("the address", func(ctx context.Context) error {
			address, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.search`))
			if err == nil && (strings.Contains(address, "2h30m") || !strings.Contains(address, "from=2026-01-05T13")) {
				err = errors.New(address)
			}
			return err
		})
		keys := keyboard{b}
		keys.reach("slider", "Outage begins")
		for range 5 {
			b.act(chromedp.KeyEvent(kb.ArrowRight))
		}
		b.sees("in an outage from 13:35 to ")
		if got := b.focused(); got.name != "Outage begins" {
			t.Errorf("the focus is on %+v", got)
		}
	})
	t.Run("phone without JavaScript", func(t *testing.T) {
		b := newBrowser(t, chromium, 390, true)
		h := login(b)
		h.fill("It lasts", "60 h")
		h.press("button", "Work it out")
		b.sees("dies: its 24 hours are over at 14:00 on Tue 6 Jan", "Some of it is lost, unless it is replayed")
		b.shoot("schedule-lost")
		h.press("link", "a restart, 20 s")
		b.sees("arrives")
		h.fill("It lasts", "soon")
		h.press("button", "Work it out")
		b.sees("It lasts must be a length of time")
	})
}

// drag moves what it finds to the right.
func (b *browser) drag(role, name string, by float64) {
	b.t.Helper()
	id := b.find(role, name)
	var x, y float64
	b.wait("a place to drag "+name, func(ctx context.Context) (err error) {
		x, y, err = middleOf(ctx, id)
		return err
	})
	mouse := func(typ input.DispatchMouseEventType, x float64) {
		b.t.Helper()
		call(b, input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: typ, X: x, Y: y, Button: input.MouseButtonLeft, Buttons: 1, ClickCount: 1})
	}
	mouse(input.DispatchMouseEventTypeMousePressed, x)
	for step := range 10 {
		mouse(input.DispatchMouseEventTypeMouseMoved, x+by*float64(step+1)/10)
	}
	mouse(input.DispatchMouseEventTypeMouseReleased, x+by)
}

// lacks waits until a text is not on the page any more.
func (b *browser) lacks(text string) {
	b.t.Helper()
	b.wait("the end of "+text, func(ctx context.Context) error {
		shown, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.body.innerText`))
		if err == nil && strings.Contains(shown, text) {
			err = errors.New("the page shows:\n" + shown)
		}
		return err
	})
}

// An empty server leads to its first bot; later on the overview says what needs attention, and stays true.
func TestOverview(t *testing.T) {
	chromium := sharedChromium(t)
	bin := bellhop(t)
	t.Parallel()
	s := newServer(t, bin)
	admin := s.login()
	b := newBrowser(t, chromium, 1440, false)
	h := withMouse(b)
	b.logIn(h, s.url)
	b.sees("Welcome. Nothing is connected yet", "First steps", "npm install chipchat")
	b.shoot("overview-first")

	receiver := newReceiver(t, func(_ string, n notification) (int, any) {
		if n.Event == "order.lost" {
			return http.StatusNotFound, nil
		}
		return http.StatusOK, nil
	})
	admin.newWebhook("MCC Webhook", object{"url": receiver.URL, "events": []string{"order.*"}})
	b.open(s.url)
	b.sees("Nothing needs attention: nothing was sent in the last 24 hours.")
	for _, event := range []string{"order.created", "order.paid", "order.lost"} {
		admin.must(http.StatusAccepted, "POST", "/v2/events", object{"event": event}, nil)
	}
	b.sees("One thing needs attention.", "1 delivery has died", "status 404", "Nothing is at that path.")
	b.shoot("overview")
	withKeyboard(b).press("link", "1 delivery has died")
	b.sees("1 delivery", "order.lost")
	h.press("link", "Overview")
	b.sees("Needs attention")
}
