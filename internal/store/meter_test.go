package store_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"bellhop"
	"bellhop/internal/store"
	"bellhop/internal/testenv"
)

func TestMeter(t *testing.T) {
	ctx, beside := t.Context(), testenv.Postgres(t)
	u, err := url.Parse(beside)
	if err != nil {
		t.Fatal(err)
	}
	name := "bellhop_meter_" + u.Path[len(u.Path)-6:] // no other test has it
	database, err := store.CreateDatabase(ctx, beside, name)
	if err != nil {
		t.Fatal(err)
	}
	before, err := store.ReadMeter(ctx, database)
	if err != nil || !before.Empty || before.Size == 0 || before.Process == 0 {
		t.Errorf("a new database: %+v, %v", before, err)
	}
	conn, err := pgx.Connect(ctx, database)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(ctx, "CREATE TABLE t AS SELECT * FROM generate_series(1, 1000)"); err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(ctx); err != nil {
		t.Fatal(err)
	}
	after, err := store.ReadMeter(ctx, database)
	if err != nil || after.Empty || after.WAL-before.WAL < 10_000 || after.Rows-before.Rows < 1000 {
		t.Errorf("from %+v to %+v, %v", before, after, err)
	}
	// Also with somebody in it.
	if conn, err = pgx.Connect(ctx, database); err != nil {
		t.Fatal(err)
	}
	if err := store.DropDatabase(ctx, beside, name); err != nil {
		t.Error(err)
	}
	if conn.Ping(ctx) == nil {
		t.Error("the database is still there")
	}
	if err := store.DropDatabase(ctx, beside, name); err != nil {
		t.Errorf("again: %v", err)
	}
}

func TestCreateDatabaseWithoutTheRight(t *testing.T) {
	ctx, beside := t.Context(), testenv.Postgres(t)
	conn, err := pgx.Connect(ctx, beside)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	u, err := url.Parse(beside)
	if err != nil {
		t.Fatal(err)
	}
	role := "bellhop_poor_" + u.Path[len(u.Path)-6:]
	if _, err := conn.Exec(ctx, "CREATE ROLE "+role+" LOGIN PASSWORD 'poor'"); err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(role, "poor")
	_, err = store.CreateDatabase(ctx, u.String(), "bellhop_poor")
	if refused, ok := errors.AsType[*bellhop.Error](err); !ok || refused.Code != bellhop.Forbidden {
		t.Errorf("CreateDatabase: %v, want Forbidden", err)
	}
	if _, err := conn.Exec(ctx, "DROP ROLE "+role); err != nil {
		t.Error(err)
	}
}

// What is no URL may still have a password in it.
func TestDatabaseURLStaysSecret(t *testing.T) {
	for _, text := range []string{"postgres://u:hunter2@%zz/db", "host=x password=hunter2 port=y"} {
		_, err := store.CreateDatabase(t.Context(), text, "n")
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("CreateDatabase(%q): %v", text, err)
		}
	}
}
