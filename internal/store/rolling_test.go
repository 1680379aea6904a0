package store

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"bellhop"
	"bellhop/internal/testenv"
)

// TestRollingUpgrade: nodes of two versions work side by side on one database. A new one that only adds to the schema
// disturbs nobody; when it takes something away, older programs are refused.
func TestRollingUpgrade(t *testing.T) {
	known, err := migrationsOf("postgres")
	if err != nil {
		t.Fatal(err)
	}
	last := known[len(known)-1].number
	config := Config{Database: testenv.Postgres(t), KeyFile: filepath.Join(t.TempDir(), "key"), Unsafe: true}
	before := openNode(t, config)
	useNode(t, before, "before the upgrade")

	newer := config
	newer.migrations = append(slices.Clone(known), migration{number: last + 1, name: "expand", text: `
		ALTER TABLE services ADD COLUMN note TEXT;
		ALTER TABLE events ADD COLUMN note TEXT NOT NULL DEFAULT '';
		ALTER TABLE deliveries ADD COLUMN note BIGINT NOT NULL DEFAULT 0;
		CREATE INDEX deliveries_note ON deliveries (note);
		CREATE TABLE notes (id BIGINT PRIMARY KEY);`})
	var both [2]*DB
	var g errgroup.Group
	for i := range both {
		g.Go(func() (err error) {
			both[i], err = Open(t.Context(), newer)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatalf("two nodes of the new version start at once: %v", err)
	}
	for _, db := range both {
		t.Cleanup(func() { db.Close() })
		useNode(t, db, "of the new version")
	}
	useNode(t, before, "of the old version, open since before")
	useNode(t, openNode(t, config), "of the old version, started again")

	newer.migrations = append(newer.migrations, migration{number: last + 2, name: "contract", oldest: last + 1, text: "DROP TABLE notes;"})
	useNode(t, openNode(t, newer), "of a version after it")
	if _, err := Open(t.Context(), config); err == nil || !strings.Contains(err.Error(), "use a newer one") {
		t.Errorf("a program that is too old: %v", err)
	}
}

func openNode(t *testing.T, config Config) *DB {
	t.Helper()
	db, err := Open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// useNode writes and reads what a server does all day.
func useNode(t *testing.T, db *DB, which string) {
	t.Helper()
	now := bellhop.Time(1_700_000_000_000)
	service := db.NewID(now)
	event := &bellhop.Event{Name: "order.paid", Organization: service, OrgPath: string(service), CreatedAt: now, Payload: []byte("{}")}
	err := db.Update(t.Context(), func(tx *Tx) error {
		doc := &bellhop.Document{ID: service, Organization: service, OrgPath: string(service), CreatedAt: now, Body: []byte(`{"name":"a"}`), Secret: []byte("s")}
		if err := tx.Insert(t.Context(), bellhop.Services, doc); err != nil {
			return err
		}
		*event = bellhop.Event{Name: event.Name, Organization: service, OrgPath: string(service), CreatedAt: now, Payload: []byte("{}")}
		return tx.Append(t.Context(), event, []bellhop.Delivery{{Service: service}})
	})
	if err != nil {
		t.Fatalf("a node %s cannot write: %v", which, err)
	}
	err = db.ViewDeliveries(t.Context(), func(tx *Tx) error {
		doc, err := tx.Document(t.Context(), bellhop.Services, service)
		if err != nil {
			return err
		}
		waiting, err := tx.Due(t.Context(), ServiceLane(service), now.Add(1), Cursor{}, nil, 10)
		if len(waiting) != 1 || string(doc.Secret) != "s" {
			t.Errorf("a node %s reads %d deliveries", which, len(waiting))
		}
		return err
	})
	if err != nil {
		t.Fatalf("a node %s cannot read: %v", which, err)
	}
	err = db.Update(context.WithoutCancel(t.Context()), func(tx *Tx) error { return tx.Delete(t.Context(), bellhop.Services, service) })
	if err != nil {
		t.Fatalf("a node %s cannot delete: %v", which, err)
	}
}

// TestOldestOf reads the first lines of migrations.
func TestOldestOf(t *testing.T) {
	for text, want := range map[string]int{
		"-- oldest: 0042\nDROP TABLE a;": 42,
		"-- What it is for.\nSELECT 1;":  0,
		"SELECT 1;\n-- oldest: 0042\n":   0,
		"":                               0,
	} {
		if got, err := oldestOf(text); got != want || err != nil {
			t.Errorf("oldestOf(%q) = %d, %v, want %d", text, got, err, want)
		}
	}
	if _, err := oldestOf("-- oldest: soon\n"); err == nil {
		t.Error("a number that is none is taken")
	}
}
