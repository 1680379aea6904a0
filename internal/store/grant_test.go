package store

import (
	"context"
	"crypto/rand"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"bellhop/internal/testenv"
)

// TestMigrateForRole: a role that owns nothing can use a store that another one has migrated, and can do nothing else to it.
func TestMigrateForRole(t *testing.T) {
	ctx := t.Context()
	owner := Config{Database: testenv.Postgres(t), KeyFile: filepath.Join(t.TempDir(), "key"), Unsafe: true}
	admin, err := pgx.Connect(ctx, owner.Database)
	if err != nil {
		t.Fatal(err)
	}
	role := "bellhop " + strings.ToLower(rand.Text()[:10])
	name := pgx.Identifier{role}.Sanitize()
	if _, err := admin.Exec(ctx, "CREATE ROLE "+name+" LOGIN PASSWORD 'pass'"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx := context.WithoutCancel(ctx)
		for _, text := range []string{"DROP OWNED BY " + name, "DROP ROLE " + name} {
			if _, err := admin.Exec(ctx, text); err != nil {
				t.Error(err)
			}
		}
		admin.Close(ctx)
	})

	all, err := migrationsOf("postgres")
	if err != nil {
		t.Fatal(err)
	}
	newest := all[len(all)-1].number
	if schema, err := Migrate(ctx, owner, role); schema != newest || err != nil {
		t.Fatalf("Migrate = %d, %v, want %d", schema, err, newest)
	}
	u, err := url.Parse(owner.Database)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(role, "pass")
	user := owner
	user.Database = u.String()
	useNode(t, openNode(t, user), "of a role that owns nothing")

	conn, err := pgx.Connect(ctx, user.Database)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	for _, text := range []string{
		"DROP TABLE events", "ALTER TABLE events ADD COLUMN x TEXT", "TRUNCATE events", "CREATE TABLE x (id BIGINT)",
		"UPDATE schema_version SET version = 1", "CREATE INDEX x ON events (name)",
	} {
		if _, err := conn.Exec(ctx, text); postgresCode(err) != forbidden {
			t.Errorf("%s: %v, want that it is forbidden", text, err)
		}
	}

	// A schema that is old is changed by its owner; his role says so, and may use what he adds.
	newer := user
	newer.migrations = append(all, migration{number: newest + 1, name: "more", text: "CREATE TABLE more (id BIGINT);"})
	if _, err := Open(ctx, newer); err == nil || !strings.Contains(err.Error(), "this role may not do") {
		t.Errorf("a role without rights migrates: %v", err)
	}
	byOwner := owner
	byOwner.migrations = newer.migrations
	if schema, err := Migrate(ctx, byOwner, ""); schema != newest+1 || err != nil {
		t.Fatalf("Migrate = %d, %v, want %d", schema, err, newest+1)
	}
	useNode(t, openNode(t, newer), "of a role that owns nothing, after the next migration")
	if _, err := conn.Exec(ctx, "INSERT INTO more (id) VALUES (1)"); err != nil {
		t.Errorf("a table that was added later: %v", err)
	}
	if _, err := Migrate(ctx, newer, "pg_monitor"); err == nil || !strings.Contains(err.Error(), "only the role that owns the tables") {
		t.Errorf("a role without rights grants some: %v", err)
	}
	if _, err := Migrate(ctx, owner, "nobody of that name"); err == nil || !strings.Contains(err.Error(), "grant rights") {
		t.Errorf("a role that is not there: %v", err)
	}

	// A store is moved by its owner: nothing is copied before his role is found wanting.
	target := owner
	target.Database, target.KeyFile = testenv.Postgres(t), keyFor(t, "tests")
	if _, err := Migrate(ctx, target, role); err != nil {
		t.Fatal(err)
	}
	if u, err = url.Parse(target.Database); err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(role, "pass")
	target.Database = u.String()
	_, err = Move(ctx, MoveConfig{From: smallStore(t), To: target, Progress: func(MoveProgress) { t.Error("a role without rights copies") }})
	if err == nil || !strings.Contains(err.Error(), "owns the tables") {
		t.Errorf("a role that owns nothing is moved to: %v", err)
	}
}
