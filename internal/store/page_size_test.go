package store

import (
	"database/sql"
	"errors"
	"path/filepath"
	"strconv"
	"testing"

	"bellhop"
)

// A new store has the pages that are wanted. One that has others keeps them, and works as well: it is written, backed up
// and restored, and moved.
func TestPageSizes(t *testing.T) {
	for _, size := range []int{pageSize, 8192} {
		config := smallStore(t)
		if size != pageSize {
			repage(t, config, size)
		}
		db := openPaged(t, config, size)
		db.DeliverTo(roomy{})
		err := db.Update(t.Context(), func(tx *Tx) error {
			event := &bellhop.Event{Name: "order.created", Organization: movedOrganization, OrgPath: string(movedOrganization), Key: "k",
				CreatedAt: 1_716_724_800_000, Payload: make([]byte, 20_000)}
			return tx.Append(t.Context(), event, []bellhop.Delivery{{Service: movedService}})
		})
		if err := errors.Join(err, db.Close()); err != nil {
			t.Fatal(err)
		}

		file := filepath.Join(t.TempDir(), "copy.db")
		copied, err := BackUp(t.Context(), BackupConfig{Dir: config.Dir, File: file, KeyFile: config.KeyFile})
		if err != nil {
			t.Fatalf("back up pages of %d bytes: %v", size, err)
		}
		restored := Config{Dir: t.TempDir(), KeyFile: config.KeyFile, Unsafe: true}
		again, err := Restore(t.Context(), RestoreConfig{File: file, Dir: restored.Dir, KeyFile: config.KeyFile})
		if err != nil || copied.Events != 1 || again.Events != 1 {
			t.Fatalf("back up %d events and restore them with pages of %d bytes: %+v, %v", copied.Events, size, again, err)
		}
		if err := openPaged(t, restored, size).Close(); err != nil {
			t.Error(err)
		}
		moved := Config{Dir: t.TempDir(), KeyFile: config.KeyFile, Unsafe: true}
		if _, err := Move(t.Context(), MoveConfig{From: config, To: moved}); err != nil {
			t.Fatalf("move pages of %d bytes: %v", size, err)
		}
		if err := openPaged(t, moved, pageSize).Close(); err != nil {
			t.Error(err)
		}
	}
}

// openPaged opens a store that has pages of that size, and can get shorter.
func openPaged(t testing.TB, config Config, size int) *DB {
	t.Helper()
	db, err := Open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	for pragma, want := range map[string]any{"page_size": int64(size), "auto_vacuum": int64(2), "journal_mode": "wal"} {
		var got any
		if err := db.writer.conn.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s = %v, %v, want %v", pragma, got, err, want)
		}
	}
	return db
}

// repage gives a store that is closed other pages.
func repage(t testing.TB, config Config, size int) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(config.Dir, databaseFile))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, statement := range []string{"PRAGMA journal_mode = DELETE", "PRAGMA page_size = " + strconv.Itoa(size), "VACUUM"} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
}
