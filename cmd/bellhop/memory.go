package main

import "runtime/debug"

const (
	// collectAt is how much the heap grows, in percent of what is alive, before garbage is
	// collected. Little is alive in a server without a backlog, and most garbage is that of
	// requests: with Go's 100 a seventh of its processor time went into collecting.
	collectAt = 150

	// softMemory is what the process takes before collecting becomes more frequent.
	softMemory = 160 << 20
)

// tuneMemory sets how the garbage collector works, unless the environment says it.
func tuneMemory(getenv func(string) string) {
	if getenv("GOGC") == "" {
		debug.SetGCPercent(collectAt)
	}
	if getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(softMemory)
	}
}
