package storetest

import (
	"os"
	"testing"

	"bellhop/internal/store"
)

// EngineVariable names the environment variable that says on which engine the tests of rules are run: "postgres", or
// else SQLite. Rules do not know which it is, so the same tests hold for both.
const EngineVariable = "BELLHOP_TEST_ENGINE"

// Config returns the configuration of a new, empty store on the engine that the tests are run on. To open it again opens the
// same store.
func Config(t testing.TB) store.Config {
	t.Helper()
	if OnPostgres() {
		return Postgres(t)
	}
	return SQLite(t)
}

// OnPostgres reports whether tests of rules are run on PostgreSQL.
func OnPostgres() bool { return os.Getenv(EngineVariable) == "postgres" }

// OneProcess makes a test that is about a store of one process use SQLite on either engine: where others may write, what it
// holds is not promised.
func OneProcess(t testing.TB) {
	t.Helper()
	t.Setenv(EngineVariable, "")
}
