package main

import (
	"os"
	"strings"
	"time"
)

// clockVariable names a file for selftest: a duration in it, such as -3h, is how far the
// wall clock of a server is ahead of that of the machine. It may change at any time.
const clockVariable = "BELLHOP_SELFTEST_CLOCK"

// clockFrom returns a clock that is ahead by what file says, or nil without a file.
func clockFrom(file string) func() time.Time {
	if file == "" {
		return nil
	}
	return func() time.Time {
		now := time.Now()
		text, err := os.ReadFile(file)
		if err != nil {
			return now
		}
		ahead, err := time.ParseDuration(strings.TrimSpace(string(text)))
		if err != nil {
			return now
		}
		return now.Add(ahead)
	}
}
