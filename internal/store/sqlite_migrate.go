package store

import (
	"context"
	"fmt"
	"strings"

	"bellhop"
)

// migrate runs the files that the database has not seen, each in a transaction of its own, and makes a table for each kind
// that has none yet, so that a kind needs no file.
func (e sqliteEngine) migrate(ctx context.Context) error {
	conn := e.db.writer.conn
	var version int
	if err := conn.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	all, err := migrationsOf("sqlite")
	if err != nil {
		return err
	}
	if newest := all[len(all)-1].number; version > newest {
		return errNewer(version, newest)
	}
	for _, m := range all {
		if m.number <= version {
			continue
		}
		script := fmt.Sprintf("BEGIN IMMEDIATE;\n%s\nPRAGMA user_version = %d;\nCOMMIT;", m.text, m.number)
		if _, err := conn.ExecContext(ctx, script); err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
	}
	return e.addTables(ctx)
}

// addTables makes the tables of documents and their indexes that are missing, in one transaction. All
// are of the shape of those in the first file.
func (e sqliteEngine) addTables(ctx context.Context) error {
	conn := e.db.writer.conn
	var script strings.Builder
	for _, kind := range bellhop.Kinds() {
		for _, object := range []struct{ name, text string }{{kind.Plural, sqliteDocuments}, {kind.Plural + "_created", createdIndex}} {
			var there bool
			err := conn.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = $1)", object.name).Scan(&there)
			if err != nil {
				return fmt.Errorf("look for the table of %s: %w", kind.Plural, err)
			}
			if !there {
				fmt.Fprintf(&script, object.text, kind.Plural)
			}
		}
	}
	if script.Len() == 0 {
		return nil
	}
	if _, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE;\n"+script.String()+"COMMIT;"); err != nil {
		return fmt.Errorf("add tables of documents: %w", err)
	}
	return nil
}

// sqliteDocuments is the table of a kind, by its plural name.
const sqliteDocuments = `CREATE TABLE %[1]s (
  id TEXT PRIMARY KEY, organization TEXT NOT NULL, org_path TEXT NOT NULL, parent TEXT NOT NULL,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, doc TEXT NOT NULL, sealed BLOB) STRICT;
CREATE INDEX %[1]s_path ON %[1]s (org_path, created_at, id);
`

// createdIndex has the order of a list, with what says who may see an element.
const createdIndex = "CREATE INDEX %[1]s_created ON %[1]s (created_at, id, org_path);\n"
