//go:build !race

package main_test

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"bellhop/internal/testenv"
)

// These tests run bots on the published npm package, unmodified (testdata/node/bot.js).

const contactChat = "message.create.contact.chat"

// botConfig is how a bot is put up. testdata/node/bot.js says what the fields mean.
type botConfig struct {
	Mode         string `json:"mode"`
	Host         string `json:"host"`
	Token        string `json:"token"`
	RefreshToken string `json:"refreshToken"`
	Email        string `json:"email"`
	Secret       string `json:"secret,omitempty"`
	Path         string `json:"path"`
	User         string `json:"user,omitempty"`
	Password     string `json:"password,omitempty"`
}

// node returns the path of Node, for tests that run bots.
func node(t *testing.T) string {
	t.Helper()
	path := testenv.Need(t, "node")
	for _, name := range []string{"chipchat", "standardwebhooks", "@seriousme/openapi-schema-validator"} {
		if _, err := os.Stat(filepath.Join("testdata", "node", "node_modules", name, "package.json")); err != nil {
			testenv.Lack(t, "the npm package "+name+" in testdata/node")
		}
	}
	return path
}

// startBot runs a bot of a new bot user until the test ends, and returns the address of its endpoint, as host and port.
func (a api) startBot(c botConfig) (host string) {
	a.t.Helper()
	user := a.newBot("Echo")
	c.Host, c.Token, c.RefreshToken, c.Email = a.watched(), user.Token, user.RefreshToken, user.Email
	if c.Path == "" {
		c.Path = "/"
	}
	config, err := json.Marshal(c)
	if err != nil {
		a.t.Fatal(err)
	}

	cmd := exec.Command(node(a.t), "bot.js")
	cmd.Dir = filepath.Join("testdata", "node")
	cmd.Env = append(os.Environ(), "BOT="+string(config))
	var log transcript
	cmd.Stderr = &log
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		a.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		a.t.Fatal(err)
	}
	a.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if a.t.Failed() {
			a.t.Logf("log of the bot in mode %s:\n%s", c.Mode, log.tail(4000))
		}
	})

	var ready struct{ Port int }
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &ready)
	}
	if err != nil {
		a.t.Fatalf("the bot did not start: %v\n%s", err, log.tail(4000))
	}
	return fmt.Sprintf("127.0.0.1:%d", ready.Port)
}

// got is what the bot answers to a text.
func got(text string) string {
	return fmt.Sprintf("Got %x", sha256.Sum256([]byte(text)))
}

// untroubled checks that no delivery of a service needed more than one attempt, and that every one was taken.
func (a api) untroubled(service string) {
	a.t.Helper()
	a.settled()
	for _, d := range a.deliveries(service) {
		if d.Status != "delivered" || d.Attempts != 1 {
			a.t.Errorf("delivery of %s is %s after %d attempts, want delivered after 1", d.Event, d.Status, d.Attempts)
		}
	}
}

// Contract: delivery.md 2: Nothing else is needed
// Contract: delivery.md 4: What SDK endpoints do
// Contract: services.md 1: While it is created
func TestNodeBotAnswers(t *testing.T) {
	_, bin := node(t), bellhop(t)
	t.Parallel()
	const secret = "zICWczLmAOEDvh1DiPGSHw=="
	for _, c := range []struct{ mode, secret string }{
		{"start", ""},
		{"start", secret},
		{"router", ""},
		{"router", secret},
		{"http", ""},
		{"http", secret},
	} {
		name := c.mode
		if c.secret != "" {
			name += " with secret"
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			admin := newServer(t, bin).login()
			host := admin.startBot(botConfig{Mode: c.mode, Secret: c.secret, Path: "/path/", User: "username", Password: "password"})
			params := object{
				"url":    "http://username:password@" + host + "/path/",
				"events": []string{contactChat, "message.create.contact.postback", "conversation.update"},
			}
			if c.secret != "" {
				params["secret"] = c.secret
			}
			hook := admin.newWebhook("Echo", params)

			conversation := admin.newConversation("Jenny", "Hello, anyone there?")
			admin.answers(conversation, "Hello, anyone there?", 1)
			admin.say(conversation, "a < b & c > d “ok” 👍")
			admin.answers(conversation, "a < b & c > d “ok” 👍", 1)
			admin.untroubled(hook.ID)
		})
	}
}

// answers waits until the bots have answered a text, n times in all.
func (a api) answers(conversation, text string, n int) {
	a.t.Helper()
	eventually(a.t, fmt.Sprintf("%d answers to %.40q", n, text), func() bool {
		return a.count(conversation, got(text)) >= n
	})
}

// gate stands in front of an endpoint. While it is shut it holds deliveries, until it is opened or the sender is gone.
type gate struct {
	*httptest.Server
	open chan struct{}
	held chan struct{} // gets a value for each delivery that it holds
}

func newGate(t *testing.T, host string) *gate {
	g := &gate{open: make(chan struct{}), held: make(chan struct{}, 100)}
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: host})
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		if r.Method == http.MethodPost {
			select {
			case <-g.open:
			default:
				g.held <- struct{}{}
				select {
				case <-g.open:
				case <-r.Context().Done():
					return
				}
			}
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(g.Close)
	return g
}

func TestNodeBotAnswersOnceAfterTheServerWasKilled(t *testing.T) {
	_, bin := node(t), bellhop(t)
	t.Parallel()
	s := newServer(t, bin)
	admin := s.login()
	gate := newGate(t, admin.startBot(botConfig{Mode: "start"}))
	hook := admin.newWebhook("Echo", object{"url": gate.URL, "events": []string{contactChat}})

	conversation := admin.newConversation("Jenny", "Is it open?")
	select {
	case <-gate.held:
	case <-time.After(patience):
		t.Fatal("the message was never sent to the bot")
	}
	admin.say(conversation, "Hello?")
	s.kill()
	close(gate.open)
	s.start()

	for _, text := range []string{"Is it open?", "Hello?"} {
		admin.answers(conversation, text, 1)
	}
	admin.settled()
	for _, text := range []string{"Is it open?", "Hello?"} {
		if n := admin.count(conversation, got(text)); n != 1 {
			t.Errorf("the bot answered %q %d times, want once", text, n)
		}
	}
	for _, d := range admin.deliveries(hook.ID) {
		if d.Status != "delivered" {
			t.Errorf("delivery of %s is %s, want delivered", d.Event, d.Status)
		}
	}
}

// TestNodeBotAsks has more handlers waiting for their contact's next message than the service may have attempts under
// way: handlers that wait must never hold up the message that they wait for (docs/contract/delivery.md section 7).
//
// Contract: delivery.md 5: They answer only after the bot
// Contract: delivery.md 5: Consequences: (1)
// Contract: delivery.md 7: It must not hold the next event
func TestNodeBotAsks(t *testing.T) {
	_, bin := node(t), bellhop(t)
	t.Parallel()
	admin := newServer(t, bin).login()
	host := admin.startBot(botConfig{Mode: "start"})
	hook := admin.newWebhook("Echo", object{"url": "http://" + host, "concurrency": 16})

	conversations := make([]string, 50)
	for i := range conversations {
		conversations[i] = admin.newConversation(fmt.Sprintf("Jenny%d", i), "ask")
	}
	for _, c := range conversations {
		eventually(t, "a handler waits for the reply", func() bool { return admin.asked(c) })
	}
	for i, c := range conversations {
		admin.say(c, fmt.Sprintf("reply %d", i))
	}
	for i, c := range conversations {
		eventually(t, "the handler got the reply", func() bool {
			return admin.count(c, fmt.Sprintf("You said reply %d", i)) == 1
		})
	}
	admin.untroubled(hook.ID)
}

// asked reports whether the bot has noted in the conversation that it waits for an answer.
func (a api) asked(conversation string) bool {
	a.t.Helper()
	var c struct{ Meta map[string]any }
	a.must(http.StatusOK, "GET", "/v2/conversations/"+conversation, nil, &c)
	for key := range c.Meta {
		if strings.HasPrefix(key, "_asked") {
			return true
		}
	}
	return false
}

// Contract: delivery.md 5: Reasons to know
func TestNodeBotThrows(t *testing.T) {
	_, bin := node(t), bellhop(t)
	t.Parallel()
	admin := newServer(t, bin).login()
	host := admin.startBot(botConfig{Mode: "ingest"})
	hook := admin.newWebhook("Echo", object{"url": "http://" + host, "events": []string{contactChat}})

	conversation := admin.newConversation("Jenny", "throw")
	for i := range 20 {
		admin.say(conversation, fmt.Sprintf("still there %d", i))
	}
	for i := range 20 {
		admin.answers(conversation, fmt.Sprintf("still there %d", i), 1)
	}
	admin.settled()
	dead := 0
	for _, d := range admin.deliveries(hook.ID) {
		switch {
		case d.Status == "dead" && d.LastStatus == http.StatusBadRequest && d.Attempts == 1:
			dead++
		case d.Status != "delivered" || d.Attempts != 1:
			t.Errorf("delivery %+v, want delivered after 1 attempt", d)
		}
	}
	if dead != 1 {
		t.Errorf("%d deliveries are dead of a 400, want the one whose handler threw", dead)
	}
}

// TestNodeBotIdles waits longer than a Node server keeps an idle connection.
//
// Contract: delivery.md 7: Node servers close idle
func TestNodeBotIdles(t *testing.T) {
	_, bin := node(t), bellhop(t)
	t.Parallel()
	admin := newServer(t, bin).login()
	modes := []string{"start", "http"}
	for _, mode := range modes {
		host := admin.startBot(botConfig{Mode: mode})
		admin.newWebhook(mode, object{"url": "http://" + host, "events": []string{contactChat}})
	}

	conversation := admin.newConversation("Jenny", "before")
	admin.answers(conversation, "before", len(modes))
	<-time.After(6 * time.Second)
	admin.say(conversation, "after")
	admin.answers(conversation, "after", len(modes))
	admin.untroubled("")
}

// TestNodeBotReadsUnicode shifts characters of two to four bytes over every border at which a chunk could end: the plain
// middleware decodes chunks one by one and destroys what is cut (docs/contract/delivery.md section 2).
//
// Contract: delivery.md 2: Content-Length
func TestNodeBotReadsUnicode(t *testing.T) {
	_, bin := node(t), bellhop(t)
	t.Parallel()
	const secret = "schlüssel 🔑"
	admin := newServer(t, bin).login()
	host := admin.startBot(botConfig{Mode: "http", Secret: secret})
	hook := admin.newWebhook("Echo", object{"url": "http://" + host, "secret": secret, "events": []string{contactChat}})

	conversation := admin.newConversation("Jenny", "hello")
	const unit = "é👍ñ漢🏳️‍🌈ü"
	var texts []string
	for shift := range 40 {
		text := strings.Repeat("a", shift) + strings.Repeat(unit, 5000/len(unit))
		if !utf8.ValidString(text) {
			t.Fatal("the text is broken before it is sent")
		}
		texts = append(texts, text)
		admin.say(conversation, text)
	}
	eventually(t, "an answer to each text", func() bool { return len(admin.messages(conversation)) >= 2*(1+len(texts)) })
	admin.untroubled(hook.ID)
	for shift, text := range texts {
		if n := admin.count(conversation, got(text)); n != 1 {
			t.Errorf("the text with shift %d was read rightly %d times, want once", shift, n)
		}
	}
}
