package store

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bellhop/internal/testenv"
)

// onlyPostgres are tables and columns that SQLite has no use for, each with its reason.
var onlyPostgres = map[string]string{
	"schema_version": "SQLite has a number for it in the head of its file",
	"*.fields":       "JSON is looked into in a form of its own",
	"numbers":        "one process knows in memory which number comes next",
	"versions":       "one process knows in memory what it has changed",
	"changes":        "likewise",
	"nodes":          "SQLite has one",
	"leases":         "which owns all",
	"letters":        "and writes to nobody",
}

// Both engines have the same migrations, and what these make is the same: tables, columns, what may be NULL, and what
// occurs once.
func TestSchemasAreTheSame(t *testing.T) {
	var names [2][]string
	for i, engine := range []string{"sqlite", "postgres"} {
		all, err := migrationsOf(engine)
		if err != nil {
			t.Fatal(err)
		}
		for j, m := range all {
			names[i] = append(names[i], m.name)
			if m.number != j+1 {
				t.Errorf("%s: %s is number %d", engine, m.name, j+1)
			}
		}
	}
	if !slices.Equal(names[0], names[1]) {
		t.Errorf("migrations of SQLite: %q\nof PostgreSQL: %q", names[0], names[1])
	}

	lite := schemaOf(t, Config{Dir: t.TempDir(), Unsafe: true}, liteSchema)
	postgres := schemaOf(t, Config{Database: testenv.Postgres(t), KeyFile: filepath.Join(t.TempDir(), "key")}, postgresSchema)
	if len(lite) < 100 {
		t.Errorf("the schema of SQLite has %d lines: that cannot be all", len(lite))
	}
	for _, line := range slices.Sorted(maps.Keys(lite)) {
		if !postgres[line] {
			t.Errorf("only SQLite has %s", line)
		}
	}
	for _, line := range slices.Sorted(maps.Keys(postgres)) {
		table, rest, _ := strings.Cut(line, ".")
		column, _, _ := strings.Cut(rest, " ")
		if !lite[line] && onlyPostgres[table] == "" && onlyPostgres["*."+column] == "" && onlyPostgres[table+"."+column] == "" {
			t.Errorf("only PostgreSQL has %s", line)
		}
	}
}

func schemaOf(t *testing.T, config Config, read func(context.Context, *sql.Conn) ([]string, error)) map[string]bool {
	t.Helper()
	db, err := Open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	lines, err := read(t.Context(), db.writer.conn)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]bool{}
	for _, line := range lines {
		all[line] = true
	}
	return all
}

// A schema is read as lines: "table.column TYPE", with NULL if it may be that, and "table. UNIQUE a,b".

func liteSchema(ctx context.Context, conn *sql.Conn) ([]string, error) {
	return texts(ctx, conn, `
		SELECT m.name || '.' || c.name || ' ' || c.type || CASE WHEN c."notnull" OR c.pk THEN '' ELSE ' NULL' END
		FROM sqlite_master AS m, pragma_table_xinfo(m.name) AS c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'
		UNION ALL
		SELECT m.name || '. UNIQUE ' || (SELECT group_concat(c.name) FROM pragma_index_info(i.name) AS c)
		FROM sqlite_master AS m, pragma_index_list(m.name) AS i WHERE m.type = 'table' AND i."unique"
		UNION ALL
		SELECT m.name || '. UNIQUE ' || c.name FROM sqlite_master AS m, pragma_table_xinfo(m.name) AS c
		WHERE m.type = 'table' AND c.pk = 1 AND c.type = 'INTEGER' AND (SELECT count(*) FROM pragma_table_xinfo(m.name) AS o WHERE o.pk > 0) = 1`)
}

func postgresSchema(ctx context.Context, conn *sql.Conn) ([]string, error) {
	return texts(ctx, conn, `
		SELECT c.relname || '.' || a.attname || ' ' ||
			CASE format_type(a.atttypid, a.atttypmod) WHEN 'bigint' THEN 'INTEGER' WHEN 'bytea' THEN 'BLOB' WHEN 'double precision' THEN 'REAL'
				WHEN 'text' THEN CASE WHEN o.collname = 'C' THEN 'TEXT' ELSE 'TEXT OF ANOTHER COLLATION' END ELSE format_type(a.atttypid, a.atttypmod) END ||
			CASE WHEN a.attnotnull THEN '' ELSE ' NULL' END
		FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid LEFT JOIN pg_collation AS o ON o.oid = a.attcollation
		WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
		UNION ALL
		SELECT c.relname || '. UNIQUE ' || (SELECT string_agg(a.attname, ',' ORDER BY k.n) FROM unnest(i.indkey) WITH ORDINALITY AS k (attnum, n)
			JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = k.attnum)
		FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indrelid WHERE i.indisunique AND c.relnamespace = 'public'::regnamespace`)
}

func texts(ctx context.Context, conn *sql.Conn, text string) (all []string, err error) {
	rows, err := conn.QueryContext(ctx, text)
	if err != nil {
		return nil, fmt.Errorf("read the schema: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return nil, err
		}
		all = append(all, line)
	}
	return all, rows.Err()
}
