//go:build !race

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// The scripts run this program as a process, as users do.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"bellhop": main})
}

const scriptPassword = "correct horse battery staple"

// TestScripts runs testdata/script/*.txtar: what a user types, and what he sees. All use one server, each in an
// organization of its own. Beside what package testscript knows a script has
//
//	exits CODE COMMAND ...   the command ends with this code
//	until PATTERN COMMAND ... the command is run again until it prints what matches, as deliveries take a moment
//	keep NAME FIELD          puts a field of the JSON that was printed last into a variable: id, or 0.params.url
//	heard PATTERN            waits until the endpoint at $HOOK got a delivery that matches
//	show bellhop ...         the command is run, and what it prints becomes an example in docs/commands.md
//	wrote FILE PATTERN       waits until a command in the background, whose output goes there, wrote what matches
//
// and the variables HOST, EMAIL and HOOK, with the password in the file password. Below $HOOK, any path is an endpoint of
// the script's own that answers the challenge; what begins with fail answers deliveries with 503, and echo answers contacts.
func TestScripts(t *testing.T) {
	server := startServer(t)
	hooks := newHooks(t, server.token)
	shown := &examples{text: map[string][]string{}}
	var done atomic.Int32
	// The scripts are parallel tests: they end before this group does, and the server after it.
	t.Run("group", func(t *testing.T) {
		testscript.Run(t, testscript.Params{
			Dir:                "testdata/script",
			RequireUniqueNames: true,
			UpdateScripts:      *update,
			Setup: func(env *testscript.Env) error {
				env.Defer(func() { done.Add(1) })
				return setupScript(server, hooks, env)
			},
			Cmds: map[string]func(*testscript.TestScript, bool, []string){
				"exits": scriptExits, "until": scriptUntil, "keep": scriptKeep, "heard": hooks.heard, "wrote": scriptWrote, "show": shown.show,
			},
		})
	})
	// With -run of some scripts alone there are not all examples.
	if all, err := filepath.Glob("testdata/script/*.txtar"); err != nil || t.Failed() || len(all) != int(done.Load()) {
		return
	}
	shown.check(t)
}

// setupScript gives a script an organization, and an admin of it.
func setupScript(server *running, hooks *hooks, env *testscript.Env) error {
	t := env.T().(testing.TB)
	ctx := t.Context()
	name := filepath.Base(t.Name())
	organization, err := server.admin.Organizations.Create(ctx, map[string]any{"name": "Org " + name})
	if err != nil {
		return err
	}
	email := name + "@example.com"
	if _, err := server.admin.Users.Create(ctx, map[string]any{
		"email": email, "password": scriptPassword, "givenName": "Ada", "familyName": "Smit",
		"organizations": []map[string]any{{"organization": organization.ID, "role": "admin"}},
	}); err != nil {
		return err
	}
	env.Setenv("HOME", env.WorkDir)
	env.Setenv("XDG_CONFIG_HOME", filepath.Join(env.WorkDir, "config"))
	// It is noon where the scripts run, so that no day ends while they show times.
	env.Setenv("TZ", fmt.Sprintf("Etc/GMT%+d", time.Now().UTC().Hour()-12))
	env.Setenv("HOST", server.url)
	env.Setenv("EMAIL", email)
	env.Setenv("ORG", string(organization.ID))
	env.Setenv("HOOK", hooks.url+"/"+name)
	return os.WriteFile(filepath.Join(env.WorkDir, "password"), []byte(scriptPassword+"\n"), 0o600)
}

func scriptExits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND ...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("run: %v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// again calls f until it is true.
func again(ts *testscript.TestScript, what string, f func() bool) {
	deadline := time.After(patience)
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for !f() {
		select {
		case <-ticker.C:
		case <-deadline:
			ts.Fatalf("still waiting for %s", what)
		}
	}
}

func scriptUntil(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: until PATTERN COMMAND ...")
	}
	pattern, err := regexp.Compile(`(?m)` + args[0])
	ts.Check(err)
	again(ts, args[0], func() bool {
		return ts.Exec(args[1], args[2:]...) == nil && pattern.MatchString(ts.ReadFile("stdout"))
	})
}

func scriptWrote(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: wrote FILE PATTERN")
	}
	pattern, err := regexp.Compile(`(?m)` + args[1])
	ts.Check(err)
	file := ts.MkAbs(args[0])
	again(ts, args[1]+" in "+args[0], func() bool {
		text, err := os.ReadFile(file)
		return err == nil && pattern.Match(text)
	})
}

func scriptKeep(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: keep NAME FIELD")
	}
	var v any
	ts.Check(json.NewDecoder(strings.NewReader(ts.ReadFile("stdout"))).Decode(&v))
	for step := range strings.SplitSeq(args[1], ".") {
		switch in := v.(type) {
		case map[string]any:
			v = in[step]
		case []any:
			n, err := strconv.Atoi(step)
			ts.Check(err)
			if n >= len(in) {
				ts.Fatalf("there are only %d items", len(in))
			}
			v = in[n]
		default:
			v = nil
		}
	}
	text, ok := v.(string)
	if !ok {
		ts.Fatalf("%s is no text: %v", args[1], v)
	}
	ts.Setenv(args[0], text)
}

// hooks are endpoints of webhooks.
type hooks struct {
	url string
	got chan func(map[string][]string)
}

func newHooks(t *testing.T, token string) *hooks {
	h := &hooks{got: make(chan func(map[string][]string))}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if q.Method == http.MethodGet {
			io.WriteString(w, q.URL.Query().Get("challenge"))
			return
		}
		body, err := io.ReadAll(q.Body)
		if err != nil {
			return
		}
		script, path, _ := strings.Cut(strings.Trim(q.URL.Path, "/"), "/")
		h.got <- func(bodies map[string][]string) { bodies[script] = append(bodies[script], string(body)) }
		switch {
		case strings.HasPrefix(path, "fail"):
			w.Header().Set("Retry-After", "3600") // the script looks while there was one attempt
			w.WriteHeader(http.StatusServiceUnavailable)
		case path == "echo":
			echo(w, token, body)
		}
	}))
	h.url = server.URL
	done := make(chan struct{})
	go func() {
		defer close(done)
		bodies := map[string][]string{}
		for f := range h.got {
			f(bodies)
		}
	}()
	t.Cleanup(func() {
		server.Close()
		close(h.got)
		<-done
	})
	return h
}

// echo answers what a contact says, and offers him two buttons.
func echo(w http.ResponseWriter, token string, body []byte) {
	var payload struct {
		Data struct {
			Message struct{ Type, Role, Text string }
		}
	}
	m := &payload.Data.Message
	if json.Unmarshal(body, &payload) != nil || m.Role != "contact" {
		return
	}
	said := map[string]any{"role": "agent", "text": "You pressed " + m.Text}
	if m.Type == "chat" {
		said["text"] = "You said " + m.Text
		said["actions"] = []map[string]string{{"type": "reply", "text": "Yes", "payload": "YES"}, {"type": "postback", "text": "No", "payload": "NO"}}
	}
	// A write that fails shows as a delivery that did.
	_ = json.NewEncoder(w).Encode(map[string]any{"token": token, "messages": []any{said}})
}

// heard waits for a delivery.
func (h *hooks) heard(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: heard PATTERN")
	}
	pattern, err := regexp.Compile(args[0])
	ts.Check(err)
	script := ts.Name()
	again(ts, "a delivery that matches "+args[0], func() bool {
		found := make(chan bool)
		h.got <- func(bodies map[string][]string) {
			yes := false
			for _, body := range bodies[script] {
				yes = yes || pattern.MatchString(body)
			}
			found <- yes
		}
		return <-found
	})
}
