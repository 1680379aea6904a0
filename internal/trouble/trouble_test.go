package trouble_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"bellhop/internal/trouble"
)

// told returns a logger, and what was logged since it was asked last, without the time.
func told() (*slog.Logger, func() []string) {
	var text bytes.Buffer
	log := slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
	return log, func() []string {
		defer text.Reset()
		return strings.Split(strings.TrimSuffix(text.String(), "\n"), "\n")
	}
}

func want(t *testing.T, got []string, lines ...string) {
	t.Helper()
	if len(lines) == 0 {
		lines = []string{""}
	}
	if strings.Join(got, "\n") != strings.Join(lines, "\n") {
		t.Errorf("told:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(lines, "\n"))
	}
}

var errAway = errors.New("away")

// An hour of failures by many is some sixty lines.
func TestManyAreOneTrouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, lines := told()
		failing := trouble.Shared(log, slog.LevelError, "read lanes")
		failing.Passed("")
		want(t, lines())
		var lanes sync.WaitGroup
		for range 100 {
			lanes.Go(func() {
				for range 3600 {
					failing.Failed(t.Context(), "", errAway, "service", "a")
					failing.Passed("") // by one that has begun before
					time.Sleep(time.Second)
				}
			})
		}
		lanes.Wait()
		got := lines()
		if len(got) != 60 {
			t.Errorf("%d lines, want 60", len(got))
		}
		want(t, got[:2],
			"level=ERROR msg=\"read lanes\" service=a err=away",
			"level=ERROR msg=\"read lanes\" service=a err=away failed=6000")
		time.Sleep(2 * time.Second)
		if !failing.Passed("b") {
			t.Error("it is not said that the trouble is over")
		}
		want(t, lines(), `level=INFO msg="trouble is over" was="read lanes" failed=360000 lasted=59m59s`)
		if failing.Passed("b") {
			t.Error("it is over twice")
		}
		want(t, lines())
	})
}

// The own trouble of one is seen beside that of all, and of two others.
func TestKeysAreToldApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, lines := told()
		failing := trouble.New(log, slog.LevelWarn, "settle")
		failing.Failed(t.Context(), "", errAway)
		failing.Failed(t.Context(), "a", errors.New("broken"))
		want(t, lines(), "level=WARN msg=settle err=away", "level=WARN msg=settle err=broken")
		failing.Passed("b")
		want(t, lines(), `level=INFO msg="trouble is over" was=settle failed=1 lasted=0s`)
		failing.Failed(t.Context(), "a", errors.New("broken"))
		want(t, lines())

		for i := range 1000 {
			failing.Failed(t.Context(), strings.Repeat("x", i), errAway)
		}
		if n := len(lines()); n > 120 {
			t.Errorf("%d lines for 1000 keys", n)
		}
		time.Sleep(time.Hour)
		failing.Failed(t.Context(), "new", errAway)
		want(t, lines(), "level=WARN msg=settle err=away")
	})
}

func TestWhatComesAndGoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, lines := told()
		failing := trouble.New(log, slog.LevelWarn, "listen")
		for range 60 {
			failing.Failed(t.Context(), "", errAway)
			failing.Passed("")
			time.Sleep(time.Second)
		}
		got := lines()
		if len(got) != 12 {
			t.Errorf("%d lines, want a failure and its end every ten seconds:\n%s", len(got), strings.Join(got, "\n"))
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		time.Sleep(time.Hour)
		failing.Failed(ended, "", context.Canceled)
		want(t, lines())
	})
}
