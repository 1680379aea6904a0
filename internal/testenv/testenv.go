// Package testenv says what to do when a test needs a program that this machine may not have.
//
// On a developer's machine such a test is skipped and says why, so that `go test ./...` passes anywhere. In CI, which
// sets CI=true, it fails: there a skipped test is a hole that nobody sees. `make test` installs what is asked for here.
//
// Only tests import this package.
package testenv

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Need returns the path of a program: "node", "strace", or any other name that is looked up as it is; "chromium" also
// finds the browser under its other names. Without the program the test ends as [Lack] says.
func Need(t testing.TB, program string) string {
	t.Helper()
	for _, name := range names(program) {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	Lack(t, program)
	return ""
}

// Lack ends a test that needs something this machine does not have: it is skipped, or fails if CI=true.
func Lack(t testing.TB, what string) {
	t.Helper()
	if strict(os.Getenv("CI")) {
		t.Fatalf("this test needs %s, and with CI=true nothing is skipped", what)
	}
	t.Skipf("skipped: this test needs %s (`make test` installs it)", what)
}

func names(program string) []string {
	if program == "chromium" {
		return []string{"chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}
	}
	return []string{program}
}

func strict(ci string) bool {
	return strings.EqualFold(ci, "true") || ci == "1"
}
