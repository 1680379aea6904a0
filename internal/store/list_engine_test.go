package store

import (
	"testing"
)

// forEngines runs a test on a new store of each engine.
func forEngines(t *testing.T, f func(t *testing.T, db *DB)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) { f(t, openForLists(t)) })
}
