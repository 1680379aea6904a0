package store

import (
	"context"
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
	conn, err := pgx.Connect(t.Context(), source.Database)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
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
	_, err = Move(t.Context(), MoveConfig{From: source, To: Config{Dir: t.TempDir(), Unsafe: true}})
	cancel()
	beats.Wait()
	if err == nil || !strings.Contains(err.Error(), "in use by a server") {
		t.Errorf("moved from a node that is alive: %v", err)
	}

	if conn, err = pgx.Connect(t.Context(), source.Database); err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
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
