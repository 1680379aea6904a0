package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"bellhop/chipchat"
	"bellhop/internal/testenv"
)

// patience is how long a test waits for what should happen at once. It only ever runs out when something is broken.
const patience = 3 * time.Minute

// screen is what a command prints, and can be waited for.
type screen struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{}
}

func newScreen() *screen { return &screen{more: make(chan struct{}, 1)} }

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case s.more <- struct{}{}:
	default:
	}
	return s.text.Write(p)
}

// find waits until form matches, and returns its first group.
func (s *screen) find(t *testing.T, form string) string {
	t.Helper()
	deadline := time.After(patience)
	for {
		s.mu.Lock()
		found := regexp.MustCompile(form).FindStringSubmatch(s.text.String())
		text := s.text.String()
		s.mu.Unlock()
		if found != nil {
			return found[1]
		}
		select {
		case <-s.more:
		case <-deadline:
			t.Fatalf("%s was not printed; printed was:\n%s", form, text)
		}
	}
}

// devRun is a run of bellhop dev.
type devRun struct {
	out, err *screen
	end      func()
}

func startDev(t *testing.T, dir string, more ...string) *devRun {
	t.Helper()
	return startDevIn(t, dir, func(string) string { return "" }, more...)
}

// startDevIn is startDev in an environment.
func startDevIn(t *testing.T, dir string, getenv func(string) string, more ...string) *devRun {
	t.Helper()
	d := &devRun{out: newScreen(), err: newScreen()}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, append([]string{"dev", "--listen", "127.0.0.1:0", "--data", dir}, more...), getenv, nil, d.out, d.err)
	}()
	d.end = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("dev ended with %v", err)
		}
	})
	t.Cleanup(d.end)
	return d
}

// The first minute: what dev prints can be pasted, and the bot answers; started again, it
// keeps what there is.
func TestDev(t *testing.T) {
	testenv.Need(t, "curl")
	dir := filepath.Join(t.TempDir(), "d")
	first := startDev(t, dir)
	line := first.out.find(t, `(?m)^(curl -fsS .*)$`)
	password := first.out.find(t, `Password +(\S+)`)
	if info, err := os.Stat(filepath.Join(dir, "admin-password")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file with the password: %v, %v, want mode 0600", info, err)
	}
	if out, err := exec.CommandContext(t.Context(), "bash", "-c", line).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", line, err, out)
	}
	conversation := chipchat.ID(first.out.find(t, `/v2/conversations/([0-9a-f]{24})/messages`))
	waitForReplies(t, first, conversation, 2) // to what the contact says at first, and to curl
	wrong := strings.Replace(line, string(conversation), "64b0f1a2c3d4e5f607182970", 1)
	if err := exec.CommandContext(t.Context(), "bash", "-c", wrong).Run(); err == nil {
		t.Error("the line does not fail on an error of the server")
	}
	first.end()

	second := startDev(t, dir)
	line = second.out.find(t, `(?m)^(curl -fsS .*)$`)
	if again := second.out.find(t, `Password +(\S+)`); again != password {
		t.Errorf("password %q, then %q", password, again)
	}
	if again := chipchat.ID(second.out.find(t, `/v2/conversations/([0-9a-f]{24})/messages`)); again != conversation {
		t.Errorf("conversation %s, then %s", conversation, again)
	}
	// The port is another one: the webhook has followed.
	if out, err := exec.CommandContext(t.Context(), "bash", "-c", line).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	waitForReplies(t, second, conversation, 3)
}

// waitForReplies waits until the bot has answered n times.
func waitForReplies(t *testing.T, d *devRun, conversation chipchat.ID, n int) {
	t.Helper()
	admin, err := chipchat.New(chipchat.Options{
		Host: d.out.find(t, `Pages +(http\S+)/`), Token: d.out.find(t, `API token +(\S+)`),
	})
	if err != nil {
		t.Fatal(err)
	}
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	deadline := time.After(patience)
	for {
		page, err := admin.Messages.List(t.Context(), chipchat.Query{"conversation": conversation, "role": "agent"})
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Items) == n {
			if got := page.Items[n-1].Text; !strings.HasPrefix(got, "You said: ") {
				t.Errorf("the bot says %q", got)
			}
			return
		}
		select {
		case <-ticker.C:
		case <-deadline:
			t.Fatalf("%d replies, want %d", len(page.Items), n)
		}
	}
}

// Two processes on one data directory would ruin it.
func TestDataDirectoryInUse(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "d")
	startDev(t, dir).out.find(t, `(?m)^(curl) `)
	err := run(t.Context(), []string{"serve", "--listen", "127.0.0.1:0", "--data", dir}, func(string) string { return "" }, nil, io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("serve on a directory in use: %v, want a refusal", err)
	}
}

// An empty file is what a full disk has left of a password.
func TestDevPasswordIsNeverEmpty(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, devPasswordFile), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	first, err := devPassword(dir)
	if err != nil || first == "" {
		t.Fatalf("devPassword = %q, %v", first, err)
	}
	if again, err := devPassword(dir); again != first || err != nil {
		t.Errorf("devPassword = %q, %v, and %q before", again, err, first)
	}
}
