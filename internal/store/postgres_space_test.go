package store

import (
	"crypto/rand"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"bellhop"
	"bellhop/internal/testenv"
)

// What the rows take is about what was put into them, and what is removed counts no more at once, although the
// tables stay as long as they were.
func TestPostgresSpace(t *testing.T) {
	db, err := Open(t.Context(), Config{Database: testenv.Postgres(t), KeyFile: filepath.Join(t.TempDir(), "key"), Unsafe: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	e := db.engine.(*postgresEngine)
	live := func() int64 {
		u, err := e.use(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return u.live()
	}
	counted := func() int64 {
		e.space.measured = time.Time{}
		return live()
	}
	// The server counts what a session has changed when that has nothing else to do: here at once.
	count := func(tx *Tx) error {
		_, err := tx.exec(t.Context(), "SELECT pg_stat_force_next_flush()")
		return err
	}
	near := func(what string, got, want int64) {
		t.Helper()
		if got < want*8/10 || got > want*15/10 {
			t.Errorf("%s: %d bytes, want about %d", what, got, want)
		}
	}
	const n, size = 300, 4000
	empty := counted()
	err = db.Update(t.Context(), func(tx *Tx) error {
		for range n {
			event := &bellhop.Event{Name: "a.b", Organization: "64b0f1a2c3d4e5f60718293a", OrgPath: "64b0f1a2c3d4e5f60718293a", Key: "k",
				CreatedAt: 1000, Payload: make([]byte, size)}
			rand.Read(event.Payload) // or else it would be compressed
			if err := tx.Append(t.Context(), event, []bellhop.Delivery{{Service: "64b0f1a2c3d4e5f607182950"}}); err != nil {
				return err
			}
		}
		return count(tx)
	})
	if err != nil {
		t.Fatal(err)
	}
	full := counted()
	near("what was stored", full-empty, n*(size+500))
	err = db.Update(t.Context(), func(tx *Tx) error {
		gone, err := tx.exec(t.Context(), "DELETE FROM events WHERE seq <= (SELECT min(seq) + 199 FROM events)")
		tx.gone("events", gone)
		return errors.Join(err, count(tx))
	})
	if err != nil {
		t.Fatal(err)
	}
	near("what was removed, at once", full-live(), 200*(size+250))
	near("what was removed, as it is counted", full-counted(), 200*(size+250))
}
