package store_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"bellhop/internal/store"
)

// backedUp makes a backup of dir and returns its file.
func backedUp(t testing.TB, dir string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "copy.db")
	if _, err := store.BackUp(t.Context(), store.BackupConfig{Dir: dir, File: file, KeyFile: filepath.Join(dir, "key")}); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestBackupWhileOthersWrite(t *testing.T) {
	db, config := deferring(t)
	stop := running(t, db, quiet)
	var mu sync.Mutex
	var accepted []int64
	write := func() {
		event, _ := happened(t, db, 2000, service)
		mu.Lock()
		defer mu.Unlock()
		accepted = append(accepted, event.Seq)
	}
	for range 500 {
		write()
	}
	var writers sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	for range 4 {
		writers.Go(func() {
			for range 1000 {
				if ctx.Err() != nil {
					break
				}
				write()
			}
		})
	}
	written := rows(t, config.Dir)
	mu.Lock()
	before := slices.Clone(accepted)
	mu.Unlock()
	file := filepath.Join(t.TempDir(), "copy.db")
	copied, err := store.BackUp(t.Context(), store.BackupConfig{Dir: config.Dir, File: file, KeyFile: filepath.Join(config.Dir, "key")})
	cancel()
	writers.Wait()
	stop()
	if err != nil {
		t.Fatal(err)
	}
	if written >= len(before) {
		t.Errorf("%d rows of %d deliveries were written: nothing is deferred", written, len(before))
	}
	if copied.Events < int64(len(before)) || copied.Pending != copied.Events {
		t.Errorf("backup = %+v, want at least %d events, and as many deliveries that are pending", copied, len(before))
	}
	for _, name := range []string{file, file + ".sha256", file + ".key"} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}

	dir := t.TempDir()
	restored, err := store.Restore(t.Context(), store.RestoreConfig{File: file, Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if restored.SHA256 != copied.SHA256 || restored.Pending != copied.Pending {
		t.Errorf("restored %+v of %+v", restored, copied)
	}
	again := open(t, store.Config{Dir: dir, Unsafe: true})
	events, deliveries := left(t, again)
	if int64(len(events)) != copied.Events || len(deliveries) != len(events) {
		t.Errorf("%d events and %d deliveries are left of %+v", len(events), len(deliveries), copied)
	}
	slices.Sort(events)
	for _, seq := range before {
		if _, found := slices.BinarySearch(events, seq); !found {
			t.Fatalf("event %d was accepted before the backup, and is not in it", seq)
		}
	}
	if n := rows(t, dir); n != len(events) {
		t.Errorf("%d deliveries have a row, want %d", n, len(events))
	}
}

func TestBackupIsWholeOrNotThere(t *testing.T) {
	source := t.TempDir()
	db := open(t, store.Config{Dir: source, Unsafe: true})
	happened(t, db, 100, service)
	empty := t.TempDir()
	wrong := filepath.Join(empty, "wrong")
	other := t.TempDir()
	open(t, store.Config{Dir: other, Unsafe: true})
	update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.SetSetting(ctx, "a", []byte("b")) })
	if err := os.Rename(filepath.Join(other, "key"), wrong); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	for _, test := range []struct {
		name   string
		config store.BackupConfig
		ctx    context.Context
		want   string
	}{
		{"no store", store.BackupConfig{Dir: empty}, t.Context(), "there is no store"},
		{"long log", store.BackupConfig{Dir: source, MaxLog: 1}, t.Context(), "has grown beyond"},
		{"wrong key", store.BackupConfig{Dir: source, KeyFile: wrong}, t.Context(), "key is not that of the store"},
		{"no key", store.BackupConfig{Dir: source, KeyFile: filepath.Join(empty, "none")}, t.Context(), "is missing"},
		{"interrupted", store.BackupConfig{Dir: source, Progress: func(step string, done, total int64) {
			if step == store.StepCheck {
				cancel()
			}
		}}, ctx, context.Canceled.Error()},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			test.config.File = filepath.Join(dir, "copy.db")
			_, err := store.BackUp(test.ctx, test.config)
			if err == nil || !strings.Contains(err.Error(), test.want) && !(test.ctx == ctx && strings.Contains(err.Error(), "interrupted")) {
				t.Errorf("error = %v, want %q in it", err, test.want)
			}
			if files, err := os.ReadDir(dir); err != nil || len(files) > 0 {
				t.Errorf("left: %v, %v", files, err)
			}
		})
	}
	file := backedUp(t, source)
	for _, name := range []string{file, file + ".sha256", file + ".key"} {
		if err := os.WriteFile(name, []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := store.BackUp(t.Context(), store.BackupConfig{Dir: source, File: file})
		if text, _ := os.ReadFile(name); err == nil || string(text) != "mine" {
			t.Errorf("%s was overwritten: %v", name, err)
		}
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRestoreRefuses(t *testing.T) {
	source := t.TempDir()
	db := open(t, store.Config{Dir: source, Unsafe: true})
	update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.SetSetting(ctx, "a", []byte("b")) })
	happened(t, db, 10_000, service)
	whole, err := os.ReadFile(backedUp(t, source))
	if err != nil {
		t.Fatal(err)
	}
	key, err := os.ReadFile(filepath.Join(source, "key"))
	if err != nil {
		t.Fatal(err)
	}
	future := t.TempDir()
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, store.Config{Dir: future, Unsafe: true}).Close()
	inFile(t, future, "PRAGMA user_version = 1000")
	changed := slices.Clone(whole)
	changed[len(changed)-5000] ^= 1
	otherKey, err := os.ReadFile(filepath.Join(future, "key"))
	if err != nil {
		t.Fatal(err)
	}
	write := func(t *testing.T, name string, text []byte) {
		t.Helper()
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		name   string
		text   []byte
		before func(t *testing.T, dir, file string)
		want   string
	}{
		{"truncated", whole[:len(whole)/2], nil, "is cut or damaged"},
		{"empty", nil, nil, "is not a backup"},
		{"text", []byte(strings.Repeat("no database\n", 100)), nil, "is not a backup"},
		{"another database", nil, func(t *testing.T, dir, file string) {
			other := t.TempDir()
			write(t, filepath.Join(other, "bellhop.db"), nil)
			inFile(t, other, "CREATE TABLE t (a INTEGER)")
			text, err := os.ReadFile(filepath.Join(other, "bellhop.db"))
			if err != nil {
				t.Fatal(err)
			}
			write(t, file, text)
		}, "not one of Bellhop"},
		{"newer", nil, func(t *testing.T, dir, file string) {
			text, err := os.ReadFile(filepath.Join(future, "bellhop.db"))
			if err != nil {
				t.Fatal(err)
			}
			write(t, file, text)
		}, "has schema 1000"},
		{"a changed byte", changed, func(t *testing.T, dir, file string) {
			write(t, file+".sha256", []byte("0123  copy.db\n"))
		}, "its SHA-256 is not"},
		{"no key", whole, func(t *testing.T, dir, file string) {
			if err := os.Remove(file + ".key"); err != nil {
				t.Fatal(err)
			}
		}, "key of the backup is missing"},
		{"wrong key beside it", whole, func(t *testing.T, dir, file string) { write(t, file+".key", otherKey) }, "key is not that of the store"},
		{"wrong key in the directory", whole, func(t *testing.T, dir, file string) { write(t, filepath.Join(dir, "key"), otherKey) }, "key is not that of the store"},
		{"a store is there", whole, func(t *testing.T, dir, file string) { open(t, store.Config{Dir: dir, Unsafe: true}).Close() }, "there is a store"},
		{"in use", whole, func(t *testing.T, dir, file string) { open(t, store.Config{Dir: dir, Unsafe: true}) }, "in use"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir, file := t.TempDir(), filepath.Join(t.TempDir(), "copy.db")
			write(t, file, test.text)
			write(t, file+".key", key)
			if test.before != nil {
				test.before(t, dir, file)
			}
			there, _ := os.ReadFile(filepath.Join(dir, "bellhop.db"))
			_, err := store.Restore(t.Context(), store.RestoreConfig{File: file, Dir: dir})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error = %v, want %q in it", err, test.want)
			}
			if text, _ := os.ReadFile(filepath.Join(dir, "bellhop.db")); string(text) != string(there) {
				t.Error("the directory has another store now")
			}
			if _, err := os.Stat(filepath.Join(dir, "bellhop.db.part")); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("something is left: %v", err)
			}
		})
	}
}

func TestRestorePutsAside(t *testing.T) {
	source, dir := t.TempDir(), t.TempDir()
	db := open(t, store.Config{Dir: source, Unsafe: true})
	update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.SetSetting(ctx, "a", []byte("restored")) })
	file := backedUp(t, source)
	old := open(t, store.Config{Dir: dir, Unsafe: true})
	update(t, old, func(ctx context.Context, tx *store.Tx) error { return tx.SetSetting(ctx, "a", []byte("aside")) })
	// It died: its log is there.
	left := afterCrash(t, dir)
	if _, err := store.Restore(t.Context(), store.RestoreConfig{File: file, Dir: left, Replace: true, Aside: ".old"}); err != nil {
		t.Fatal(err)
	}
	setting := func(config store.Config) (text []byte) {
		err := open(t, config).View(t.Context(), func(tx *store.Tx) (err error) {
			text, err = tx.Setting(t.Context(), "a")
			return err
		})
		if err != nil {
			t.Error(err)
		}
		return text
	}
	if got := setting(store.Config{Dir: left, Unsafe: true}); string(got) != "restored" {
		t.Errorf("the store has %q", got)
	}
	back := t.TempDir()
	for from, to := range map[string]string{"bellhop.db.old": "bellhop.db", "bellhop.db.old-wal": "bellhop.db-wal", "key.old": "key"} {
		if err := os.Rename(filepath.Join(left, from), filepath.Join(back, to)); err != nil {
			t.Error(err)
		}
	}
	if got := setting(store.Config{Dir: back, Unsafe: true}); string(got) != "aside" {
		t.Errorf("what was put aside has %q", got)
	}
}

// What cannot be restored leaves the store that it was to replace where it was.
func TestRestoreThatFailsPutsBack(t *testing.T) {
	source := t.TempDir()
	sealed := open(t, store.Config{Dir: source, Unsafe: true})
	update(t, sealed, func(ctx context.Context, tx *store.Tx) error { return tx.SetSetting(ctx, "a", []byte("of the backup")) })
	file := backedUp(t, source)
	key, err := os.ReadFile(filepath.Join(source, "key"))
	if err == nil {
		err = os.WriteFile(file+".key", key, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	for name, inTheWay := range map[string]string{"the key cannot be copied": "key.part", "a name is taken": "key.old"} {
		t.Run(name, func(t *testing.T) {
			config := store.Config{Dir: t.TempDir(), Unsafe: true}
			db := open(t, config)
			update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.SetSetting(ctx, "a", []byte("mine")) })
			if err := errors.Join(db.Close(), os.Mkdir(filepath.Join(config.Dir, inTheWay), 0o700)); err != nil {
				t.Fatal(err)
			}
			if _, err := store.Restore(t.Context(), store.RestoreConfig{File: file, Dir: config.Dir, Replace: true, Aside: ".old"}); err == nil {
				t.Fatal("it is restored")
			}
			config.Existing = true
			err := open(t, config).View(t.Context(), func(tx *store.Tx) error {
				if text, err := tx.Setting(t.Context(), "a"); err != nil || string(text) != "mine" {
					t.Errorf("the store has %q, %v", text, err)
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}
