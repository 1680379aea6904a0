package testenv_test

import (
	"errors"
	"testing"
	"testing/synctest"

	"github.com/jackc/pgx/v5"

	"bellhop/internal/testenv"
)

func query(t *testing.T, database, text string) (answer string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if err := conn.QueryRow(t.Context(), text).Scan(&answer); err != nil && !errors.Is(err, pgx.ErrNoRows) {
		t.Fatal(err)
	}
	return answer
}

func TestPostgres(t *testing.T) {
	one, other := testenv.Postgres(t), testenv.Postgres(t)
	query(t, one, "CREATE TABLE a (b text)")
	if got := query(t, other, "SELECT count(*)::text FROM pg_class WHERE relname = 'a'"); got != "0" {
		t.Error("databases are shared")
	}
	t.Run("in a bubble", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			if got := query(t, testenv.Postgres(t), "SHOW server_encoding"); got != "UTF8" {
				t.Errorf("encoding = %q", got)
			}
		})
	})
}

func TestPostgresCopy(t *testing.T) {
	filled := 0
	for range 2 {
		database := testenv.PostgresCopy(t, t.Name(), func(database string) error {
			filled++
			query(t, database, "CREATE TABLE a AS SELECT 'hello' AS b")
			return nil
		})
		if got := query(t, database, "SELECT b FROM a"); got != "hello" {
			t.Errorf("copied %q", got)
		}
		query(t, database, "DROP TABLE a")
	}
	if filled > 1 {
		t.Errorf("filled %d times", filled)
	}
}
