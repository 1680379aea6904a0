package testenv_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"bellhop/internal/testenv"
)

// ending records how a test was ended. Like the real thing it ends the goroutine.
type ending struct {
	testing.TB
	skipped, failed bool
}

func (e *ending) Helper()               {}
func (e *ending) Skipf(string, ...any)  { e.skipped = true; runtime.Goexit() }
func (e *ending) Fatalf(string, ...any) { e.failed = true; runtime.Goexit() }

func run(t *testing.T, f func(t testing.TB)) *ending {
	e := &ending{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(e)
	}()
	<-done
	return e
}

func TestNeed(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	browser := filepath.Join(dir, "google-chrome")
	if err := os.WriteFile(browser, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if got := testenv.Need(t, "chromium"); got != browser {
		t.Errorf("Need(chromium) = %q, want %q", got, browser)
	}
}

func TestNeedOfWhatIsMissing(t *testing.T) {
	for _, c := range []struct {
		ci      string
		skipped bool
	}{
		{"", true},
		{"false", true},
		{"true", false},
		{"1", false},
	} {
		t.Run("CI="+c.ci, func(t *testing.T) {
			t.Setenv("PATH", t.TempDir())
			t.Setenv("CI", c.ci)
			e := run(t, func(t testing.TB) { testenv.Need(t, "strace") })
			if e.skipped != c.skipped || e.failed == c.skipped {
				t.Errorf("Need(strace) skipped %t, failed %t; want skipped %t", e.skipped, e.failed, c.skipped)
			}
		})
	}
}
