package store

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"

	"bellhop"
	"bellhop/internal/event"
	"bellhop/internal/query"
)

// askPostgres scans the one row of a statement.
func askPostgres(t *testing.T, db *DB, text string, args []any, dest ...any) {
	t.Helper()
	err := db.View(t.Context(), func(tx *Tx) error { return tx.queryRow(t.Context(), text, args...).Scan(dest...) })
	if err != nil {
		t.Fatalf("%.200s: %v", text, err)
	}
}

// The database folds as Go does: all characters that there are, and texts of several.
func testFold(t *testing.T, db *DB) {
	var texts []string
	for from := rune(1); from <= unicode.MaxRune; from += 1000 {
		var all strings.Builder
		for r := from; r < from+1000 && r <= unicode.MaxRune; r++ {
			if r < 0xd800 || r > 0xdfff {
				all.WriteRune(r)
			}
		}
		texts = append(texts, all.String())
	}
	r := rolls{rand.New(rand.NewPCG(3, 3))}
	for range 2000 { // alone and with others: how a text is folded depends on all that is in it
		var text strings.Builder
		for range r.IntN(4) {
			text.WriteString(pick(r, "a", "A", "ſ", "K", "ß", "ẞ", "é", "É", "你", "🎉", "Ω", "Ω", "ǆ", "ǅ", "Ǆ", "İ", "ı", "Ⴀ", "Ꭰ", "ꭰ", "𐐀", "𐐨", "\u007f", "\u00b5", "\ufffd", " "))
		}
		texts = append(texts, text.String())
	}
	var folded []string
	err := db.View(t.Context(), func(tx *Tx) error {
		from, text := tx.selection(source{}).dialect.rows("$1", "v")
		return tx.each(t.Context(), "SELECT bellhop_fold("+text+") FROM "+from, []any{string(encode(texts))}, func(row scanner) error {
			var text string
			err := row.Scan(&text)
			folded = append(folded, text)
			return err
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(folded) != len(texts) {
		t.Fatalf("%d texts became %d", len(texts), len(folded))
	}
	for i, text := range texts {
		want := []rune(query.Fold(text))
		for j, got := range []rune(folded[i]) {
			if got != want[j] {
				t.Fatalf("of %q the character %U becomes %U, want %U", text[:min(len(text), 20)], []rune(text)[j], got, want[j])
			}
		}
	}
}

// Patterns mean the same to the database as to who delivers.
func testPatterns(t *testing.T, db *DB) {
	r := rolls{rand.New(rand.NewPCG(5, 5))}
	for range 150 {
		var segments []string
		for range 1 + r.IntN(5) {
			segments = append(segments, pick(r, "*", "**", "**", "a", "b", "a-b", "_"))
		}
		pattern := strings.Join(segments, ".")
		if !strings.Contains(pattern, "*") {
			pattern += ".*"
		}
		parsed, err := event.ParsePatterns([]string{pattern})
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for range 40 {
			var segments []string
			for range 1 + r.IntN(5) {
				segments = append(segments, pick(r, "a", "b", "c", "a-b", "_", "ab"))
			}
			names = append(names, strings.Join(segments, "."))
		}
		s := selection{dialect: db.dialect()}
		from, name := s.rows(names)
		condition := isNamedLike(&s, pattern)
		var matching []string
		err = db.View(t.Context(), func(tx *Tx) error {
			_, err := tx.scanRows(t.Context(), "SELECT e.name FROM (SELECT "+name+" AS name FROM "+from+") AS e WHERE "+condition, s.args, func(row scanner) error {
				var name string
				err := row.Scan(&name)
				matching = append(matching, name)
				return err
			})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for _, name := range names {
			if parsed.Match(name) {
				want = append(want, name)
			}
		}
		if strings.Join(matching, " ") != strings.Join(want, " ") {
			t.Errorf("%s matches %v, want %v", pattern, matching, want)
		}
	}
}

// A list that takes too long ends for the server, too, and costs no connection.
func testEndsInTime(t *testing.T, db *DB) {
	pids := map[int]bool{}
	backend := func() (pid int) {
		t.Helper()
		askPostgres(t, db, "SELECT pg_backend_pid()", nil, &pid)
		return pid
	}
	for range readerCount {
		pids[backend()] = true
	}
	const sleeping = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend' AND state = 'active' AND query LIKE 'SELECT pg_sleep%'"
	for range 3 {
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			ended <- db.View(ctx, func(tx *Tx) error {
				_, err := tx.scanRows(ctx, "SELECT pg_sleep(3600)", nil, func(scanner) error { return nil })
				return err
			})
		}()
		for asleep := 0; asleep == 0; {
			askPostgres(t, db, sleeping, nil, &asleep)
		}
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Fatalf("a list that takes an hour ended with %v", err)
		}
	}
	var asleep int
	askPostgres(t, db, sleeping, nil, &asleep)
	if asleep != 0 {
		t.Errorf("%d statements go on for nobody", asleep)
	}
	for range readerCount {
		if pid := backend(); !pids[pid] {
			t.Errorf("the connection %d is new", pid)
		}
	}
}

// What is put together is not prepared: there is no end to such statements.
func testPreparesNothing(t *testing.T, db *DB) {
	r := rolls{rand.New(rand.NewPCG(6, 6))}
	prepared := func() (n int) {
		t.Helper()
		for range readerCount {
			var some int
			askPostgres(t, db, "SELECT count(*) FROM pg_prepared_statements", nil, &some)
			n += some
		}
		return n
	}
	for range readerCount { // whatever is the same for all
		for range 10 {
			q := mustQuery(t, bellhop.Conversations, "organization="+someOrgs[0]+"&participants.user="+someOrgs[0]+"&updatedAt=>=2024-01-31&orgPath=^"+someOrgs[0])
			listIDs(t, db, bellhop.Conversations, q, Visible{Roots: []string{someOrgs[0], someOrgs[3] + "#" + someOrgs[1]}})
		}
	}
	before := prepared()
	for range 100 {
		listIDs(t, db, bellhop.Conversations, mustQuery(t, bellhop.Conversations, r.query(bellhop.Conversations)), r.visible(10))
	}
	if after := prepared(); after > before {
		t.Errorf("100 lists leave %d more statements prepared", after-before)
	}
}

// Contract: resources.md Filter operators: ~ ^ $ take plain text
// Contract: extensions.md 2: A value of the filter `event` with a `*`
func TestPostgresFunctions(t *testing.T) {
	db := openPostgresForLists(t)
	t.Run("prepares nothing", func(t *testing.T) { testPreparesNothing(t, db) })
	t.Run("ends in time", func(t *testing.T) { testEndsInTime(t, db) })
	t.Run("fold", func(t *testing.T) { testFold(t, db) })
	t.Run("patterns", func(t *testing.T) { testPatterns(t, db) })
}
