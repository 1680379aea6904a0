//go:build !race

package main_test

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"bellhop/chipchat"
	"bellhop/internal/check"
	"bellhop/internal/event"
)

const checkedSecret = "zICWczLmAOEDvh1DiPGSHw=="

// nodeReceiver runs a bot on the published package, which never has to reach its platform, and returns its URL.
func nodeReceiver(t *testing.T, c botConfig) string {
	t.Helper()
	path := node(t)
	c.Host, c.Secret, c.Path = "http://127.0.0.1:1", checkedSecret, "/hook"
	config, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "bot.js")
	cmd.Dir = filepath.Join("testdata", "node")
	cmd.Env = append(os.Environ(), "BOT="+string(config))
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	var ready struct{ Port int }
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &ready)
	}
	if err != nil {
		t.Fatalf("the bot did not start: %v", err)
	}
	u := url.URL{Scheme: "http", Host: fmt.Sprintf("127.0.0.1:%d", ready.Port), Path: "/hook"}
	if c.User != "" {
		u.User = url.UserPassword(c.User, c.Password)
	}
	return u.String()
}

// receivers are what bots are made of, each put up as its documentation says.
func receivers(t *testing.T) map[string]string {
	t.Helper()
	serve := func(h http.Handler) string {
		server := httptest.NewServer(h)
		t.Cleanup(server.Close)
		return server.URL + "/hook"
	}
	bot, err := chipchat.New(chipchat.Options{Secret: checkedSecret, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"npm start":      nodeReceiver(t, botConfig{Mode: "start"}),
		"npm router":     nodeReceiver(t, botConfig{Mode: "router", User: "ada", Password: "correct horse"}),
		"npm http":       nodeReceiver(t, botConfig{Mode: "http"}),
		"go sdk":         serve(bot.Handler()),
		"naive":          serve(http.HandlerFunc(naive)),
		"naive verifier": serve(http.HandlerFunc(naiveVerifier)),
	}
}

// naive is what the first answer on the web shows: it echoes, says yes to everything, and looks at nothing.
func naive(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	_, _ = io.WriteString(w, r.FormValue("challenge"))
}

// naiveVerifier verifies what it has decoded and encoded again.
func naiveVerifier(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		http.Error(w, r.FormValue("challenge"), http.StatusOK)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	again, err := event.Canonical(nil, body) // what JSON.stringify(JSON.parse(body)) is
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	mac := hmac.New(sha1.New, []byte(checkedSecret))
	mac.Write(again)
	if r.Header.Get("X-Hub-Signature") != "sha1="+hex.EncodeToString(mac.Sum(nil)) {
		http.Error(w, "bad signature", http.StatusForbidden)
	}
}

// What the checks find in bots as they are, which docs/check.md shows.
//
// Contract: delivery.md 1: Endpoints built with the SDK answer 403
// Contract: delivery.md 4: With secret: header absent
// Contract: delivery.md 4: So a 200 does not prove
func TestCheckFindsWhatReceiversLack(t *testing.T) {
	t.Parallel()
	names := []string{"npm start", "npm router", "npm http", "go sdk", "naive", "naive verifier"}
	urls := receivers(t)
	var checks []string
	for _, c := range check.All() {
		if c.Name != "answer-time" && c.Name != "slow-sending" { // they are for how busy this machine is
			checks = append(checks, c.Name)
		}
	}
	reports := make([]*check.Report, len(names))
	t.Run("all", func(t *testing.T) {
		for i, name := range names {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				report, err := check.Run(t.Context(), check.Config{
					URL: urls[name], Secret: checkedSecret, Only: checks, Idle: 100 * time.Millisecond, Timeout: time.Minute,
				})
				if err != nil {
					t.Fatal(err)
				}
				reports[i] = report
			})
		}
	})
	if t.Failed() {
		return
	}
	if golden(t, "../../docs/check.md", "receivers", "```\n"+results(names, reports)+"```\n") {
		return
	}
	for i, report := range reports {
		for _, o := range report.Checks {
			t.Logf("%-14s %-20s %-8s %s", names[i], o.Name, o.Result, o.Seen)
		}
	}
}

// results is a table with a column for each receiver.
func results(names []string, reports []*check.Report) string {
	var table strings.Builder
	columns := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	row := func(first string, cell func(*check.Report) any) {
		fmt.Fprint(columns, first)
		for _, report := range reports {
			fmt.Fprintf(columns, "\t%v", cell(report))
		}
		fmt.Fprintln(columns)
	}
	fmt.Fprintf(columns, "check\t%s\n", strings.Join(names, "\t"))
	for i, o := range reports[0].Checks {
		row(o.Name, func(r *check.Report) any { return r.Checks[i].Result })
	}
	row("score", func(r *check.Report) any { return r.Score })
	_ = columns.Flush() // a builder takes everything
	return table.String()
}

// golden reports whether a page has want between its marks of that name. With -update it writes it there.
func golden(t *testing.T, page, mark, want string) bool {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begun := strings.Cut(string(text), "<!-- "+mark+" -->\n")
	got, after, ended := strings.Cut(rest, "<!-- end of "+mark+" -->")
	switch {
	case !begun || !ended:
		t.Fatalf("%s has no place for %s", page, mark)
	case got == want:
		return true
	case flag.Lookup("update").Value.String() != "true":
		t.Errorf("%s has other %s; run go test ./cmd/bellhop -run %s -update. They are now:\n%s", page, mark, t.Name(), want)
		return false
	}
	again := before + "<!-- " + mark + " -->\n" + want + "<!-- end of " + mark + " -->" + after
	if err := os.WriteFile(page, []byte(again), 0o644); err != nil {
		t.Fatal(err)
	}
	return true
}
