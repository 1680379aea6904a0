package store

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"

	"bellhop"
)

// TestMigrationOfParticipants opens a store as it was before conversations were found by who takes
// part in them: those that are there are found, and change, as new ones do.
func TestMigrationOfParticipants(t *testing.T) {
	config := Config{Dir: t.TempDir(), Unsafe: true}
	db, err := Open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	for _, what := range []string{
		"TRIGGER conversations_inserted", "TRIGGER conversations_updated", "TRIGGER conversations_deleted", "TABLE conversation_participants",
		"INDEX conversations_status", "INDEX conversations_changed", "INDEX contacts_conversation",
		"INDEX contacts_telephone", "INDEX contacts_email", "INDEX contacts_changed", "INDEX users_email", "INDEX services_type", "INDEX services_bot",
		"INDEX botinstances_bot", "INDEX deliveries_status", "INDEX deliveries_service_status", "INDEX conversations_created", "INDEX messages_created",
		"TABLE notifications", "TABLE delayed_messages", "TABLE loops", "TABLE audit", "TABLE tunnels", "TABLE tunnel_changes", "TABLE failed_logins", "TABLE moves", "INDEX events_message", "INDEX events_key", "INDEX events_name", // later files make them again
	} {
		if _, err := db.writer.conn.ExecContext(t.Context(), "DROP "+what); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.writer.conn.ExecContext(t.Context(), "ALTER TABLE events DROP COLUMN message"); err != nil {
		t.Fatal(err)
	}
	fill(t, db, bellhop.Conversations,
		`{"participants":[{"user":"u1","inbox":true},{"user":"u2","active":true},{"user":"u1"}]}`, `{"participants":[]}`, `{"participants":[{"user":"u2"},{"name":"x"}]}`)
	if _, err := db.writer.conn.ExecContext(t.Context(), "PRAGMA user_version = 6"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}

	if db, err = Open(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	checkLists(t, db, bellhop.Conversations, []listTest{
		{"participants.user=u1", []int{1}},
		{"participants.user=u2", []int{1, 3}},
		{"participants.user=[u1,u2]", []int{1, 3}},
		{"participants.inbox=true", []int{1}},
		{"participants.active=true", []int{1}},
	})
	err = db.Update(t.Context(), func(tx *Tx) error {
		doc, err := tx.Document(t.Context(), bellhop.Conversations, numberedID(1))
		if err != nil {
			return err
		}
		doc.Body = []byte(`{"participants":[{"user":"u3","inbox":true}]}`)
		if err := tx.Replace(t.Context(), bellhop.Conversations, doc); err != nil {
			return err
		}
		return tx.Delete(t.Context(), bellhop.Conversations, numberedID(3))
	})
	if err != nil {
		t.Fatal(err)
	}
	checkLists(t, db, bellhop.Conversations, []listTest{
		{"participants.user=u1", nil},
		{"participants.user=u2", nil},
		{"participants.user=u3", []int{1}},
		{"participants.inbox=true", []int{1}},
		{"participants.active=true", nil},
	})
	compareParticipants(t, db, 2)
}

// TestParticipantsAreThoseOfTheDocuments looks at the table itself after random changes.
func TestParticipantsAreThoseOfTheDocuments(t *testing.T) {
	forEngines(t, testParticipantsAreThoseOfTheDocuments)
}

func testParticipantsAreThoseOfTheDocuments(t *testing.T, db *DB) {
	r := rolls{rand.New(rand.NewPCG(8, 8))}
	r.fill(t, db, bellhop.Conversations, 60)
	compareParticipants(t, db, 60)
	err := db.Update(t.Context(), func(tx *Tx) error {
		return tx.DeleteChildren(t.Context(), bellhop.Conversations, "") // all of them
	})
	if err != nil {
		t.Fatal(err)
	}
	compareParticipants(t, db, 0)
}

// compareParticipants compares the table with what the documents say, of which there are that many.
func compareParticipants(t *testing.T, db *DB, documents int) {
	t.Helper()
	want, got := map[string]bool{}, map[string]bool{}
	err := db.View(t.Context(), func(tx *Tx) error {
		docs, err := tx.All(t.Context(), bellhop.Conversations)
		if err != nil {
			return err
		}
		if len(docs) != documents {
			t.Errorf("%d conversations, want %d", len(docs), documents)
		}
		for _, doc := range docs {
			var body struct {
				Participants []struct {
					User          string
					Inbox, Active bool
				}
			}
			if err := doc.Decode(&body); err != nil {
				return err
			}
			type flags struct{ inbox, active bool }
			users := map[string]flags{}
			for _, p := range body.Participants {
				f := users[p.User]
				users[p.User] = flags{f.inbox || p.Inbox, f.active || p.Active}
			}
			for user, f := range users {
				want[fmt.Sprint(user, doc.CreatedAt, doc.ID, f)] = true
			}
		}
		return tx.each(t.Context(), `SELECT "user", created_at, conversation, inbox = 1, active = 1 FROM conversation_participants`, nil, func(row scanner) error {
			var user string
			var at bellhop.Time
			var conversation bellhop.ID
			var f struct{ inbox, active bool }
			err := row.Scan(&user, &at, &conversation, &f.inbox, &f.active)
			got[fmt.Sprint(user, at, conversation, f)] = true
			return err
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(got, want) {
		t.Errorf("the table has\n%v\nwant\n%v", got, want)
	}
}

// TestBusyParticipants asks for a user who takes part in more than what else a list can be read by finds.
func TestBusyParticipants(t *testing.T) { forEngines(t, testBusyParticipants) }

func testBusyParticipants(t *testing.T, db *DB) {
	fillMany(t, db, 2000) // 400 conversations
	leaf := Visible{Roots: []string{somePaths[someOrgs[2]]}}
	busy, other := string(numberedID(1000)), string(numberedID(6))
	for _, test := range []struct {
		query   string
		visible Visible
		want    int
	}{
		{"participants.user=" + busy, Visible{All: true}, 400},
		{"participants.user=" + busy, leaf, 100},
		{"participants.user=" + busy + "&organization=" + someOrgs[2], Visible{All: true}, 100},
		{"participants.user=" + busy + "&participants.user=" + other, leaf, 4},
		{"participants.user=" + other + "&participants.user=" + busy, leaf, 4},
		{"participants.user=[x," + busy + "]", leaf, 100},
		{"participants.user=[x," + other + "]", leaf, 4},
		{"participants.user=!" + busy, leaf, 0},
		{"participants.user=" + busy + "&updatedAt=>=2024-01-31T00:06:30Z", Visible{All: true}, 11},
		{"participants.user=" + busy + "&participants.active=true", leaf, 33},
	} {
		if _, total := numbers(t, db, bellhop.Conversations, test.query+"&limit=1", test.visible); total != test.want {
			t.Errorf("%s finds %d, want %d", test.query, total, test.want)
		}
	}
}
