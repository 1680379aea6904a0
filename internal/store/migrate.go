package store

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"bellhop"
)

//go:embed migrations
var migrations embed.FS

// migrate brings the schema up to date: the numbered files that the database has not
// seen, each in a transaction of its own, and a table for each kind that has none yet, so that
// a kind needs no file. Nobody else uses the store yet.
func (db *DB) migrate(ctx context.Context) error {
	conn := db.writer.conn
	var version int
	if err := conn.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	files, err := fs.Glob(migrations, "migrations/sqlite/*.sql")
	if err != nil {
		return err
	}
	newest := 0
	for _, file := range files {
		number, err := strconv.Atoi(strings.TrimPrefix(file, "migrations/sqlite/")[:4])
		if err != nil {
			return fmt.Errorf("number of %s: %w", file, err)
		}
		newest = number
		if number <= version {
			continue
		}
		text, err := migrations.ReadFile(file)
		if err != nil {
			return err
		}
		script := fmt.Sprintf("BEGIN IMMEDIATE;\n%s\nPRAGMA user_version = %d;\nCOMMIT;", text, number)
		if _, err := conn.ExecContext(ctx, script); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	if version > newest {
		return fmt.Errorf("the store has schema %d, this program knows up to %d: use a newer one", version, newest)
	}
	return db.addTables(ctx)
}

// addTables makes the tables of documents and their indexes that are missing, in one transaction. All
// are of the shape of those in the first file.
func (db *DB) addTables(ctx context.Context) error {
	conn := db.writer.conn
	var script strings.Builder
	for _, kind := range bellhop.Kinds() {
		for _, object := range []struct{ name, text string }{{kind.Plural, documentTable}, {kind.Plural + "_created", createdIndex}} {
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

// documentTable is the table of a kind, by its plural name.
const documentTable = `CREATE TABLE %[1]s (
  id TEXT PRIMARY KEY, organization TEXT NOT NULL, org_path TEXT NOT NULL, parent TEXT NOT NULL,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, doc TEXT NOT NULL, sealed BLOB) STRICT;
CREATE INDEX %[1]s_path ON %[1]s (org_path, created_at, id);
`

// createdIndex has the order of a list, with what says who may see an element.
const createdIndex = "CREATE INDEX %[1]s_created ON %[1]s (created_at, id, org_path);\n"

// readNumbers finds where the sequences of rows go on. Deliveries may have been dropped,
// but the newest events know their numbers; that events are numbered before they are
// appended puts only few of them out of order. Of those that retention has removed it
// knows the newest. Due times go on behind those that wait for
// their first attempt: the clock may have gone back since.
func (db *DB) readNumbers(ctx context.Context) error {
	var lastEvent, lastDue int64
	err := db.writer.conn.QueryRowContext(ctx, `
		SELECT max(coalesce((SELECT max(seq) FROM events), 0), (SELECT event FROM removed)),
		       max(coalesce((SELECT max(seq) FROM deliveries), 0), (SELECT delivery FROM removed),
		           coalesce((SELECT max(first_delivery + deliveries - 1) FROM (
		               SELECT first_delivery, deliveries FROM events ORDER BY seq DESC LIMIT 1000)), 0)),
		       coalesce((SELECT created_at FROM events ORDER BY seq DESC LIMIT 1), 0)`,
	).Scan(&lastEvent, &db.lastDelivery, &lastDue)
	if err != nil {
		return fmt.Errorf("read the newest events: %w", err)
	}
	err = db.writer.conn.QueryRowContext(ctx, `SELECT coalesce(max(due), $1) FROM deliveries INDEXED BY deliveries_lane
		WHERE status = 0 AND due > $1 AND attempts = 0`, lastDue).Scan(&lastDue)
	if err != nil {
		return fmt.Errorf("read the latest due time: %w", err)
	}
	db.lastEvent.Store(lastEvent)
	db.lastDue.Store(lastDue)
	return nil
}
