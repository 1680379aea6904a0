//go:build !race && unix

package main

import (
	"errors"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// typing is what was typed in a terminal, and what it shows.
type typing struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended, and err is set
	err  error

	mu    sync.Mutex
	text  strings.Builder
	seen  int           // of text, that was expected already
	wrote chan struct{} // closed, and made anew, when text grows
}

// startTyping runs cmd in a process group of its own, as a terminal does.
func startTyping(cmd *exec.Cmd) (*typing, error) {
	run := &typing{cmd: cmd, done: make(chan struct{}), wrote: make(chan struct{})}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Stdout, cmd.Stderr = run, run
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		run.err = cmd.Wait()
		close(run.done)
	}()
	return run, nil
}

// Write takes what the terminal shows.
func (run *typing) Write(p []byte) (int, error) {
	run.mu.Lock()
	defer run.mu.Unlock()
	close(run.wrote)
	run.wrote = make(chan struct{})
	return run.text.Write(p)
}

func (run *typing) output() string {
	run.mu.Lock()
	defer run.mu.Unlock()
	return run.text.String()
}

// ended waits until it has ended, and returns how.
func (run *typing) ended() error {
	select {
	case <-run.done:
		return run.err
	case <-time.After(patience):
		return errors.New("it does not end")
	}
}

// interrupt is Ctrl-C, if it has not ended.
func (run *typing) interrupt(t *testing.T) {
	t.Helper()
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGKILL} {
		select {
		case <-run.done:
			return
		default:
		}
		if signal == syscall.SIGKILL {
			t.Errorf("Ctrl-C does not end it:\n%s", run.output())
		}
		_ = syscall.Kill(-run.cmd.Process.Pid, signal) // it may have ended meanwhile
		_ = run.ended()
	}
}

// wait waits until all lines of expected were shown, one after the other, and returns the first that was not. What comes
// behind them is what the next call looks at.
func (run *typing) wait(expected string) (missing string) {
	deadline := time.After(patience)
	for {
		over := false
		select {
		case <-run.done:
			over = true
		default:
		}
		run.mu.Lock()
		wrote := run.wrote
		end, missing := run.find(expected)
		if missing == "" {
			run.seen = end
		}
		run.mu.Unlock()
		if missing == "" || over {
			return missing
		}
		select {
		case <-wrote:
		case <-run.done:
		case <-deadline:
			return missing
		}
	}
}

// missing returns the first line of expected that was not shown after those before it.
func (run *typing) missing(expected string) string {
	run.mu.Lock()
	defer run.mu.Unlock()
	_, missing := run.find(expected)
	return missing
}

// find returns where the lines of expected end, or the first that was not shown. It is called with the lock held.
func (run *typing) find(expected string) (end int, missing string) {
	text, end := run.text.String(), run.seen
	for line := range strings.Lines(expected) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		found := pattern(line).FindStringIndex(text[end:])
		if found == nil {
			return end, line
		}
		end += found[1]
	}
	return end, ""
}

var (
	anything = regexp.MustCompile(`\\\.\\\.\\\.`)
	blanks   = regexp.MustCompile(` +`)
	date     = regexp.MustCompile(`\b\d{4}/\d\d/\d\d\b`)
	clock    = regexp.MustCompile(`\b\d\d:\d\d:\d\d\b`)
	duration = regexp.MustCompile(`\b\d+ ms\b`)
)

// pattern matches the line that an example shows: three dots stand for anything, and dates, times and durations are others.
func pattern(example string) *regexp.Regexp {
	p := regexp.QuoteMeta(example)
	p = duration.ReplaceAllString(p, `[\d.]+ m?s`)
	p = date.ReplaceAllString(p, `\d{4}/\d\d/\d\d`)
	p = clock.ReplaceAllString(p, `\d\d:\d\d:\d\d`)
	p = anything.ReplaceAllString(p, `.*`)
	p = blanks.ReplaceAllString(p, ` +`)
	return regexp.MustCompile(`(?m)^[ \t]*` + p + `[ \t]*$`)
}
