package store

import (
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
