package store

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// TestMoveWithNodes moves a store that nodes use, have used, and want to use.
func TestMoveWithNodes(t *testing.T) {
	source := movedPostgres(t)
	source.KeyFile = keyFor(t, "tests")
	conn := connectTo(t, source)
	exec := func(text string) {
		t.Helper()
		if _, err := conn.Exec(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	exec(`CREATE TABLE IF NOT EXISTS nodes (id TEXT PRIMARY KEY, name TEXT NOT NULL, version TEXT NOT NULL, started BIGINT NOT NULL,
		sessions TEXT NOT NULL, leaving BIGINT NOT NULL, beat BIGINT NOT NULL)`)
	exec("INSERT INTO nodes (id, name, version, started, sessions, leaving, beat) VALUES ('a', '', '', 0, '', 0, 1)")

	ctx, cancel := context.WithCancel(t.Context())
	var beats sync.WaitGroup
	beats.Go(func() {
		for ctx.Err() == nil {
			if _, err := conn.Exec(ctx, "UPDATE nodes SET beat = beat + 1"); err != nil && ctx.Err() == nil {
				t.Error(err)
				return
			}
		}
	})
	_, err := Move(t.Context(), MoveConfig{From: source, To: Config{Dir: t.TempDir(), Unsafe: true}})
	cancel()
	beats.Wait()
	if err == nil || !strings.Contains(err.Error(), "in use by a server") {
		t.Errorf("moved from a node that is alive: %v", err)
	}

	conn = connectTo(t, source)
	asked := false
	_, err = Move(t.Context(), MoveConfig{From: source, To: Config{Dir: t.TempDir(), Unsafe: true}, patience: time.Millisecond, Progress: func(MoveProgress) {
		if asked {
			return
		}
		asked = true
		if _, err := conn.Exec(t.Context(), "BEGIN; LOCK TABLE nodes IN ROW SHARE MODE NOWAIT"); postgresCode(err) != "55P03" {
			t.Errorf("a node writes to what is moved: %v", err)
		}
		if _, err := Move(t.Context(), MoveConfig{From: source, To: Config{Dir: t.TempDir(), Unsafe: true}, patience: time.Millisecond}); err == nil || !strings.Contains(err.Error(), "another move") {
			t.Errorf("moved twice at a time: %v", err)
		}
	}})
	if err != nil || !asked {
		t.Errorf("moved from a node that is dead: %v", err)
	}
}

// A server that comes while a store is moved, since the database has lost the connection that kept it away, may have
// written what was read before.
func TestMoveLosesItsLock(t *testing.T) {
	source := movedPostgres(t)
	source.KeyFile = keyFor(t, "tests")
	conn := connectTo(t, source)
	lost := false
	move := MoveConfig{From: source, To: Config{Dir: t.TempDir(), Unsafe: true}, patience: time.Millisecond}
	move.Progress = func(p MoveProgress) {
		if p.Step != MoveCheck || lost {
			return
		}
		err := conn.QueryRow(t.Context(), `SELECT pg_terminate_backend(pid, 60000) FROM pg_locks WHERE locktype = 'advisory'
			AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
			AND objid = $1`, moveLock).Scan(&lost)
		if err != nil || !lost {
			t.Errorf("end the connection: %v, %v", lost, err)
		}
	}
	if _, err := Move(t.Context(), move); err == nil || !strings.Contains(err.Error(), "has lost the connection") {
		t.Errorf("moved without its lock: %v", err)
	}
	if db, err := Open(t.Context(), move.To); !errors.Is(err, ErrHalfMoved) {
		t.Errorf("the target is open: %v, %v", db, err)
	}
	if moved, err := Move(t.Context(), move); err != nil || !moved.Resumed {
		t.Errorf("moved once more: %+v, %v", moved, err)
	}
}

// connectTo returns a connection to the database of a store, beside those of the store.
func connectTo(t *testing.T, c Config) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), c.Database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.WithoutCancel(t.Context())) })
	return conn
}
