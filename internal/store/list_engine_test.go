package store

import (
	"context"
	"encoding/base64"
	"os"
	"path/filepath"
	"testing"

	"bellhop/internal/testenv"
)

// forEngines runs a test on a new store of each engine.
func forEngines(t *testing.T, f func(t *testing.T, db *DB)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) { f(t, openForLists(t)) })
	t.Run("PostgreSQL", func(t *testing.T) { f(t, openPostgresForLists(t)) })
}

// forEngine returns how many of so many random queries an engine is asked: a plan takes PostgreSQL longer than SQLite the
// whole list.
func forEngine(db *DB, queries int) int {
	if _, ok := db.engine.(*postgresEngine); ok {
		return queries / 4
	}
	return queries
}

func openPostgresForLists(t testing.TB) *DB {
	t.Helper()
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte(base64.StdEncoding.EncodeToString(make([]byte, 32))), 0o600); err != nil {
		t.Fatal(err)
	}
	database := testenv.PostgresCopy(t, "lists "+SchemaDigest(), func(database string) error {
		db, err := Open(context.WithoutCancel(t.Context()), Config{Database: database, KeyFile: file})
		if err != nil {
			return err
		}
		return db.Close()
	})
	db, err := Open(t.Context(), Config{Database: database, KeyFile: file, Unsafe: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}
