package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"

	"bellhop"
)

// checkCopy makes sure that file is a whole store, and that key, if there is one, opens its secrets.
// What is in it is told to c.
func checkCopy(ctx context.Context, file string, key *sealer, progress func(string, int64, int64), c *Copy) error {
	if progress != nil {
		progress(StepCheck, 0, 0)
	}
	var err error
	if c.Bytes, err = checkSize(file); err != nil {
		return err
	}
	db, err := openToRead(file, true)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := checkSchema(ctx, db, &c.Schema); err != nil {
		return err
	}
	var found string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&found); err != nil {
		return err
	}
	if found != "ok" {
		return fmt.Errorf("the database is damaged: %s", found)
	}
	if key != nil {
		if err := fits(ctx, db, key); err != nil {
			return err
		}
	}
	return count(ctx, db, c)
}

// sqliteMagic is what a database of SQLite begins with.
const sqliteMagic = "SQLite format 3\x00"

// checkSize returns how long file is, or an error if its head says something else.
func checkSize(file string) (int64, error) {
	f, err := os.Open(file)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	head := make([]byte, 100)
	if _, err := io.ReadFull(f, head); err != nil || string(head[:16]) != sqliteMagic {
		return 0, fmt.Errorf("%s is not a backup: it is no database of SQLite", file)
	}
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	page := int64(binary.BigEndian.Uint16(head[16:]))
	if page == 1 {
		page = 1 << 16
	}
	if want := page * int64(binary.BigEndian.Uint32(head[28:])); info.Size() != want {
		return 0, fmt.Errorf("%s is cut or damaged: it has %d bytes, and says that it has %d", file, info.Size(), want)
	}
	return info.Size(), nil
}

// querier is what one reads with, whoever has opened it.
type querier interface {
	QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row
}

// checkSchema makes sure that db is a whole store that this program can read, and sets schema to its number.
func checkSchema(ctx context.Context, db querier, schema *int) error {
	var tables int
	var mayBeHalf bool // older ones have not been moved
	err := db.QueryRowContext(ctx, `SELECT count(*) FILTER (WHERE name <> 'moves'), count(*) FILTER (WHERE name = 'moves') > 0 FROM sqlite_master
		WHERE type = 'table' AND name IN ('organizations', 'events', 'deliveries', 'settings', 'moves')`).Scan(&tables, &mayBeHalf)
	if err != nil {
		return err
	}
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(schema); err != nil {
		return err
	}
	if tables != 4 || *schema == 0 {
		return errors.New("the database is not one of Bellhop")
	}
	known, err := migrationsOf("sqlite")
	if err == nil && *schema > known[len(known)-1].number {
		err = errNewer(*schema, known[len(known)-1].number)
	}
	if err == nil && mayBeHalf {
		err = checkMoved(ctx, db)
	}
	return err
}

// fits makes sure that key opens the secrets of db: the settings, of which a store that was ever
// served has some, and of what has many, one.
func fits(ctx context.Context, db querier, key *sealer) error {
	for _, secrets := range []struct{ place, query string }{
		{"settings/", "SELECT name, sealed FROM settings"},
		{"users/", "SELECT id, sealed FROM users WHERE sealed IS NOT NULL LIMIT 1"},
		{"services/", "SELECT id, sealed FROM services WHERE sealed IS NOT NULL LIMIT 1"},
	} {
		rows, err := db.QueryContext(ctx, secrets.query)
		if err != nil {
			return fmt.Errorf("read a secret: %w", err)
		}
		for rows.Next() {
			var id string
			var sealed []byte
			err := rows.Scan(&id, &sealed)
			if err == nil {
				_, err = key.open(secrets.place+id, sealed)
			}
			if err != nil {
				rows.Close()
				return fmt.Errorf("the key is not that of the store: %w", err)
			}
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return fmt.Errorf("read a secret: %w", err)
		}
	}
	return nil
}

// count counts what people know of a store.
func count(ctx context.Context, db querier, c *Copy) error {
	for _, what := range []struct {
		n     *int64
		query string
	}{
		{&c.Organizations, "SELECT count(*) FROM organizations"},
		{&c.Conversations, "SELECT count(*) FROM conversations"},
		{&c.Messages, "SELECT count(*) FROM messages"},
		{&c.Events, "SELECT count(*) FROM events"},
		{&c.Pending, "SELECT count(*) FROM deliveries WHERE status = 0"},
	} {
		if err := db.QueryRowContext(ctx, what.query).Scan(what.n); err != nil {
			return fmt.Errorf("count: %w", err)
		}
	}
	n, err := countMissing(ctx, db)
	c.Pending += n
	return err
}

// countMissing counts the deliveries that were deferred and have no row: see Tx.missing.
func countMissing(ctx context.Context, db querier) (n int64, err error) {
	rows, err := db.QueryContext(ctx, "SELECT first_delivery, created_at, deferred FROM events WHERE seq >= (SELECT first_event FROM deferral) AND deferred IS NOT NULL")
	if err != nil {
		return 0, fmt.Errorf("read which deliveries were deferred: %w", err)
	}
	defer rows.Close()
	var deferred []bellhop.Delivery
	for rows.Next() {
		var first int64
		var at bellhop.Time
		var list []byte
		err := rows.Scan(&first, &at, &list)
		if err == nil {
			var deliveries []bellhop.Delivery
			deliveries, err = readDeferred(list, first, at)
			deferred = append(deferred, deliveries...)
		}
		if err != nil {
			return 0, fmt.Errorf("read which deliveries were deferred: %w", err)
		}
	}
	if err := rows.Err(); err != nil {
		return 0, fmt.Errorf("read which deliveries were deferred: %w", err)
	}
	for _, d := range deferred {
		var there bool
		if err := db.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM deliveries WHERE seq = $1)", d.Seq).Scan(&there); err != nil {
			return 0, fmt.Errorf("read which deliveries are there: %w", err)
		}
		if !there {
			n++
		}
	}
	return n, nil
}

// sumFile returns the SHA-256 of file, in hexadecimal digits.
func sumFile(ctx context.Context, file string, size int64, progress func(string, int64, int64)) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := sha256.New()
	if err := pour(ctx, sum, f, size, StepCheck, progress); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// pour copies a file that has size bytes, until ctx ends.
func pour(ctx context.Context, to io.Writer, from io.Reader, size int64, step string, progress func(string, int64, int64)) error {
	const piece = 8 << 20
	for done := int64(0); ; {
		n, err := io.CopyN(to, from, piece)
		done += n
		if progress != nil {
			progress(step, done, size)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}
