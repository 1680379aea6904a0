package testenv

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
)

// DatabaseVariable names the environment variable with the URL of a PostgreSQL server whose role may make databases. The
// tests of all packages share it if it is set, as `make test` does.
const DatabaseVariable = "BELLHOP_TEST_DATABASE"

// Postgres returns the URL of an empty database on a real PostgreSQL server, which is dropped at the end of the test. All
// tests of a process share the server: that of the environment variable BELLHOP_TEST_DATABASE, or else one that is started
// for this process, on a free port of the loopback interface, and ends with it, however it ends. Without the programs
// of PostgreSQL the test ends as [Lack] says.
func Postgres(t testing.TB) string {
	t.Helper()
	s := needServer(t)
	name := "bellhop_test_" + randomName()
	if err := s.exec(t.Context(), "CREATE DATABASE "+name+" TEMPLATE template0"); err != nil {
		t.Fatalf("make a database: %v", err)
	}
	t.Cleanup(func() {
		if err := s.exec(context.WithoutCancel(t.Context()), "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("drop a database: %v", err)
		}
	})
	return s.database(name)
}

// PostgresCopy is Postgres with a copy of a database that fill has filled, given its URL. That is done once a server for
// each name, which says all of what is in it. A database takes long to make, so the copy may be that of a test which is
// over: all rows are then as they were, and the sequences, but not what else was changed.
func PostgresCopy(t testing.TB, name string, fill func(database string) error) string {
	t.Helper()
	s := needServer(t)
	sum := sha256.Sum256([]byte(name))
	template := "bellhop_template_" + hex.EncodeToString(sum[:8])
	if err := s.fill(t.Context(), template, fill); err != nil {
		t.Fatalf("make the database that others are copies of: %v", err)
	}
	for {
		copied := s.free.take(template)
		if copied == "" {
			break
		}
		if err := run(t.Context(), s.database(copied), restoreScript); err == nil {
			t.Cleanup(func() { s.free.give(template, copied) })
			return s.database(copied)
		}
	}
	copied := "bellhop_copy_" + randomName()
	if err := s.exec(t.Context(), "CREATE DATABASE "+copied+" TEMPLATE "+template); err != nil {
		t.Fatalf("copy a database: %v", err)
	}
	t.Cleanup(func() { s.free.give(template, copied) })
	return s.database(copied)
}

// theServer is that of the process.
var theServer = sync.OnceValues(findServer)

// server is where tests make their databases.
type server struct {
	url     *url.URL
	program *Program // nil if somebody else has started it

	filling sync.Mutex
	filled  map[string]bool // guarded by filling

	free copies
}

func findServer() (*server, error) {
	if text := os.Getenv(DatabaseVariable); text != "" {
		u, err := url.Parse(text)
		if err != nil {
			return nil, fmt.Errorf("%s is no URL", DatabaseVariable) // it may hold a password
		}
		return &server{url: u, filled: map[string]bool{}}, nil
	}
	program, err := StartPostgres()
	if program == nil || err != nil {
		return nil, err
	}
	return &server{url: program.url, program: program, filled: map[string]bool{}}, nil
}

func needServer(t testing.TB) *server {
	t.Helper()
	s, err := theServer()
	if err != nil {
		t.Fatalf("start PostgreSQL: %v", err)
	}
	if s == nil {
		Lack(t, "PostgreSQL")
	}
	return s
}

// randomName tells databases apart, and whose process they are.
func randomName() string { return strconv.Itoa(os.Getpid()) + "_" + strings.ToLower(rand.Text()[:8]) }

// copies are databases that no test uses just now, by what they are copies of.
type copies struct {
	mu   sync.Mutex
	free map[string][]string
}

func (c *copies) take(template string) (name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	free := c.free[template]
	if len(free) == 0 {
		return ""
	}
	c.free[template] = free[:len(free)-1]
	return free[len(free)-1]
}

func (c *copies) give(template, name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.free == nil {
		c.free = map[string][]string{}
	}
	c.free[template] = append(c.free[template], name)
}

// keepScript keeps, in a schema of their own, the rows that a database begins with.
const keepScript = `
CREATE SCHEMA begins;
DO $$ DECLARE name TEXT; filled BOOLEAN; BEGIN
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM public.%I)', name) INTO filled;
    IF filled THEN EXECUTE format('CREATE TABLE begins.%I AS SELECT * FROM public.%I', name, name); END IF;
  END LOOP;
END $$`

// restoreScript makes all rows what keepScript has kept, and ends whoever still uses the database. It waits for that: a
// commit that is under way would bring rows later.
const restoreScript = `
SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid();
DO $$ DECLARE name TEXT; filled BOOLEAN; BEGIN
  SET LOCAL session_replication_role = replica;
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM public.%I)', name) INTO filled;
    IF filled THEN EXECUTE format('DELETE FROM public.%I', name); END IF;
  END LOOP;
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'begins' LOOP
    EXECUTE format('INSERT INTO public.%I SELECT * FROM begins.%I', name, name);
  END LOOP;
  PERFORM setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false) FROM pg_sequences WHERE last_value IS NOT NULL;
END $$`

// database returns the URL of a database.
func (s *server) database(name string) string {
	u := *s.url
	u.Path = "/" + name
	return u.String()
}

// fill makes a database that others are copies of, unless it is there. Other processes may be about to do so, too: it gets
// its name when it is whole.
func (s *server) fill(ctx context.Context, name string, fill func(database string) error) error {
	s.filling.Lock()
	defer s.filling.Unlock()
	if s.filled[name] {
		return nil
	}
	admin, err := pgx.Connect(ctx, s.url.String())
	if err != nil {
		return err
	}
	defer admin.Close(context.WithoutCancel(ctx))
	if _, err := admin.Exec(ctx, "SELECT pg_advisory_lock(hashtext($1))", name); err != nil {
		return err
	}
	var there bool
	if err := admin.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)", name).Scan(&there); err != nil {
		return err
	}
	if !there {
		half := name + "_half"
		for _, text := range []string{"DROP DATABASE IF EXISTS " + half + " WITH (FORCE)", "CREATE DATABASE " + half + " TEMPLATE template0"} {
			if _, err := admin.Exec(ctx, text); err != nil {
				return err
			}
		}
		if err := fill(s.database(half)); err != nil {
			return err
		}
		if err := run(ctx, s.database(half), keepScript); err != nil {
			return err
		}
		if _, err := admin.Exec(ctx, "ALTER DATABASE "+half+" RENAME TO "+name); err != nil {
			return err
		}
	}
	s.filled[name] = true
	return nil
}

func (s *server) exec(ctx context.Context, text string) error { return run(ctx, s.url.String(), text) }

// run runs statements on a connection of its own: one that was made in a bubble of testing/synctest belongs to that.
func run(ctx context.Context, database, text string) error {
	conn, err := pgx.Connect(ctx, database)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	_, err = conn.PgConn().Exec(ctx, text).ReadAll()
	return err
}
