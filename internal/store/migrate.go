package store

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

//go:embed migrations
var migrations embed.FS

// migration is a numbered file of the schema. Both engines have the same numbers and names.
type migration struct {
	number int
	name   string // of the file
	text   string

	// oldest is which programs can go on with the schema: those that know the migration of that number. A file says so in
	// its first line, "-- oldest: 0042", when it takes away what older ones use; 0 means that it only adds.
	oldest int
}

// migrationsOf returns those of an engine, in their order.
func migrationsOf(engine string) ([]migration, error) {
	files, err := fs.Glob(migrations, "migrations/"+engine+"/*.sql")
	if err != nil {
		return nil, err
	}
	all := make([]migration, len(files))
	for i, file := range files {
		text, err := migrations.ReadFile(file)
		if err != nil {
			return nil, err
		}
		all[i] = migration{name: path.Base(file), text: string(text)}
		if all[i].number, err = strconv.Atoi(all[i].name[:4]); err != nil {
			return nil, fmt.Errorf("number of %s: %w", file, err)
		}
		if all[i].oldest, err = oldestOf(all[i].text); err != nil {
			return nil, fmt.Errorf("first line of %s: %w", file, err)
		}
	}
	return all, nil
}

// oldestOf reads the first line of a migration.
func oldestOf(text string) (int, error) {
	first, _, _ := strings.Cut(text, "\n")
	number, found := strings.CutPrefix(first, "-- oldest: ")
	if !found {
		return 0, nil
	}
	return strconv.Atoi(number)
}

// errNewer is returned for a store whose schema a newer program has made.
func errNewer(version, newest int) error {
	return fmt.Errorf("the store has schema %d, this program knows up to %d: use a newer one", version, newest)
}

// readNumbers finds where the sequences of rows go on. Deliveries may have been dropped,
// but the newest events know their numbers; that events are numbered before they are
// appended puts only few of them out of order. Of those that retention has removed it
// knows the newest. Due times go on behind those that wait for
// their first attempt: the clock may have gone back since.
func (db *DB) readNumbers(ctx context.Context) error {
	var lastEvent, lastDue, removedEvent, removedDelivery, newestDelivery int64
	err := db.writer.conn.QueryRowContext(ctx, `
		SELECT coalesce((SELECT max(seq) FROM events), 0), r.event, coalesce((SELECT max(seq) FROM deliveries), 0), r.delivery,
		       coalesce((SELECT max(first_delivery + deliveries - 1) FROM (
		           SELECT first_delivery, deliveries FROM events ORDER BY seq DESC LIMIT 1000) AS newest), 0),
		       coalesce((SELECT created_at FROM events ORDER BY seq DESC LIMIT 1), 0)
		FROM removed AS r`,
	).Scan(&lastEvent, &removedEvent, &db.lastDelivery, &removedDelivery, &newestDelivery, &lastDue)
	if err != nil {
		return fmt.Errorf("read the newest events: %w", err)
	}
	err = db.writer.conn.QueryRowContext(ctx, `SELECT coalesce(max(due), $1) FROM deliveries`+db.engine.indexedBy("deliveries_lane")+`
		WHERE status = 0 AND due > $1 AND attempts = 0`, lastDue).Scan(&lastDue)
	if err != nil {
		return fmt.Errorf("read the latest due time: %w", err)
	}
	db.lastEvent.Store(max(lastEvent, removedEvent))
	db.lastDelivery = max(db.lastDelivery, removedDelivery, newestDelivery)
	db.lastDue.Store(lastDue)
	return nil
}
