package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"testing"

	"bellhop/chipchat"
)

func TestExitCode(t *testing.T) {
	api := func(status int) error {
		return fmt.Errorf("list services: %w", &chipchat.Error{StatusCode: status, Message: "no"})
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	for _, test := range []struct {
		name string
		ctx  context.Context
		err  error
		want int
	}{
		{"nothing", t.Context(), nil, 0},
		{"any", t.Context(), errors.New("x"), exitFailed},
		{"usage", t.Context(), fmt.Errorf("a: %w", hinted(wrongUsage("b"), "c")), exitUsage},
		{"401", t.Context(), api(401), exitForbidden},
		{"403", t.Context(), api(403), exitForbidden},
		{"404", t.Context(), api(404), exitMissing},
		{"409", t.Context(), api(409), exitFailed},
		{"no token", t.Context(), chipchat.ErrNoToken, exitForbidden},
		{"403 that is none", t.Context(), plainly(api(403)), exitFailed},
		{"no such thing", t.Context(), noSuch("x"), exitMissing},
		{"interrupted", stopped, fmt.Errorf("x: %w", context.Canceled), exitInterrupted},
		{"failed while interrupted", stopped, errors.New("x"), exitFailed},
		{"cancelled by nobody", t.Context(), context.Canceled, exitFailed},
	} {
		if got := exitCode(test.ctx, test.err); got != test.want {
			t.Errorf("%s: exit code %d, want %d", test.name, got, test.want)
		}
	}
}

// What a server answers is shown, but steers no terminal.
func TestTell(t *testing.T) {
	var b bytes.Buffer
	env := environment{getenv: func(string) string { return "" }, stderr: &b}
	env.tell(t.Context(), hinted(errors.New("get x: \x1b[2Jgone"), "look\nelsewhere"))
	if got, want := b.String(), "bellhop: get x: \ufffd[2Jgone\nhint: look elsewhere\n"; got != want {
		t.Errorf("told %q, want %q", got, want)
	}
}

// The hint about the server's address is for who asks a server, not for who is one, or has a database that is not there.
func TestHintOfNetwork(t *testing.T) {
	refused := &net.OpError{Op: "dial", Err: errors.New("refused")}
	if hintOf(fmt.Errorf("list: %w", refused)) == "" {
		t.Error("no hint for a request")
	}
	if text := hintOf(fmt.Errorf("start: %w", ofStore(refused))); text != "" {
		t.Errorf("hint %q for a database", text)
	}
	if text := hintOf(fmt.Errorf("listen: %w", &net.OpError{Op: "listen", Err: errors.New("in use")})); text != "" {
		t.Errorf("hint %q for an address that is taken", text)
	}
}
