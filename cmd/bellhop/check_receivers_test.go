package main_test

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
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
// Contract: delivery.md 4: What SDK endpoints do
func TestCheckFindsWhatReceiversLack(t *testing.T) {
	t.Parallel()
	names := []string{"npm start", "npm router", "npm http", "go sdk", "naive", "naive verifier"}
	urls := receivers(t)
	reports := make([]*check.Report, len(names))
	t.Run("all", func(t *testing.T) {
		for i, name := range names {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				report, err := check.Run(t.Context(), check.Config{URL: urls[name], Secret: checkedSecret, Idle: 100 * time.Millisecond, Timeout: 5 * time.Second})
				if err != nil {
					t.Fatal(err)
				}
				reports[i] = report
				for _, o := range report.Checks {
					t.Logf("%-20s %-8s %s", o.Name, o.Result, o.Seen)
				}
			})
		}
	})
	if t.Failed() {
		return
	}
	var table strings.Builder
	columns := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintf(columns, "check\t%s\n", strings.Join(names, "\t"))
	for i, o := range reports[0].Checks {
		fmt.Fprint(columns, o.Name)
		for _, report := range reports {
			fmt.Fprintf(columns, "\t%s", report.Checks[i].Result)
		}
		fmt.Fprintln(columns)
	}
	fmt.Fprint(columns, "score")
	for _, report := range reports {
		fmt.Fprintf(columns, "\t%d", report.Score)
	}
	fmt.Fprintln(columns)
	_ = columns.Flush()
	t.Logf("\n%s", &table)
}
