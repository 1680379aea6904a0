//go:build !race

package main_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// A talk that is looked at stays true for as long as it is open: what is said is added, what is deleted goes, what one
// types stays, and where no stream is to be had it is read now and then.
func TestLongTalk(t *testing.T) {
	chromium := sharedChromium(t)
	bin := bellhop(t)
	t.Parallel()
	s := newServer(t, bin)
	admin := s.login()
	talk := admin.newConversation("Jenny", "Hello")
	say := func(from, n int) {
		many := make([]object, n)
		for i := range many {
			many[i] = object{"text": fmt.Sprintf("number %d.", from+i), "role": "contact"}
		}
		admin.must(http.StatusCreated, "POST", "/v2/conversations/"+talk+"/messages", many, nil)
	}
	say(1, 60)
	b := newBrowser(t, chromium, 1440, false)
	h := withMouse(b)
	b.logIn(h, s.url+"/conversations/"+talk)
	b.sees("1 to 50 of 61", "number 60.")

	// While it is typed and sent, others speak.
	h.press("DisclosureTriangle", "Commands, tags and forms")
	h.fill("Tags", "vip")
	h.fill("Message", "one")
	b.enter()
	b.act(chromedp.KeyEvent("two"))
	b.enter()
	b.act(chromedp.KeyEvent("three"))
	say(61, 5)
	admin.must(http.StatusCreated, "POST", "/v2/conversations/"+talk+"/messages", object{"type": "command", "text": "/follow"}, nil)
	b.until("all that was said", `["one", "two", "number 65.", "/follow"].every((text) => [...document.querySelectorAll(".message-text")].some((e) => e.textContent === text))`)
	if got := b.script(`document.getElementById("text").value + " " + document.getElementById("order-tags").value`); got != "three vip" {
		t.Errorf("what was typed is now %q, want three vip", got)
	}
	b.until("the order of time", `(() => { const at = [...document.querySelectorAll("#messages-shown .message-text")].map((e) => e.textContent).filter((t) => t.startsWith("number ")).map((t) => parseInt(t.slice(7))); return at.every((n, i) => i === 0 || n === at[i - 1] + 1) })()`)
	if n := b.script(`document.querySelectorAll(".day").length`); n != "1" {
		t.Errorf("%s times there stands which day it is, want once", n)
	}
	b.shoot("long-talk")

	// What is deleted, the newest and one between others, is gone with the next change.
	all := admin.messages(talk)
	for _, m := range all {
		if m.Text == "number 64." || m.Text == "number 30." {
			admin.must(http.StatusNoContent, "DELETE", "/v2/messages/"+m.ID, nil, nil)
		}
	}
	b.until("deleted messages to go", `![...document.querySelectorAll(".message-text")].some((e) => ["number 64.", "number 30."].includes(e.textContent))`)

	// Of a talk of hours the page keeps the end.
	for from := 66; from < 466; from += 50 {
		say(from, 50)
		b.sees(fmt.Sprintf("number %d.", from+49))
	}
	b.until("what is far above to go", `document.querySelectorAll("#messages-shown > li").length <= 301 && document.querySelectorAll(".day").length === 1`)

	// Too many streams.
	var open []io.Closer
	b.open("about:blank")
	for range 20 {
		b.wait("a stream", func(context.Context) error { // that of the page is not at its end yet
			stream, err := admin.stream()
			if err == nil {
				open = append(open, stream)
			}
			return err
		})
	}
	b.open(s.url + "/conversations/" + talk)
	b.find("button", "Send")
	say(500, 1)
	b.sees("number 500.")
	for _, stream := range open {
		stream.Close()
	}
}

// stream opens one of all attempts.
func (a api) stream() (io.Closer, error) {
	r, err := http.NewRequestWithContext(a.t.Context(), "GET", a.url+"/v2/deliveries/stream", nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+a.token)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		answer.Body.Close()
		return nil, errors.New(answer.Status)
	}
	a.t.Cleanup(func() { answer.Body.Close() })
	return answer.Body, nil
}

// enter presses the Enter key as a keyboard does: whoever prevents it gets no line break either.
func (b *browser) enter() {
	b.t.Helper()
	key := input.DispatchKeyEventParams{Type: "keyDown", Key: "Enter", Code: "Enter", Text: "\r", WindowsVirtualKeyCode: 13}
	call(b, input.DispatchKeyEvent, key)
	key.Type, key.Text = "keyUp", ""
	call(b, input.DispatchKeyEvent, key)
}
