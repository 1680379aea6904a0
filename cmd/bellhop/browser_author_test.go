//go:build !race

package main_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/chromedp/chromedp"
)

// author is somebody who writes a bot, and has no channel.
type author struct {
	t      *testing.T
	config string
	port   int
	cmd    *exec.Cmd
	log    transcript
}

// run starts the bot, where it was before.
func (a *author) run() {
	a.t.Helper()
	a.cmd = exec.Command(node(a.t), "shop.js")
	a.cmd.Dir = filepath.Join("testdata", "node")
	a.cmd.Env = append(os.Environ(), "BOT="+a.config, fmt.Sprintf("PORT=%d", a.port))
	a.cmd.Stderr = &a.log
	stdout, err := a.cmd.StdoutPipe()
	if err == nil {
		err = a.cmd.Start()
	}
	if err != nil {
		a.t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	ready := struct{ Port int }{}
	if err == nil {
		err = json.Unmarshal(line, &ready)
	}
	if err != nil {
		a.t.Fatalf("the bot did not start: %v\n%s", err, a.log.tail(4000))
	}
	a.port = ready.Port
}

func (a *author) stop() {
	_ = a.cmd.Process.Kill()
	_ = a.cmd.Wait()
}

// A bot author without a channel makes his bot on the pages, and tries there all that it answers. He sees that it is
// down, and that it catches up.
func TestAuthor(t *testing.T) {
	chromium := sharedChromium(t)
	_, bin := node(t), bellhop(t)
	t.Parallel()
	s := newServer(t, bin)
	b := newBrowser(t, chromium, 1440, false)
	h := withMouse(b)
	b.logIn(h, s.url+"/bots")
	h.press("link", "Add bot")
	h.fill("Name", "Shirt shop")
	h.press("button", "Create bot")
	h.press("link", "Tokens")
	h.press("button", "Show tokens")
	b.sees("Refresh token", "eyJ")
	shown := b.script(`document.getElementById("main").innerText`)
	tokens := regexp.MustCompile(`eyJ[\w.-]+`).FindAllString(shown, -1)
	if len(tokens) < 2 {
		t.Fatalf("the page does not show two tokens: %s", shown)
	}
	email := regexp.MustCompile(`bot\+\w+@[\w.]+`).FindString(shown)
	a := &author{t: t, config: fmt.Sprintf(`{"host":%q,"token":%q,"refreshToken":%q,"email":%q}`, s.url, tokens[0], tokens[1], email)}
	a.run()
	t.Cleanup(a.stop)
	h.press("link", "Webhook")
	h.fill("Webhook URL", fmt.Sprintf("http://127.0.0.1:%d/", a.port))
	h.press("button", "Save Webhook")
	b.sees("Verified.")

	h.press("link", "Conversations")
	h.press("link", "Start a conversation")
	h.fill("Name of the contact", "Jenny")
	h.fill("First message", "Hello")
	h.press("button", "Start the conversation")
	b.sees("You said Hello")
	for _, c := range []struct {
		say, press string
		want       []string
	}{
		{"buttons", "Small", []string{"All sizes", "You pressed SIZE_S"}},
		{"card", "Large", []string{"The shirt", "You pressed SIZE_L"}},
		{"items", "Take blue", []string{"Like a rose", "You pressed BLUE"}},
		{"later", "", []string{"Wait for it", "There it is", "delayed by 1.5 s"}},
		{"note", "", []string{"He looks rich", "backchannel"}},
		{"command", "", []string{"/set mood good", `"mood": "good"`}},
		{"unicode", "", []string{"漢字", "<b>&amp;</b>", "two lines"}},
		{"long", "", []string{"a long answer a long answer"}},
	} {
		b.say(h, c.say)
		b.sees(c.want[0])
		if c.press != "" {
			h.press("button", c.press)
		}
		b.sees(c.want...)
	}
	b.shoot("author")

	a.stop()
	b.say(h, "anyone there")
	b.sees("1 pending")
	b.shoot("author-down")
	a.run()
	b.sees("You said anyone there")
}

// say sends a text with the Enter key.
func (b *browser) say(h hand, text string) {
	b.t.Helper()
	h.fill("Message", text)
	b.enter()
}

// script returns what an expression is on the page.
func (b *browser) script(expression string) string {
	b.t.Helper()
	text, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`String(`+expression+`)`))
	b.must(err)
	return text
}

// until waits until an expression is true on the page.
func (b *browser) until(what, expression string) {
	b.t.Helper()
	b.wait(what, func(ctx context.Context) error {
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](expression))
		if err == nil && !ok {
			err = errNotThere
		}
		return err
	})
}
