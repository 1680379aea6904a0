package testenv

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"os"
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
	return s.create(t, "")
}

// PostgresCopy is Postgres with a copy of a database that fill has filled, given its URL. That is done once a server for
// each name, which says all of what is in it: a copy takes some ten milliseconds.
func PostgresCopy(t testing.TB, name string, fill func(database string) error) string {
	t.Helper()
	s := needServer(t)
	sum := sha256.Sum256([]byte(name))
	template := "bellhop_template_" + hex.EncodeToString(sum[:8])
	if err := s.fill(t.Context(), template, fill); err != nil {
		t.Fatalf("make the database that others are copies of: %v", err)
	}
	return s.create(t, template)
}

// theServer is that of the process.
var theServer = sync.OnceValues(findServer)

// server is where tests make their databases.
type server struct {
	url     *url.URL
	program *Program // nil if somebody else has started it

	filling sync.Mutex
	filled  map[string]bool // guarded by filling
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

// create makes a database, a copy of another one if template is not empty.
func (s *server) create(t testing.TB, template string) string {
	t.Helper()
	name := "bellhop_test_" + hex.EncodeToString([]byte(rand.Text()[:10]))
	text := "CREATE DATABASE " + name
	if template == "" {
		template = "template0"
	}
	text += " TEMPLATE " + template
	if err := s.exec(t.Context(), text); err != nil {
		t.Fatalf("make a database: %v", err)
	}
	t.Cleanup(func() {
		if err := s.exec(context.WithoutCancel(t.Context()), "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("drop a database: %v", err)
		}
	})
	return s.database(name)
}

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
		if _, err := admin.Exec(ctx, "ALTER DATABASE "+half+" RENAME TO "+name); err != nil {
			return err
		}
	}
	s.filled[name] = true
	return nil
}

// exec runs a statement on a connection of its own: one that was made in a bubble of testing/synctest belongs to that.
func (s *server) exec(ctx context.Context, text string) error {
	conn, err := pgx.Connect(ctx, s.url.String())
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	_, err = conn.Exec(ctx, text)
	return err
}
