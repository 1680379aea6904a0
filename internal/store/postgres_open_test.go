package store_test

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"bellhop/internal/store"
	"bellhop/internal/store/storetest"
	"bellhop/internal/testenv"
)

// refused opens what must not open, and returns why it does not.
func refused(t *testing.T, config store.Config, want ...string) {
	t.Helper()
	db, err := store.Open(t.Context(), config)
	if err == nil {
		db.Close()
		t.Errorf("it opens, want an error with %q", want)
		return
	}
	for _, part := range want {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("Open = %v, want an error with %q", err, part)
		}
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("Open = %v, with the password", err)
	}
}

// Who comes between the first two commits of another one that starts, or after it has died there, finds an empty store.
func TestPostgresIsOpenedByTheSecond(t *testing.T) {
	config := store.Config{Database: testenv.Postgres(t), KeyFile: filepath.Join(t.TempDir(), "key")}
	inStore(t, config, `CREATE TABLE schema_version (
		id BIGINT PRIMARY KEY CHECK (id = 1), version BIGINT NOT NULL, oldest BIGINT NOT NULL DEFAULT 0, key_check BYTEA NOT NULL)`)
	open(t, config)
}

func TestPostgresIsRefused(t *testing.T) {
	key := filepath.Join(t.TempDir(), "key")
	refused(t, store.Config{Database: "postgres://a:hunter2@127.0.0.1:1/b"}, "needs a key file")
	for _, text := range []string{"postgres://a:hunter2@127.0.0.1:port/b", "://a:hunter2@", "postgres://a:hunter2@127.0.0.1/b?sslmode=never", "host=x password=hunter2 port=y"} {
		refused(t, store.Config{Database: text, KeyFile: key}, "URL")
	}
	refused(t, store.Config{Database: "postgres://a:hunter2@127.0.0.1/b?sslmode=verify-full&sslrootcert=" + key + ".ca", KeyFile: key}, key+".ca", "no such file")
	u, err := url.Parse(testenv.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword("nobody", "hunter2")
	refused(t, store.Config{Database: u.String(), KeyFile: key}, "connect to the database: failed to connect")
	if _, err := os.Stat(key); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a key was made: %v", err)
	}
}

// Of nodes that start at the same time with an empty database and the same key file one makes the schema, and all open it. A
// node with another key, or without one, is refused: it would seal what the others cannot open.
func TestPostgresNodesStart(t *testing.T) {
	database, dir := testenv.Postgres(t), t.TempDir()
	config := store.Config{Database: database, KeyFile: filepath.Join(dir, "key")}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			db, err := store.Open(t.Context(), config)
			if err != nil {
				t.Error(err)
				return
			}
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	refused(t, store.Config{Database: database, KeyFile: filepath.Join(dir, "missing")}, "is missing")
	other := store.Config{Database: testenv.Postgres(t), KeyFile: filepath.Join(dir, "other")}
	open(t, other)
	refused(t, store.Config{Database: database, KeyFile: other.KeyFile}, "not that of the store")
	inStore(t, config, "UPDATE schema_version SET version = 1000, oldest = 1000")
	refused(t, config, "use a newer one")
}

// limitedRole makes a role that may do nothing in the database of config yet.
func limitedRole(t *testing.T, config store.Config) (limited store.Config, role string) {
	t.Helper()
	u, err := url.Parse(config.Database)
	if err != nil {
		t.Fatal(err)
	}
	role = "role" + strings.TrimPrefix(u.Path, "/bellhop_test_")
	inStore(t, config, "CREATE ROLE "+role+" LOGIN PASSWORD 'hunter2'")
	t.Cleanup(func() { inStore(t, config, "DROP OWNED BY "+role); inStore(t, config, "DROP ROLE "+role) })
	limited = config
	u.User = url.UserPassword(role, "hunter2")
	limited.Database = u.String()
	return limited, role
}

// Who may not make a store leaves nothing of one, no key either, and can make it when he may.
func TestPostgresWithoutRightsToMakeIt(t *testing.T) {
	config := store.Config{Database: testenv.Postgres(t), KeyFile: filepath.Join(t.TempDir(), "key"), Unsafe: true}
	limited, role := limitedRole(t, config)
	nothing := func() {
		t.Helper()
		if _, err := os.Lstat(config.KeyFile); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("a key was made: %v", err)
		}
	}
	refused(t, limited, "may not make tables")
	nothing()
	inStore(t, config, "GRANT CREATE ON SCHEMA public TO "+role)
	limited.KeyFile = filepath.Join(t.TempDir(), "missing", "key")
	refused(t, limited, limited.KeyFile)
	limited.KeyFile = config.KeyFile
	nothing()
	open(t, limited)
	if _, err := os.Lstat(config.KeyFile); err != nil {
		t.Error(err)
	}
}

// A role that may read and write rows, and no more, is enough for a store whose schema is up to date.
func TestPostgresLeastPrivilege(t *testing.T) {
	config := store.Config{Database: testenv.Postgres(t), KeyFile: filepath.Join(t.TempDir(), "key")}
	if err := open(t, config).Close(); err != nil {
		t.Fatal(err)
	}
	limited, role := limitedRole(t, config)
	refused(t, limited, "bellhop migrate --grant")
	for _, text := range []string{
		"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO " + role,
		"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO " + role,
	} {
		inStore(t, config, text)
	}
	db := open(t, limited)
	_, d := appended(t, db, noon)
	if got := dueNow(t, db, noon); len(got) != 1 || got[0] != d.Seq {
		t.Errorf("due: %v, want %d", got, d.Seq)
	}
	update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.SetSetting(ctx, "a", []byte("b")) })
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	inStore(t, config, "UPDATE schema_version SET version = version - 1")
	refused(t, limited, "start once with the role that owns")
}

// The size of a store is read, and what its rows take is about what they hold.
func TestPostgresStats(t *testing.T) {
	db := open(t, storetest.Postgres(t))
	stop := running(t, db, quiet)
	for db.Stats().Bytes == 0 {
		update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.SetSetting(ctx, "a", []byte("b")) })
	}
	stop()
	appended(t, db, noon)
	if stats := db.Stats(); stats.Events != 1 || stats.Deliveries != 1 || stats.Bytes < 1<<20 || stats.LogBytes != 0 {
		t.Errorf("Stats = %+v", stats)
	}
}

// A server of another make need not say on which timeline it is, and can hold a store all the same.
func TestPostgresWithoutTimelines(t *testing.T) {
	config := store.Config{Database: testenv.Postgres(t), KeyFile: filepath.Join(t.TempDir(), "key"), Unsafe: true}
	limited, role := limitedRole(t, config)
	inStore(t, config, "GRANT CREATE ON SCHEMA public TO "+role)
	inStore(t, config, "REVOKE EXECUTE ON FUNCTION pg_walfile_name(pg_lsn) FROM PUBLIC")
	t.Cleanup(func() { inStore(t, config, "GRANT EXECUTE ON FUNCTION pg_walfile_name(pg_lsn) TO PUBLIC") })
	db := open(t, limited)
	update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.SetSetting(ctx, "a", []byte("b")) })
	if got, err := setting(t.Context(), db, "a"); err != nil || got != "b" {
		t.Errorf("Setting = %q, %v", got, err)
	}
}
