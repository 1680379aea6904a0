//go:build !race

package store_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"bellhop"
	"bellhop/internal/store"
)

func sizeOf(t testing.TB, dir, name string) int64 {
	t.Helper()
	info, err := os.Stat(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// burst stores n megabytes of events, each delivered.
func burst(t testing.TB, db *store.DB, n int) {
	t.Helper()
	for range n {
		event, ds := happened(t, db, 1<<20, service)
		attempted(t, db, ds[0].Seq, 1, bellhop.Delivered)
		if event.Seq == 0 {
			t.Fatal("nothing was stored")
		}
	}
}

// A burst that has come of age leaves a short file; a steady load finds free pages in it.
func TestSpaceIsGivenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		db := open(t, store.Config{Dir: dir, Unsafe: true, Retain: time.Hour})
		running(t, db, quiet)
		burst(t, db, 100)
		time.Sleep(5 * time.Minute)
		if got := sizeOf(t, dir, "bellhop.db-wal"); got > 4<<20 {
			t.Errorf("after the burst the log has %d MiB", got>>20)
		}
		if got := sizeOf(t, dir, "bellhop.db"); got < 100<<20 {
			t.Fatalf("the burst takes %d MiB", got>>20)
		}
		time.Sleep(2 * time.Hour)
		if got := sizeOf(t, dir, "bellhop.db"); got > 20<<20 {
			t.Errorf("when the burst is gone the file has %d MiB", got>>20)
		}
		if got := sizeOf(t, dir, "bellhop.db-wal"); got > 4<<20 {
			t.Errorf("when the burst is gone the log has %d MiB", got>>20)
		}

		least, most := int64(1<<60), int64(0)
		for i := range 60 {
			burst(t, db, 1)
			time.Sleep(5 * time.Minute)
			if i > 24 {
				size := sizeOf(t, dir, "bellhop.db")
				least, most = min(least, size), max(most, size)
			}
		}
		if most > 36<<20 || most-least > 2<<20 {
			t.Errorf("under a steady load of 12 MiB the file has %d to %d MiB", least>>20, most>>20)
		}
	})
}

// A store that was made before files could become shorter uses its free pages again.
func TestSpaceOfOldStoresIsUsedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		config := store.Config{Dir: dir, Unsafe: true, Retain: time.Hour}
		if err := open(t, config).Close(); err != nil {
			t.Fatal(err)
		}
		inFile(t, dir, "PRAGMA journal_mode = DELETE")
		inFile(t, dir, "PRAGMA auto_vacuum = NONE; VACUUM")
		var log strings.Builder
		db := open(t, config)
		running(t, db, slog.New(slog.NewTextHandler(&log, nil)))
		burst(t, db, 40)
		time.Sleep(2 * time.Hour)
		burst(t, db, 30)
		time.Sleep(2 * time.Minute)
		if got := sizeOf(t, dir, "bellhop.db"); got < 40<<20 || got > 44<<20 {
			t.Errorf("the file has %d MiB, want 40", got>>20)
		}
		if log.Len() > 0 {
			t.Errorf("logged: %s", &log)
		}
	})
}
