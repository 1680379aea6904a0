package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bellhop/internal/store"
)

// swapTest has a backup of a store, and one that was killed and has another key.
type swapTest struct {
	file string
	old  string
}

// renames is how many files get another name when the backup replaces the old store: its database, log and key, and two new
// ones.
const renames = 5

func newSwapTest(t *testing.T) *swapTest {
	t.Helper()
	source := t.TempDir()
	x := &swapTest{}
	for dir, text := range map[string]string{source: "restored", t.TempDir(): "old"} {
		db := open(t, store.Config{Dir: dir, Unsafe: true})
		update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.SetSetting(ctx, "a", []byte(text)) })
		if dir == source {
			x.file = backedUp(t, source)
		} else {
			x.old = afterCrash(t, dir)
		}
	}
	return x
}

func (x *swapTest) config(dir string) store.RestoreConfig {
	return store.RestoreConfig{File: x.file, Dir: dir, Replace: true, Aside: ".old"}
}

// killed returns a directory where a restore has died when n files had their names.
func (x *swapTest) killed(t *testing.T, n int) (dir string) {
	t.Helper()
	dir = afterCrash(t, x.old)
	if got, err := store.RestoreUntil(t.Context(), x.config(dir), n); got != n || err != nil {
		t.Fatalf("a restore that dies after %d files has come to %d, %v", n, got, err)
	}
	return dir
}

// aside returns a directory with what was put aside, under its own names.
func aside(t *testing.T, dir string) string {
	t.Helper()
	back := t.TempDir()
	for from, to := range map[string]string{"bellhop.db.old": "bellhop.db", "bellhop.db.old-wal": "bellhop.db-wal", "key.old": "key"} {
		if err := os.Rename(filepath.Join(dir, from), filepath.Join(back, to)); err != nil {
			t.Error(err)
		}
	}
	return back
}

func wantSetting(t *testing.T, dir, want string) {
	t.Helper()
	db, err := store.Open(t.Context(), store.Config{Dir: dir, Unsafe: true, Existing: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.View(t.Context(), func(tx *store.Tx) error {
		if got, err := tx.Setting(t.Context(), "a"); err != nil || string(got) != want {
			t.Errorf("the store has %q, %v; want %q", got, err, want)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// Whenever a restore dies, what opens the directory next finds the new store, and the old one aside, whole.
func TestRestoreThatDiesIsFinished(t *testing.T) {
	x := newSwapTest(t)
	for n := range renames + 1 {
		t.Run(fmt.Sprintf("after %d files", n), func(t *testing.T) {
			dir := x.killed(t, n)
			backup := store.BackupConfig{Dir: dir, File: filepath.Join(t.TempDir(), "copy.db")}
			if _, err := store.BackUp(t.Context(), backup); err == nil {
				t.Error("there is a backup of what may be in two halves")
			}
			wantSetting(t, dir, "restored")
			wantSetting(t, dir, "restored")
			if _, err := store.BackUp(t.Context(), backup); err != nil {
				t.Error(err)
			}
			wantSetting(t, aside(t, dir), "old")
			if left, _ := filepath.Glob(filepath.Join(dir, "*.[pr]*")); len(left) > 0 {
				t.Errorf("%v are left", left)
			}
		})
	}
}

// A second restore comes after the first: both stores that it finds are kept.
func TestRestoreAfterOneThatDied(t *testing.T) {
	x := newSwapTest(t)
	dir := x.killed(t, 1)
	again := x.config(dir)
	again.Replace = false
	if _, err := store.Restore(t.Context(), again); !errors.Is(err, store.ErrNotEmpty) {
		t.Errorf("a restore to a store = %v, want ErrNotEmpty", err)
	}
	wantSetting(t, aside(t, dir), "old")
	dir = x.killed(t, 1)
	again = x.config(dir)
	again.Aside = ".older"
	if _, err := store.Restore(t.Context(), again); err != nil {
		t.Fatal(err)
	}
	wantSetting(t, dir, "restored")
	wantSetting(t, aside(t, dir), "old")
	if _, err := os.Stat(filepath.Join(dir, "bellhop.db.older")); err != nil {
		t.Error(err)
	}
}

// A move leaves alone a directory where a restore has died: the key that it would put there is not that of the store.
func TestMoveToWhereARestoreHasDied(t *testing.T) {
	x := newSwapTest(t)
	source := t.TempDir()
	if err := open(t, store.Config{Dir: source, Unsafe: true}).Close(); err != nil {
		t.Fatal(err)
	}
	dir := x.killed(t, 3) // the old key is aside, and the new one has not got its name
	if _, err := store.Move(t.Context(), store.MoveConfig{From: store.Config{Dir: source}, To: store.Config{Dir: dir}}); err == nil {
		t.Error("it was moved")
	}
	wantSetting(t, dir, "restored")
	wantSetting(t, aside(t, dir), "old")
}

// What cannot be read is told by its name, and nothing is guessed from it.
func TestRestoreWithADamagedNote(t *testing.T) {
	x := newSwapTest(t)
	for _, text := range []string{"", "{", "null", "{}", `{"aside": ""}`} {
		dir := x.killed(t, 1)
		note := filepath.Join(dir, "bellhop.db.restoring")
		whole, err := os.ReadFile(note)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(note, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		db, err := store.Open(t.Context(), store.Config{Dir: dir, Unsafe: true})
		if err == nil {
			t.Errorf("a store is opened with the note %q", text)
			db.Close()
		} else if !strings.Contains(err.Error(), note) {
			t.Errorf("with the note %q: %v; want its name", text, err)
		}
		if err := os.WriteFile(note, whole, 0o600); err != nil {
			t.Fatal(err)
		}
		wantSetting(t, dir, "restored")
		wantSetting(t, aside(t, dir), "old")
	}
}

// A directory that had no store gets the one that was restored, and no empty one.
func TestRestoreToNothingThatDies(t *testing.T) {
	x := newSwapTest(t)
	for n := range 3 {
		dir := t.TempDir()
		if _, err := store.RestoreUntil(t.Context(), x.config(dir), n); err != nil {
			t.Fatal(err)
		}
		wantSetting(t, dir, "restored")
	}
}

// A file that cannot get its name leaves the old store where it was; if that fails, too, the restore is finished later.
func TestRestoreThatCannotRename(t *testing.T) {
	x := newSwapTest(t)
	for failing := range renames {
		for _, lasting := range []bool{false, true} {
			t.Run(fmt.Sprintf("file %d, lasting %t", failing, lasting), func(t *testing.T) {
				dir := afterCrash(t, x.old)
				n := -1
				err := store.RestoreFailing(t.Context(), x.config(dir), func(from, to string) error {
					if n++; n == failing || lasting && n > failing {
						return errors.New("the disk is broken")
					}
					return os.Rename(from, to)
				})
				if err == nil {
					t.Fatal("it is restored")
				}
				if want := "old"; !lasting || failing == 0 {
					wantSetting(t, dir, want)
				} else {
					wantSetting(t, dir, "restored")
					wantSetting(t, aside(t, dir), "old")
				}
			})
		}
	}
}
