package store

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bellhop"
	"bellhop/internal/testenv"
)

const (
	movedOrganization = bellhop.ID("64b0f1a2c3d4e5f60718293a")
	movedService      = bellhop.ID("64b0f1a2c3d4e5f607182950")
	movedRows         = 7 // of each table that is filled without knowing what it is for
)

// roomy takes all deliveries into memory.
type roomy struct{}

func (roomy) Room(bellhop.ID) int { return 1000 }
func (roomy) HandOver([]Pending)  {}

// keyFor is a file with a key that is made of text. Databases that tests are given have that of "tests".
func keyFor(t testing.TB, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "key")
	key := sha256.Sum256([]byte(text))
	if err := os.WriteFile(file, []byte(base64.StdEncoding.EncodeToString(key[:])+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// movedPostgres is a new, empty store on PostgreSQL, as storetest.Postgres makes it. It names no key.
func movedPostgres(t testing.TB) Config {
	t.Helper()
	file := keyFor(t, "tests")
	database := testenv.PostgresCopy(t, SchemaDigest(), func(database string) error {
		db, err := Open(context.WithoutCancel(t.Context()), Config{Database: database, KeyFile: file})
		if err != nil {
			return err
		}
		return db.Close()
	})
	return Config{Database: database, Unsafe: true}
}

// fullStore is what a crash leaves of a store with rows in each table, deferred ones included.
func fullStore(t testing.TB) Config {
	t.Helper()
	ctx := t.Context()
	config := Config{Dir: t.TempDir(), KeyFile: keyFor(t, "tests"), Unsafe: true}
	db, err := Open(ctx, config)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	end := &sqliteEnd{Conn: db.writer.conn, db: db}
	for _, name := range tableNames(t, end) {
		if !slices.Contains(ownTables, name) && !slices.Contains(derivedTables, name) {
			fillTable(t, end, name)
		}
	}
	if db, err = reopen(ctx, db, config); err != nil {
		t.Fatal(err)
	}
	db.DeliverTo(roomy{})
	err = db.Update(ctx, func(tx *Tx) error {
		user := &bellhop.Document{ID: "64b0f1a2c3d4e5f6071829ff", Organization: movedOrganization, OrgPath: string(movedOrganization),
			Body: []byte(`{"email":"ada@example.com"}`), Secret: []byte("sealed"), Keys: []string{"ada@example.com"}}
		if err := tx.Insert(ctx, bellhop.Users, user); err != nil {
			return err
		}
		for i := range 20 {
			event := &bellhop.Event{Name: "order.created", Organization: movedOrganization, OrgPath: string(movedOrganization), Key: "k",
				CreatedAt: bellhop.Time(1_716_724_800_000 + i), Payload: []byte("{}")}
			if err := tx.Append(ctx, event, []bellhop.Delivery{{Service: movedService}}); err != nil {
				return err
			}
		}
		return tx.SetSetting(ctx, "signing", []byte("secret"))
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := db.deferral.count(""); n != 20 {
		t.Fatalf("%d rows are deferred, want 20", n)
	}
	return copyStore(t, config)
}

// copyStore is what a crash would leave of a store just now.
func copyStore(t testing.TB, config Config) Config {
	t.Helper()
	left := Config{Dir: t.TempDir(), KeyFile: config.KeyFile, Unsafe: true}
	for _, name := range []string{databaseFile, databaseFile + "-wal"} {
		text, err := os.ReadFile(filepath.Join(config.Dir, name))
		if errors.Is(err, os.ErrNotExist) {
			continue // it was closed
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(left.Dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return left
}

func reopen(ctx context.Context, db *DB, config Config) (*DB, error) {
	if err := db.Close(); err != nil {
		return db, err
	}
	return Open(ctx, config)
}

// tableNames are all tables of a store.
func tableNames(t testing.TB, end moveEnd) (names []string) {
	t.Helper()
	text := "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY 1"
	if _, ok := end.(*postgresEnd); ok {
		text = `SELECT relname::text COLLATE "C" FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace ORDER BY 1`
	}
	err := end.rows(t.Context(), text, nil, func(row []any) error {
		names = append(names, row[0].(string))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// fillTable inserts rows of values that are hard on whoever copies them, by the types of the columns. What is
// sealed is as it should be.
func fillTable(t testing.TB, end *sqliteEnd, name string) {
	t.Helper()
	table, err := end.table(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	types := map[string]string{}
	nullable := map[string]bool{}
	err = end.rows(t.Context(), "SELECT name, type, \"notnull\" FROM pragma_table_xinfo($1)", []any{name}, func(row []any) error {
		types[row[0].(string)], nullable[row[0].(string)] = row[1].(string), row[2].(int64) == 0
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	isShort := shortColumns(t, end, name)
	var rows [][]any
	for n := range movedRows {
		row := make([]any, len(table.columns))
		for i, column := range table.columns {
			row[i] = hardValue(n, name, column, types[column], nullable[column] && !slices.Contains(table.key, column), isShort[column])
		}
		if i := slices.Index(table.columns, "sealed"); i >= 0 && row[i] != nil {
			id := row[max(slices.Index(table.columns, "id"), slices.Index(table.columns, "name"))]
			row[i] = end.db.seal.seal(fmt.Sprintf("%s/%s", name, id), []byte("sealed"))
		}
		rows = append(rows, row)
	}
	if err := end.insert(t.Context(), table, rows); err != nil {
		t.Fatalf("fill %s: %v", name, err)
	}
}

// shortColumns are those in an index: an entry of one may not be long.
func shortColumns(t testing.TB, end *sqliteEnd, name string) map[string]bool {
	t.Helper()
	short := map[string]bool{}
	err := end.rows(t.Context(), "SELECT DISTINCT c.name FROM pragma_index_list($1) AS i, pragma_index_xinfo(i.name) AS c WHERE c.name IS NOT NULL AND c.key = 1", []any{name}, func(row []any) error {
		short[row[0].(string)] = true
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return short
}

var hardTexts = []string{"", "plain", "žluťoučký 🐎 \U0001F469\u200d\U0001F680", "\ufffd and \uffff", "'\"\\ \t\r\n $1 ? %s", "\u202e\u0001\x7f", "Ω\u0301"}

// hardValue is the value of a column in the nth row.
func hardValue(n int, table, column, kind string, nullable, short bool) any {
	switch {
	case column == "doc" || column == "draft":
		return hardDocument(n, isLarge(table))
	case column == "deferred":
		return nil
	case table == "events" && column == "deliveries":
		return int64(1)
	case table == "deliveries" && column == "event", column == "first_delivery", column == "seq":
		return int64(n + 1)
	case column == "status" && kind == "INTEGER":
		return int64(n % 3)
	}
	if nullable && n%3 == 1 {
		return nil
	}
	switch kind {
	case "INTEGER":
		if table == "events" || table == "deliveries" || table == "audit" || short {
			return int64(1_716_724_800_000 + n)
		}
		return []int64{0, 1, -1, 1<<63 - 1, -1 << 63, 1 << 53, 42}[n%7]
	case "REAL":
		return []float64{0, 0.1, -1.5, 1e300, 5e-324, 3, 1.0 / 3}[n%7]
	case "BLOB":
		blob := []byte{byte(n), 0, 0xff, '\\', 0}
		if n == 2 && !short {
			blob = []byte{}
		}
		if n == 3 && !short && isLarge(table) {
			blob = slices.Repeat([]byte{0, 1, 0xfe, 0xff}, 1<<18)
		}
		return blob
	}
	text := fmt.Sprintf("%c%s", 'a'+n, hardTexts[n%len(hardTexts)])
	if !short {
		text = hardTexts[n%len(hardTexts)]
		if n == 4 && isLarge(table) {
			text = strings.Repeat("long ž", 1<<17)
		}
	}
	return text
}

// isLarge reports whether rows of a table have a megabyte.
func isLarge(table string) bool {
	return table == "messages" || table == "events" || table == "attempts"
}

// hardDocument is a document, also one with people who take part.
func hardDocument(n int, large bool) string {
	size := 10
	if large {
		size = 1 << 18
	}
	participants := `[{"user":"64b0f1a2c3d4e5f607182933","inbox":true,"active":false},{"role":"contact"},{"user":"u` + fmt.Sprint(n) + `","active":true}]`
	return []string{
		`{}`,
		`{"participants":` + participants + `,"status":"open"}`,
		`{"big":12345678901234567890123, "small":1e-300,"int":9007199254740993 }`,
		`{"deep":` + strings.Repeat(`[`, 90) + strings.Repeat(`]`, 90) + `}`,
		`{"text":"` + strings.Repeat("ž\\n", size) + `"}`,
		`{"\ufffd":"\ufffd","escaped":"\u017e\ud83d\udc0e\/","double":1,"double":2}`,
		`{"status":null,"email":"` + strings.Repeat("x", 5000) + `","failed":true,"verb":"create","kind":"user"}`,
	}[n%7]
}
