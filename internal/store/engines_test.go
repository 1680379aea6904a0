package store_test

import (
	"testing"
	"testing/synctest"

	"bellhop/internal/store"
	"bellhop/internal/store/storetest"
)

// onBoth runs test with the configuration of a new store on each engine.
func onBoth(t *testing.T, test func(t *testing.T, config store.Config)) {
	t.Run("SQLite", func(t *testing.T) { test(t, storetest.SQLite(t)) })
	t.Run("PostgreSQL", func(t *testing.T) { test(t, storetest.Postgres(t)) })
}

// inBubbles is onBoth in bubbles of testing/synctest.
func inBubbles(t *testing.T, test func(t *testing.T, config store.Config)) {
	onBoth(t, func(t *testing.T, config store.Config) {
		synctest.Test(t, func(t *testing.T) { test(t, config) })
	})
}
