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
	mayFail bool
	helpers []string // functions that have called Helper
	said    string   // by Fatalf
	at      string   // the function in whose line it is reported
}

func (r *recorder) Helper() { r.helpers = append(r.helpers, caller(1)) }

// Fatalf ends the goroutine, as that of a real test does.
func (r *recorder) Fatalf(format string, args ...any) {
	if !r.mayFail {
		r.TB.Fatalf(format, args...)
	}
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

// failure runs f, in which the test has to fail, and returns what it says.
func (r *recorder) failure(f func()) string {
	r.said, r.at, r.mayFail = "", "", true
	defer func() { r.mayFail = false }()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	<-done
	if r.said == "" {
		r.Error("the test did not fail")
	} else if !strings.Contains(r.at, "chipchattest_test.") {
		r.Errorf("the failure %q is reported in %s, want the line of the test", r.said, r.at)
	}
	return r.said
}
