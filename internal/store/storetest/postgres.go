package storetest

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"bellhop/internal/store"
	"bellhop/internal/testenv"
)

// Postgres returns the configuration of a new, empty store on PostgreSQL, whose schema is made already. Without a server
// the test ends as testenv.Lack says.
func Postgres(t testing.TB) store.Config {
	t.Helper()
	return PostgresCopy(t, "", func(store.Config) error { return nil })
}

// PostgresCopy is Postgres with a copy of a store that fill has filled, which is done once for each name.
func PostgresCopy(t testing.TB, name string, fill func(store.Config) error) store.Config {
	t.Helper()
	// A store belongs to its key, so all that are copies of one have the same.
	key := sha256.Sum256([]byte("tests"))
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte(base64.StdEncoding.EncodeToString(key[:])+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	database := testenv.PostgresCopy(t, name+store.SchemaDigest(), func(database string) error {
		config := store.Config{Database: database, KeyFile: file}
		db, err := store.Open(context.WithoutCancel(t.Context()), config)
		if err != nil {
			return err
		}
		return errors.Join(db.Close(), fill(config))
	})
	return store.Config{Database: database, KeyFile: file, Unsafe: true}
}

// Nodes returns n stores on one new, empty database, as n nodes have them. They are closed at the end of the test.
func Nodes(t testing.TB, n int) []*store.DB {
	t.Helper()
	config := Postgres(t)
	nodes := make([]*store.DB, n)
	for i := range nodes {
		db, err := store.Open(t.Context(), config)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := db.Close(); err != nil {
				t.Errorf("close node %d: %v", i, err)
			}
		})
		nodes[i] = db
	}
	return nodes
}
