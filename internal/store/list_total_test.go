package store

import (
	"testing"

	"bellhop"
	"bellhop/internal/query"
)

// TestTotalsAreOfWhatIsSeen changes what is listed between pages. A count that was remembered never stands for another
// state: neither after a change, nor in a transaction that began before it.
//
// Contract: resources.md Pagination headers: X-Total-Count | number of matches
func TestTotalsAreOfWhatIsSeen(t *testing.T) { forEngines(t, testTotalsAreOfWhatIsSeen) }

func testTotalsAreOfWhatIsSeen(t *testing.T, db *DB) {
	total := func(tx *Tx) int {
		t.Helper()
		q, err := query.Parse(bellhop.Contacts, "limit=1&profile.name=~a")
		if err != nil {
			t.Fatal(err)
		}
		_, total, err := tx.List(t.Context(), bellhop.Contacts, q, Visible{All: true})
		if err != nil {
			t.Fatal(err)
		}
		return total
	}
	now := func() (n int) {
		t.Helper()
		if err := db.View(t.Context(), func(tx *Tx) error { n = total(tx); return nil }); err != nil {
			t.Fatal(err)
		}
		return n
	}
	add := func(n int) {
		t.Helper()
		insert(t, db, bellhop.Contacts, func(add func(*bellhop.Document)) {
			add(&bellhop.Document{ID: numberedID(n), Body: []byte(`{"profile":{"name":"Ada"}}`)})
		})
	}
	add(1)
	add(2)
	for range 2 {
		if got := now(); got != 2 {
			t.Fatalf("%d contacts, want 2", got)
		}
	}
	err := db.View(t.Context(), func(old *Tx) error {
		if _, err := old.Document(t.Context(), bellhop.Contacts, numberedID(1)); err != nil { // from now on it sees this state
			return err
		}
		add(3)
		if got := now(); got != 3 {
			t.Errorf("after a third one was added there are %d", got)
		}
		if got := total(old); got != 2 {
			t.Errorf("who began before that counts %d", got)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if got := now(); got != 3 {
			t.Errorf("after who counted an older state there are %d", got)
		}
	}
	err = db.Update(t.Context(), func(tx *Tx) error {
		if err := tx.Delete(t.Context(), bellhop.Contacts, numberedID(1)); err != nil {
			return err
		}
		if got := total(tx); got != 2 {
			t.Errorf("who has removed one counts %d", got)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := now(); got != 2 {
		t.Errorf("after one was removed there are %d", got)
	}
	want := 1
	if db.Shared() && !isNumbered(bellhop.Contacts) {
		want = 0 // nobody can tell whether another node has changed one
	}
	if n := len(db.totals.known); n != want {
		t.Errorf("%d counts are remembered, want %d", n, want)
	}
}

// A conversation is found by what its participants are now, by its messages and by where it lies. None of these changes
// the document itself.
//
// Contract: resources.md Pagination headers: X-Total-Count | number of matches
func TestTotalsAreOfWhatElseIsRead(t *testing.T) { forEngines(t, testTotalsAreOfWhatElseIsRead) }

func testTotalsAreOfWhatElseIsRead(t *testing.T, db *DB) {
	user, channel, first := numberedID(71), numberedID(72), numberedID(1)
	fill(t, db, bellhop.Conversations,
		`{"participants":[{"user":"`+string(user)+`"}]}`, `{"participants":[{"user":"`+string(user)+`"}]}`, `{"participants":[]}`)
	rename := func(name string) func(*Tx) error {
		return func(tx *Tx) error {
			return tx.Replace(t.Context(), bellhop.Users, &bellhop.Document{ID: user, Body: []byte(`{"displayName":"` + name + `"}`)})
		}
	}
	insert(t, db, bellhop.Users, func(add func(*bellhop.Document)) {
		add(&bellhop.Document{ID: user, Body: []byte(`{"displayName":"Ada"}`)})
	})
	notify := func(conversations ...bellhop.ID) func(*Tx) error {
		return func(tx *Tx) error {
			for _, id := range conversations {
				if err := tx.Notify(t.Context(), id, Notification{Channel: channel, Task: id == first}); err != nil {
					return err
				}
			}
			return nil
		}
	}
	for _, step := range []struct {
		name             string
		change           func(*Tx) error
		ofAda, inChannel int
	}{
		{"at first", func(*Tx) error { return nil }, 2, 0},
		{"after the user was renamed", rename("Bob"), 0, 0},
		{"after he was renamed back", rename("Ada"), 2, 0},
		{"after they were notified", notify(first, numberedID(2), numberedID(3)), 2, 3},
		{"after one was withdrawn", func(tx *Tx) error { return tx.Withdraw(t.Context(), numberedID(3), channel) }, 2, 2},
		{"after what is no task was withdrawn", func(tx *Tx) error { return tx.WithdrawRouted(t.Context(), numberedID(2)) }, 2, 1},
		{"after all was withdrawn", func(tx *Tx) error { return tx.WithdrawAll(t.Context(), first) }, 2, 0},
		{"after they were notified again", notify(first, numberedID(2)), 2, 2},
		{"after the channel was emptied", func(tx *Tx) error { return tx.EmptyChannel(t.Context(), channel) }, 2, 0},
	} {
		if err := db.Update(t.Context(), step.change); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			for rawQuery, want := range map[string]int{"participants.name=Ada": step.ofAda, "channels=" + string(channel): step.inChannel} {
				// Beyond the end, so that the page does not tell how many there are.
				if _, total := numbers(t, db, bellhop.Conversations, rawQuery+"&offset=9", Visible{All: true}); total != want {
					t.Errorf("%s: %s finds %d, want %d", step.name, rawQuery, total, want)
				}
			}
		}
	}
}

// Queries that differ in a value alone have counts of their own, whatever the type of the value.
func TestTotalsAreOfTheQuery(t *testing.T) { forEngines(t, testTotalsAreOfTheQuery) }

func testTotalsAreOfTheQuery(t *testing.T, db *DB) {
	fill(t, db, bellhop.Conversations, `{"categoryIndex":1,"name":"a"}`, `{"categoryIndex":2,"name":"b"}`, `{"categoryIndex":3,"name":"c"}`)
	for range 2 {
		for rawQuery, want := range map[string]int{
			"createdAt=>2024-01-31T00:00:00Z": 2, "createdAt=>2024-01-31T00:00:01Z": 1, "updatedAt=>=2024-01-31T00:00:01Z": 2, "updatedAt=>=2024-01-31T00:00:02Z": 1,
			"categoryIndex=>1": 2, "categoryIndex=>2": 1, "categoryIndex=<2.5": 2, "categoryIndex=<1.5": 1, "name=>a": 2, "name=>b": 1,
		} {
			if _, total := numbers(t, db, bellhop.Conversations, rawQuery+"&limit=1", Visible{All: true}); total != want {
				t.Errorf("%s: %d, want %d", rawQuery, total, want)
			}
		}
	}
}

// What is remembered has an end.
func TestTotalsAreBounded(t *testing.T) {
	var totals totals
	for n := range 3 * maxTotals {
		totals.set(string(numberedID(n)), numberedTotal{1, n})
		if len(totals.known) > maxTotals {
			t.Fatalf("%d counts are remembered", len(totals.known))
		}
	}
	totals.set(string(make([]byte, maxTotalKey+1)), numberedTotal{1, 1})
	if _, known := totals.get(string(make([]byte, maxTotalKey+1))); known {
		t.Error("the count of a huge query is remembered")
	}
}
