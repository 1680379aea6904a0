package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"bellhop"
	"bellhop/internal/testenv"
)

// endOf opens a store as it is, for a look at it.
func endOf(t testing.TB, config Config) moveEnd {
	t.Helper()
	end, err := openEnd(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := end.close(); err != nil {
			t.Error(err)
		}
	})
	return end
}

// TestMovedTables says of each table what becomes of it, so that a new one cannot be forgotten.
func TestMovedTables(t *testing.T) {
	known := slices.Concat(movedTables, derivedTables, ownTables)
	for _, kind := range bellhop.Kinds() {
		known = append(known, kind.Plural)
	}
	postgres := movedPostgres(t)
	postgres.KeyFile = keyFor(t, "tests")
	m := &mover{from: endOf(t, Config{Dir: t.TempDir(), Unsafe: true}), to: endOf(t, postgres)}
	for _, end := range []moveEnd{m.from, m.to} {
		for _, name := range tableNames(t, end) {
			if !slices.Contains(known, name) {
				t.Errorf("%T: it is not said in move_table.go whether the table %s is moved", end, name)
			}
		}
	}
	if _, err := m.sameTables(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestMoveThereAndBack(t *testing.T) {
	source := fullStore(t)
	there, back := movedPostgres(t), Config{Dir: filepath.Join(t.TempDir(), "back"), Unsafe: true}
	steps := 0
	first, err := Move(t.Context(), MoveConfig{From: source, To: there, Batch: 3, Progress: func(p MoveProgress) {
		if steps++; p.Done > p.Total {
			t.Errorf("progress: %+v", p)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	if first.KeyFile != source.KeyFile || first.Resumed || first.Bytes < 4<<20 || steps < 100 {
		t.Errorf("moved %d bytes in %d steps, with the key %s", first.Bytes, steps, first.KeyFile)
	}
	for _, table := range first.Tables {
		if table.Rows == 0 {
			t.Errorf("%s is empty: nothing is known of it", table.Name)
		}
	}
	there.KeyFile = source.KeyFile
	second, err := Move(t.Context(), MoveConfig{From: there, To: back, Batch: 4})
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(first.Tables, second.Tables) {
		t.Errorf("moved %+v there, and %+v back", first.Tables, second.Tables)
	}
	if second.KeyFile != filepath.Join(back.Dir, "key") {
		t.Errorf("the key is in %s", second.KeyFile)
	}
	want := readAll(t, source)
	for name, config := range map[string]Config{"PostgreSQL": there, "SQLite": back} {
		got := readAll(t, config)
		if len(got) != len(want) {
			t.Fatalf("%s reads %d things, want %d", name, len(got), len(want))
		}
		for i := range want {
			if !reflect.DeepEqual(got[i], want[i]) {
				t.Errorf("%s reads\n%.1000s\nwant\n%.1000s", name, fmt.Sprintf("%+v", got[i]), fmt.Sprintf("%+v", want[i]))
			}
		}
	}
}

// readAll reads what is easily read with the methods of a store, and goes on writing to it.
func readAll(t *testing.T, config Config) (all []any) {
	t.Helper()
	ctx := t.Context()
	db, err := Open(ctx, config)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.ViewDeliveries(ctx, func(tx *Tx) error {
		for _, kind := range bellhop.Kinds() {
			docs, err := tx.All(ctx, kind)
			if err != nil {
				return err
			}
			for _, doc := range docs {
				all = append(all, *doc)
			}
		}
		setting, err := tx.Setting(ctx, "signing")
		if err != nil {
			return err
		}
		due, err := tx.Due(ctx, ServiceLane(movedService), 1<<60, Cursor{}, nil, 100)
		if len(due) != 20 {
			t.Errorf("%d deliveries are due, want those 20 whose rows were deferred", len(due))
		}
		for _, p := range due {
			all = append(all, p.Delivery, *p.Event)
		}
		all = append(all, setting)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var event *bellhop.Event
	var deliveries []bellhop.Delivery
	err = db.Update(ctx, func(tx *Tx) error {
		event = &bellhop.Event{Name: "a.b", Organization: movedOrganization, OrgPath: string(movedOrganization), Key: "k", CreatedAt: 1, Payload: []byte("{}")}
		deliveries = []bellhop.Delivery{{Service: "64b0f1a2c3d4e5f607182951"}}
		if err := tx.Append(ctx, event, deliveries); err != nil {
			return err
		}
		return tx.Replace(ctx, bellhop.Users, &bellhop.Document{ID: "64b0f1a2c3d4e5f6071829ff", Organization: movedOrganization,
			OrgPath: string(movedOrganization), Body: []byte(`{}`), Secret: []byte("sealed")})
	})
	if err != nil {
		t.Fatal(err)
	}
	return append(all, event.Seq, deliveries[0].Seq, deliveries[0].Due)
}

func TestMoveGoesOn(t *testing.T) {
	source := fullStore(t)
	whole, err := Move(t.Context(), MoveConfig{From: source, To: Config{Dir: t.TempDir(), Unsafe: true}})
	if err != nil {
		t.Fatal(err)
	}
	for name, target := range map[string]Config{"SQLite": {Dir: t.TempDir(), Unsafe: true}, "PostgreSQL": movedPostgres(t)} {
		t.Run(name, func(t *testing.T) {
			opened := target
			opened.KeyFile = source.KeyFile
			var moved *Moved
			interrupted := 0
			for moved == nil {
				// Later and later, so that it comes to an end.
				after := 1 + rand.IntN(100*(interrupted+1))
				ctx, cancel := context.WithCancel(t.Context())
				m, err := Move(ctx, MoveConfig{From: source, To: target, Batch: 3, Progress: func(MoveProgress) {
					if after--; after == 0 {
						cancel()
					}
				}})
				cancel()
				if err == nil {
					moved = m
					break
				}
				if !errors.Is(err, context.Canceled) && !strings.Contains(err.Error(), "interrupted") {
					t.Fatal(err)
				}
				interrupted++
				if db, err := Open(t.Context(), opened); err == nil {
					db.Close()
					t.Fatal("half a store was opened")
				} else if !errors.Is(err, ErrHalfMoved) {
					t.Fatal(err)
				}
				if target.Dir == "" {
					continue
				}
				if _, err := BackUp(t.Context(), BackupConfig{Dir: target.Dir, File: filepath.Join(t.TempDir(), "copy.db")}); !errors.Is(err, ErrHalfMoved) {
					t.Fatalf("a backup of half a store: %v", err)
				}
			}
			if moved.Resumed != (interrupted > 0) {
				t.Errorf("resumed %t after %d interruptions", moved.Resumed, interrupted)
			}
			if !reflect.DeepEqual(moved.Tables, whole.Tables) {
				t.Errorf("after %d interruptions: %+v, want %+v", interrupted, moved.Tables, whole.Tables)
			}
		})
	}
}

func TestMoveFindsWhatIsChanged(t *testing.T) {
	source := fullStore(t)
	for name, target := range map[string]Config{"SQLite": {Dir: t.TempDir(), Unsafe: true}, "PostgreSQL": movedPostgres(t)} {
		t.Run(name, func(t *testing.T) {
			if _, err := Move(t.Context(), MoveConfig{From: source, To: target}); err != nil {
				t.Fatal(err)
			}
			opened := target
			opened.KeyFile = source.KeyFile
			m := &mover{from: endOf(t, source), to: endOf(t, opened), moved: new(Moved)}
			m.Progress = func(MoveProgress) {}
			var err error
			if m.tables, err = m.sameTables(t.Context()); err != nil {
				t.Fatal(err)
			}
			changed := map[string]string{
				"messages":                  `UPDATE messages SET doc = '{ }' WHERE doc = '{}'`,
				"deliveries":                `UPDATE deliveries SET last_error = NULLIF(last_error, 'x') || ' ' WHERE seq = 3`,
				"loops":                     `DELETE FROM loops WHERE conversation = (SELECT min(conversation) FROM loops)`,
				"replays":                   `UPDATE replays SET rate = 0.1000000000000000055 + 1e-16 WHERE rate > 0.09 AND rate < 0.11`,
				"service_states":            `UPDATE service_states SET body = NULL WHERE length(body) = 0`,
				"conversation_participants": `UPDATE conversation_participants SET active = 1 - active`,
			}
			for _, statement := range changed {
				if err := m.to.exec(t.Context(), statement); err != nil {
					t.Fatal(err)
				}
			}
			for _, table := range m.tables {
				err := m.checkTable(t.Context(), table)
				if differ := err != nil && strings.Contains(err.Error(), "the stores differ"); differ != (changed[table.name] != "") || err != nil && !differ {
					t.Errorf("%s: error = %v", table.name, err)
				}
			}
		})
	}
}

// TestMoveThatDiffers changes a row between the copy and the comparison: the store does not become whole.
func TestMoveThatDiffers(t *testing.T) {
	source, target := smallStore(t), Config{Dir: t.TempDir(), Unsafe: true}
	_, err := Move(t.Context(), MoveConfig{From: source, To: target, Progress: func(p MoveProgress) {
		if p.Step != MoveCheck || p.Table != "settings" || p.Done > 0 {
			return
		}
		db, err := sql.Open("sqlite", filepath.Join(target.Dir, databaseFile))
		if err == nil {
			_, err = db.Exec("UPDATE settings SET name = 'b'")
			err = errors.Join(err, db.Close())
		}
		if err != nil {
			t.Error(err)
		}
	}})
	if err == nil || !strings.Contains(err.Error(), "check settings: the stores differ") {
		t.Errorf("error = %v", err)
	}
	target.KeyFile = source.KeyFile
	if db, err := Open(t.Context(), target); !errors.Is(err, ErrHalfMoved) {
		t.Errorf("opened %v, %v", db, err)
	}
}

// smallStore is one with a secret, and nothing else.
func smallStore(t *testing.T) Config {
	t.Helper()
	config := Config{Dir: t.TempDir(), KeyFile: keyFor(t, "tests"), Unsafe: true}
	db, err := Open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.Update(t.Context(), func(tx *Tx) error { return tx.SetSetting(t.Context(), "a", []byte("b")) })
	if err != nil {
		t.Fatal(err)
	}
	return config
}

// A key that does not fit leaves nothing where the right one has to be.
func TestMoveWithAnotherKey(t *testing.T) {
	source := smallStore(t)
	wrong := source
	wrong.KeyFile = keyFor(t, "another")
	for name, target := range map[string]Config{"SQLite": {Dir: t.TempDir(), Unsafe: true}, "PostgreSQL": movedPostgres(t)} {
		if _, err := Move(t.Context(), MoveConfig{From: wrong, To: target}); err == nil || !strings.Contains(err.Error(), "key is not that of the store") {
			t.Errorf("to %s with another key: %v", name, err)
		}
		if _, err := Move(t.Context(), MoveConfig{From: source, To: target}); err != nil {
			t.Errorf("to %s with its key: %v", name, err)
		}
	}
}

func TestMoveRefuses(t *testing.T) {
	source := fullStore(t)
	used := copyStore(t, source)
	db, err := Open(t.Context(), used)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	half := Config{Dir: t.TempDir(), Unsafe: true}
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := Move(ctx, MoveConfig{From: source, To: half, Progress: func(MoveProgress) { cancel() }}); err == nil {
		t.Fatal("not interrupted")
	}
	whole := copyStore(t, source)
	emptyPostgres := Config{Database: testenv.Postgres(t), KeyFile: filepath.Join(t.TempDir(), "key")}
	for _, test := range []struct {
		name   string
		config MoveConfig
		is     error
		want   string
	}{
		{"no source", MoveConfig{From: Config{Dir: t.TempDir()}, To: Config{Dir: t.TempDir()}}, ErrNoStore, ""},
		{"no source in the database", MoveConfig{From: emptyPostgres, To: Config{Dir: t.TempDir()}}, ErrNoStore, ""},
		{"source in use", MoveConfig{From: used, To: Config{Dir: t.TempDir()}}, nil, "in use by another process"},
		{"half a source", MoveConfig{From: half, To: Config{Dir: t.TempDir()}}, ErrHalfMoved, ""},
		{"a store is there", MoveConfig{From: source, To: whole, Restart: true}, ErrNotEmpty, ""},
		{"a part of another store", MoveConfig{From: smallStore(t), To: half}, ErrOtherMove, ""},
		{"another key", MoveConfig{From: source, To: Config{Dir: t.TempDir(), KeyFile: keyFor(t, "another")}}, nil, "key is not that of the store"},
		{"into itself", MoveConfig{From: source, To: source}, nil, "in use by another process"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Move(t.Context(), test.config)
			if err == nil || test.is != nil && !errors.Is(err, test.is) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error = %v, want %v, %q", err, test.is, test.want)
			}
		})
	}
	if _, err := os.Lstat(emptyPostgres.KeyFile); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a key was made for what is not there: %v", err)
	}
	if _, err := Move(t.Context(), MoveConfig{From: smallStore(t), To: half, Restart: true}); err != nil {
		t.Errorf("begun anew: %v", err)
	}
}
