//go:build !race

package main_test

import (
	"io"
	"os"
	"os/exec"
	"regexp"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// console is a process on a terminal.
type console struct {
	t          *testing.T
	cmd        *exec.Cmd
	screen     transcript
	keys, back *os.File
	before     *term.State   // of the terminal
	done       chan struct{} // closed when it has ended
}

// open runs bellhop listen on a terminal of 70 columns.
func (s *server) open(token string, args ...string) *console {
	s.t.Helper()
	keys, back, err := pty.Open()
	if err != nil {
		s.t.Fatal(err)
	}
	c := &console{t: s.t, keys: keys, back: back, done: make(chan struct{})}
	if c.before, err = term.GetState(int(back.Fd())); err != nil {
		s.t.Fatal(err)
	}
	if err := pty.Setsize(keys, &pty.Winsize{Rows: 24, Cols: 70}); err != nil {
		s.t.Fatal(err)
	}
	c.cmd = exec.Command(s.bin, append([]string{"listen"}, args...)...)
	c.cmd.Env = append(environment(), "BELLHOP_HOST="+s.url, "BELLHOP_TOKEN="+token, "TERM=xterm", "NO_COLOR=1")
	c.cmd.Stdin, c.cmd.Stdout, c.cmd.Stderr = back, back, back
	c.cmd.SysProcAttr = &unix.SysProcAttr{Setsid: true, Setctty: true}
	if err := c.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		_, _ = io.Copy(&c.screen, keys) // until it is closed
	}()
	go func() {
		defer close(c.done)
		_ = c.cmd.Wait() // how it ended is in its state
	}()
	s.t.Cleanup(func() {
		_ = c.cmd.Process.Kill()
		<-c.done
		back.Close()
		keys.Close()
		<-read
		if s.t.Failed() {
			s.t.Logf("on the screen:\n%s", c.screen.tail(4000))
		}
	})
	return c
}

// shows waits for what matches to appear after the first from bytes.
func (c *console) shows(from int, pattern string) {
	c.t.Helper()
	select {
	case <-c.screen.seen(regexp.MustCompile(pattern), from):
	case <-time.After(patience):
		c.t.Fatalf("still waiting for %s", pattern)
	}
}

// press types a key, and waits for what it does.
func (c *console) press(key, pattern string) {
	c.t.Helper()
	from := c.screen.len()
	if _, err := io.WriteString(c.keys, key); err != nil {
		c.t.Fatal(err)
	}
	c.shows(from, pattern)
}

func TestListenKeys(t *testing.T) {
	bin := bellhop(t)
	t.Parallel()
	s := newServer(t, bin)
	admin := s.login()
	bot := newNumbered(t)
	c := s.open(admin.token, bot.URL, "--events", "traffic.**,other.**", "--filter", "traffic.**")
	c.shows(0, `--print-secret shows it\r\n`)
	c.shows(0, `Keys: r replay`)

	c.press("r", `no delivery yet`)
	publish(t.Context(), admin, object{"event": "other.made"})
	bot.make(admin, 1)
	c.shows(0, `(?m)^\d\d:\d\d:\d\d  traffic\.made +[0-9a-f]{8}  200  +\d+ ms\r\n`)
	if text := string(c.screen.bytes()); regexp.MustCompile(`other\.made  `).MatchString(text) {
		t.Errorf("what the filter hides is shown:\n%s", text)
	}
	c.press("r", `Replayed`)
	c.shows(0, `(?s)(traffic\.made  .*){2}`)
	c.press("p", `Paused`)
	bot.make(admin, 3)
	eventually(t, "what comes meanwhile waits", func() bool { return len(admin.deliveries("")) == 6 })
	from := c.screen.len()
	c.press("p", `Connected again`)
	c.shows(from, `(?s)(traffic\.made  .*){3}`)
	c.press("f", `Only failures`)
	c.press("f", `All is shown`)
	c.press("?", `q  quits`)
	c.press("\x1b[A\x00x", ``) // arrows and other keys do nothing
	c.press("q", `7 requests, 0 of them failed`)
	<-c.done
	if code := c.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("after q it exits with %d, want 0", code)
	}
	after, err := term.GetState(int(c.back.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	if *after != *c.before {
		t.Error("the terminal is not as it was")
	}
}
