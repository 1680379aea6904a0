package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"

	"bellhop"
	"bellhop/chipchat"
)

// What the program exits with.
const (
	exitFailed      = 1
	exitUsage       = 2
	exitForbidden   = 3   // not logged in, or not allowed
	exitMissing     = 4   // there is no such thing
	exitInterrupted = 130 // as a shell counts it: 128 and SIGINT
)

// hint is an error with what to do about it.
type hint struct {
	error
	text string
}

func (h *hint) Unwrap() error { return h.error }

// hinted is err with a sentence on what to do about it, which people see on a line of its own. A nil err stays nil.
func hinted(err error, text string) error {
	if err == nil {
		return nil
	}
	return &hint{err, text}
}

// coded is an error that says itself what the program exits with.
type coded struct {
	error
	code int
}

func (c *coded) Unwrap() error { return c.error }

// wrongUsage is the error of a command line that cannot be carried out as it stands.
func wrongUsage(format string, args ...any) error {
	return &coded{fmt.Errorf(format, args...), exitUsage}
}

// notLoggedIn is the error of a command that needs a login.
func notLoggedIn(format string, args ...any) error {
	return &coded{fmt.Errorf(format, args...), exitForbidden}
}

// noSuch is the error of a command about something that is not there.
func noSuch(format string, args ...any) error {
	return &coded{fmt.Errorf(format, args...), exitMissing}
}

// plainly is err as a failure like any other, whatever status the server gave it.
func plainly(err error) error { return &coded{err, exitFailed} }

// exitCode is what the program exits with after err. What an error says itself counts, then what the server said.
func exitCode(ctx context.Context, err error) int {
	if err == nil {
		return 0
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return exitInterrupted
	}
	if c, ok := errors.AsType[*coded](err); ok {
		return c.code
	}
	if errors.Is(err, chipchat.ErrNoToken) {
		return exitForbidden
	}
	if e, ok := errors.AsType[*chipchat.Error](err); ok {
		switch e.StatusCode {
		case http.StatusUnauthorized, http.StatusForbidden:
			return exitForbidden
		case http.StatusNotFound:
			return exitMissing
		}
	}
	if e, ok := errors.AsType[*bellhop.Error](err); ok && e.Code == bellhop.NotFound {
		return exitMissing
	}
	return exitFailed
}

// tell writes err to standard error: a line, and another one with a hint if there is one. Of someone who interrupts a command
// nothing is told: he knows.
func (env environment) tell(ctx context.Context, err error) {
	if err == nil || exitCode(ctx, err) == exitInterrupted {
		return
	}
	p := env.paint(env.stderr)
	fmt.Fprintf(env.stderr, "%s %s\n", p.red("bellhop:"), clean(err.Error(), "\n\t"))
	if text := hintOf(err); text != "" {
		fmt.Fprintf(env.stderr, "%s %s\n", p.yellow("hint:"), clean(text, ""))
	}
}

// ofStore is an error of who opens a store: if nobody answers it is the database, and no server that one has logged in to.
func ofStore(err error) error {
	if err == nil {
		return nil
	}
	return hinted(err, "")
}

// hintOf is the hint that err carries, or one for what any command may meet.
func hintOf(err error) string {
	if h, ok := errors.AsType[*hint](err); ok {
		return h.text
	}
	if e, ok := errors.AsType[*chipchat.Error](err); ok {
		switch {
		case e.StatusCode == http.StatusUnauthorized:
			return "the login has ended: bellhop login"
		case e.StatusCode == http.StatusForbidden && strings.Contains(e.Message, "Permission denied"):
			return "bellhop whoami shows who you are here; most commands need an admin"
		}
	}
	if e, ok := errors.AsType[*net.OpError](err); ok && e.Op != "listen" {
		return "is the server running, and is this its address? bellhop profiles shows where you are logged in"
	}
	return ""
}
