package chipchattest_test

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// recorder is a test that may fail.
type recorder struct {
	testing.TB
	helpers []string // functions that have called Helper
	said    string   // by Fatalf
	at      string   // the function in whose line it is reported
}

func (r *recorder) Helper() { r.helpers = append(r.helpers, caller(1)) }

// Fatalf ends the goroutine, as that of a real test does.
func (r *recorder) Fatalf(format string, args ...any) {
	r.said = fmt.Sprintf(format, args...)
	for skip := 1; ; skip++ {
		if r.at = caller(skip); !slices.Contains(r.helpers, r.at) {
			runtime.Goexit()
		}
	}
}

func caller(skip int) string {
	pc, _, _, _ := runtime.Caller(skip + 1)
	return runtime.FuncForPC(pc).Name()
}

// failure runs f with a test that has to fail in it, and returns what it says.
func failure(t *testing.T, f func(tb testing.TB)) string {
	t.Helper()
	r := &recorder{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(r)
	}()
	<-done
	if r.said == "" {
		t.Error("the test did not fail")
	}
	if !strings.Contains(r.at, "chipchattest_test.") {
		t.Errorf("the failure is reported in %s, want the line of the test", r.at)
	}
	return r.said
}
