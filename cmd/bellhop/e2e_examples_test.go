//go:build !race

package main_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

// The examples of the published npm package run as they are, each as a bot of its own in an organization of its own, all
// on one server. What they say is compared with what their code says that they say (the files beside this one).

// example is one of the files in examples of the package.
type example struct {
	name     string
	scope    string                  // of its token, unless that is bot
	env      []string                // variables of the environment that it needs
	survives string                  // the error that would end it, and that it is to survive
	prep     func(s *stage) []string // makes what has to be there before it starts, and returns more variables
	play     func(s *stage)          // after it has started
	ends     bool                    // by itself: it has no webhook
}

// stage is where an example is played: an organization with the bot, its webhook and a contact who talks to it.
type stage struct {
	api
	organization string
	bot          credentials
	hook         service
	other        string // another organization, if there is one
	conversation string
	out          *transcript // what the example prints
	exited       chan struct{}
	err          error // of the example that ended, after exited
	heard        map[string]bool
}

// line is a message, with what a reader of the conversation sees of it.
type line struct {
	ID, User, Type, Role, Text string
	IsBackchannel              bool
	Actions                    []struct{ Type, Text, Payload string }
}

func TestExamplesOfThePackage(t *testing.T) {
	_, bin := node(t), bellhop(t)
	t.Parallel()
	admin := newServer(t, bin).login()
	// A play mostly waits, so more of them run at once than go test runs tests in parallel.
	plays := new(errgroup.Group)
	plays.SetLimit(6)
	for _, e := range examples() {
		plays.Go(func() error {
			t.Run(e.name, func(t *testing.T) {
				admin := admin
				admin.t = t
				admin.stage(e)
			})
			return nil // what fails is reported to t
		})
	}
	if err := plays.Wait(); err != nil {
		t.Error(err)
	}
}

func examples() []example { return slices.Concat(talks(), calls(), flows()) }

// Every example that the package ships has a play. (What lies in directories beside them is parts of them, or empty.)
func TestExamplesOfThePackageAreComplete(t *testing.T) {
	_ = node(t)
	files, err := filepath.Glob(filepath.Join("testdata", "node", "node_modules", "chipchat", "examples", "*.js"))
	if err != nil || len(files) == 0 {
		t.Fatalf("there are %d examples, %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".js")
		if !slices.ContainsFunc(examples(), func(e example) bool { return e.name == name }) {
			t.Errorf("%s.js has no play", name)
		}
	}
}

// stage plays an example.
func (a api) stage(e example) {
	s := &stage{api: a, out: new(transcript), exited: make(chan struct{}), heard: map[string]bool{}}
	s.organization = s.newOrganization("Org "+e.name, "")
	bot := object{"name": "Bot " + e.name, "organization": s.organization}
	if e.scope != "" {
		bot["scope"] = e.scope
	}
	a.must(http.StatusCreated, "POST", "/v2/bots", bot, &s.bot)
	env := slices.Clone(e.env)
	defer s.tell()
	if e.prep != nil {
		env = append(env, e.prep(s)...)
	}
	port := s.start(e, env)
	if !e.ends {
		select {
		case p := <-port:
			s.listen("http://127.0.0.1:" + p)
		case <-s.exited:
			a.t.Fatalf("%s ended at once: %v\n%s", e.name, s.err, s.out.tail(4000))
		case <-time.After(patience):
			a.t.Fatalf("%s does not listen\n%s", e.name, s.out.tail(4000))
		}
	}
	e.play(s)
	s.quiet()
}

// tell shows a play that went wrong.
func (s *stage) tell() {
	if !s.t.Failed() {
		return
	}
	s.t.Logf("what the example printed:\n%s", s.out.tail(8000))
	for _, l := range s.lines("") {
		heard := " "
		if s.heard[l.ID] {
			heard = "*"
		}
		who := "someone"
		if l.User == s.bot.ID {
			who = "bot"
		}
		s.t.Logf("%s %-7s %q", heard, who, s.show(l))
	}
}

// start runs the example until the test ends. The channel gets the port that it listens on.
func (s *stage) start(e example, env []string) <-chan string {
	s.t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		s.t.Fatal(err)
	}
	cmd := exec.Command(node(s.t), "--require", "./example.js", filepath.Join("node_modules", "chipchat", "examples", e.name+".js"))
	cmd.Dir = filepath.Join("testdata", "node")
	cmd.Env = append(os.Environ(), "TOKEN="+s.bot.Token, "APIHOST="+s.url, "PORT=0", "SURVIVES="+e.survives)
	cmd.Env = append(cmd.Env, env...)
	cmd.ExtraFiles = []*os.File{w}
	cmd.Stdout, cmd.Stderr = s.out, s.out
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	w.Close()
	go func() {
		defer close(s.exited)
		s.err = cmd.Wait()
	}()
	s.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-s.exited
		r.Close()
	})
	port := make(chan string, 1)
	go func() {
		if scan := bufio.NewScanner(r); scan.Scan() {
			port <- scan.Text()
		}
	}()
	return port
}

// listen makes the bot-specific webhook, which listens to everything, as most bots do.
func (s *stage) listen(url string) {
	s.t.Helper()
	s.must(http.StatusCreated, "POST", "/v2/services", object{
		"name": "Hook", "type": "webhook", "organization": s.organization, "bot": s.bot.ID, "params": object{"url": url},
	}, &s.hook)
	if s.hook.Status != "active" {
		s.t.Fatalf("the webhook is %s, want active", s.hook.Status)
	}
}

// contact lets the contact say something: the first time in a new conversation.
func (s *stage) contact(text string) {
	s.t.Helper()
	s.post(object{"text": text, "role": "contact", "touchpoint": "web"})
}

// agent lets the admin say something to the contact.
func (s *stage) agent(text string) {
	s.t.Helper()
	s.post(object{"text": text, "role": "agent"})
}

// post posts a message of the contact, or of the admin.
func (s *stage) post(message object) {
	s.t.Helper()
	if s.conversation == "" {
		s.converse(message)
		return
	}
	s.must(http.StatusCreated, "POST", "/v2/conversations/"+s.conversation+"/messages", message, nil)
}

// converse begins the conversation of the contact.
func (s *stage) converse(messages ...object) {
	s.t.Helper()
	var c struct{ ID string }
	s.must(http.StatusCreated, "POST", "/v2/conversations", object{
		"type": "contact", "organization": s.organization,
		"contact":  object{"profile": object{"name": "Jenny", "email": "jenny@example.com"}},
		"messages": messages,
	}, &c)
	s.conversation = c.ID
}

// lines are the messages of the conversation: of a user, or of all for "".
func (s *stage) lines(user string) (lines []line) {
	s.t.Helper()
	if s.conversation == "" {
		return nil
	}
	for _, l := range list[line](s.api, "/v2/conversations/"+s.conversation+"/messages?sort=createdAt") {
		if user == "" || l.User == user {
			lines = append(lines, l)
		}
	}
	return lines
}

// hears waits until the bot has said all of want, in this order, since what was heard last; other things may come in
// between and are heard later. "..." before the first one lets them come in any order.
func (s *stage) hears(want ...string) {
	s.t.Helper()
	anyOrder := want[0] == "..."
	if anyOrder {
		want = want[1:]
	}
	deadline := time.After(patience)
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		found, missing := s.find(s.lines(s.bot.ID), want, anyOrder)
		if len(missing) == 0 {
			for _, id := range found {
				s.heard[id] = true
			}
			return
		}
		select {
		case <-ticker.C:
		case <-deadline:
			s.t.Fatalf("still waiting for: %s", strings.Join(missing, "; "))
		}
	}
}

// find looks for what is wanted among lines that were not heard yet: the ids of those that are it, and what is missing.
func (s *stage) find(lines []line, want []string, anyOrder bool) (found, missing []string) {
	from := 0
	for _, text := range want {
		start := from
		if anyOrder {
			start = 0
		}
		at := slices.IndexFunc(lines[start:], func(l line) bool {
			return !s.heard[l.ID] && !slices.Contains(found, l.ID) && s.show(l) == text
		})
		if at < 0 {
			missing = append(missing, text)
			continue
		}
		found = append(found, lines[start+at].ID)
		from = start + at + 1
	}
	return found, missing
}

// show is how a message of the bot is written in the plays: its type unless that is chat, its role unless that is bot,
// the text, and what can be pressed. Ids are ID, but for the bot's, which is BOT.
func (s *stage) show(l line) string {
	var words []string
	if l.IsBackchannel {
		words = append(words, "backchannel")
	}
	if l.Type != "chat" {
		words = append(words, l.Type)
	}
	if l.Role != "" && l.Role != "bot" {
		words = append(words, "as "+l.Role)
	}
	if len(words) > 0 {
		words[len(words)-1] += ":"
	}
	if l.Text != "" {
		words = append(words, s.anonymous(l.Text))
	}
	for _, a := range l.Actions {
		pressed := "=" + a.Payload
		if a.Payload == a.Text {
			pressed = ""
		}
		words = append(words, fmt.Sprintf("[%s %s%s]", a.Type, a.Text, pressed))
	}
	return strings.Join(words, " ")
}

func (s *stage) anonymous(text string) string {
	return anyID.ReplaceAllString(strings.ReplaceAll(text, s.bot.ID, "BOT"), "ID")
}

func (l line) String() string { return fmt.Sprintf("%s %s %q", l.Type, l.Role, l.Text) }

// prints waits until the example has printed something.
func (s *stage) prints(patterns ...string) {
	s.t.Helper()
	for _, p := range patterns {
		select {
		case <-s.out.seen(regexp.MustCompile(s.pattern(p)), 0):
		case <-time.After(patience):
			s.t.Fatalf("the example does not print %s", s.pattern(p))
		}
	}
}

// pattern fills in the ids that a pattern names.
func (s *stage) pattern(p string) string {
	return strings.NewReplacer("BOT", s.bot.ID, "ORGANIZATION", s.organization, "CONVERSATION", s.conversation).Replace(p)
}

// ended waits until the example has ended by itself, and in order.
func (s *stage) ended() {
	s.t.Helper()
	select {
	case <-s.exited:
		if s.err != nil {
			s.t.Errorf("the example ended with %v", s.err)
		}
	case <-time.After(patience):
		s.t.Fatal("the example does not end")
	}
}

// newOrganization makes one at the top, or below another one.
func (a api) newOrganization(name, parent string) string {
	a.t.Helper()
	fields := object{"name": name}
	if parent != "" {
		fields["parent"] = parent
	}
	var made struct{ ID string }
	a.must(http.StatusCreated, "POST", "/v2/organizations", fields, &made)
	return made.ID
}

// fillIn has the preloaded script write something where an example asks its reader to.
func fillIn(what, with string) string {
	text, err := json.Marshal(map[string]string{what: with})
	if err != nil {
		panic(err)
	}
	return "FILL=" + string(text)
}

// quiet checks that everything was heard that the bot has said, and that its webhook had no trouble.
func (s *stage) quiet() {
	s.t.Helper()
	if s.hook.ID != "" {
		eventually(s.t, "nothing is pending", func() bool {
			return len(list[delivery](s.api, "/v2/deliveries?status=pending&service="+s.hook.ID)) == 0
		})
		for _, d := range s.deliveries(s.hook.ID) {
			if d.Status != "delivered" || d.Attempts != 1 {
				s.t.Errorf("delivery of %s is %s after %d attempts, want delivered after 1", d.Event, d.Status, d.Attempts)
			}
		}
	}
	for _, l := range s.lines(s.bot.ID) {
		if !s.heard[l.ID] {
			s.t.Errorf("the bot has said, too: %s", s.show(l))
		}
	}
}

// found reads a list.
func (s *stage) found(path string, filter url.Values) []object {
	s.t.Helper()
	return list[object](s.api, path+"?"+filter.Encode())
}
