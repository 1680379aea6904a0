package store

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

//go:embed migrations
var migrations embed.FS

// migrate brings the schema up to date: the numbered files that the database has not
// seen, each in a transaction of its own. Nobody else uses the store yet.
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
	if version > len(files) {
		return fmt.Errorf("the store has schema %d, this program knows up to %d: use a newer one", version, len(files))
	}
	for _, file := range files[version:] {
		text, err := migrations.ReadFile(file)
		if err != nil {
			return err
		}
		number, err := strconv.Atoi(strings.TrimPrefix(file, "migrations/sqlite/")[:4])
		if err != nil {
			return fmt.Errorf("number of %s: %w", file, err)
		}
		script := fmt.Sprintf("BEGIN IMMEDIATE;\n%s\nPRAGMA user_version = %d;\nCOMMIT;", text, number)
		if _, err := conn.ExecContext(ctx, script); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	return nil
}

// readNumbers finds where the sequences of rows go on.
func (db *DB) readNumbers(ctx context.Context) error {
	var lastEvent int64
	err := db.writer.conn.QueryRowContext(ctx, `
		SELECT coalesce((SELECT max(seq) FROM events), 0),
		       coalesce((SELECT max(seq) FROM deliveries), 0),
		       coalesce((SELECT created_at FROM events ORDER BY seq DESC LIMIT 1), 0)`,
	).Scan(&lastEvent, &db.lastDelivery, &db.lastDue)
	if err != nil {
		return fmt.Errorf("read the newest events: %w", err)
	}
	db.lastEvent.Store(lastEvent)
	return nil
}
