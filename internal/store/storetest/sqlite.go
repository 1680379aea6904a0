package storetest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"bellhop/internal/store"
)

// SQLite returns the configuration of a new, empty store in a directory of its own, whose schema is made already. To make
// that takes several times as long as to open it.
func SQLite(t testing.TB) store.Config {
	t.Helper()
	files, err := emptySQLite()
	if err != nil {
		t.Fatalf("make the store that others are copies of: %v", err)
	}
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for name, content := range files {
		if err := root.WriteFile(name, content, 0o600); err != nil {
			t.Fatalf("copy a store: %v", err)
		}
	}
	return store.Config{Dir: root.Name(), Unsafe: true}
}

// emptySQLite is what an empty store consists of, by the names of its files. Nobody changes it.
var emptySQLite = sync.OnceValues(func() (_ map[string][]byte, err error) {
	dir, err := os.MkdirTemp("", "bellhop-store-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	db, err := store.Open(context.Background(), store.Config{Dir: dir, Unsafe: true})
	if err == nil {
		err = db.Close()
	}
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for _, entry := range entries {
		if files[entry.Name()], err = os.ReadFile(filepath.Join(dir, entry.Name())); err != nil {
			return nil, err
		}
	}
	return files, err
})
