package store

import (
	"database/sql"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bellhop"
)

// TestMigrationOfWaiting opens a store as it was before deliveries had lanes: what waits in it
// goes on waiting, and nothing of it is taken for missing.
func TestMigrationOfWaiting(t *testing.T) {
	config := Config{Dir: t.TempDir(), Unsafe: true}
	db, err := Open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(config.Dir, databaseFile)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	old, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	script := []string{}
	for _, file := range []string{"0001_init.sql", "0002_logins.sql"} {
		text, err := migrations.ReadFile("migrations/sqlite/" + file)
		if err != nil {
			t.Fatal(err)
		}
		script = append(script, string(text))
	}
	script = append(script, "PRAGMA user_version = 2;",
		`INSERT INTO events (seq, salt, name, organization, org_path, key, created_at, payload, instance_at, first_delivery, deliveries)
			VALUES (1, 7, 'a.b', 'o', 'o', 'key 1', 1000, x'00', 0, 1, 3), (2, 8, 'a.b', 'o', 'o', 'key 2', 2000, x'00', 0, 4, 1);`,
		`INSERT INTO deliveries (seq, salt, event, service, partition, status, due, ends, attempts, last_status, last_error, created_at, delivered_at)
			VALUES (1, 1, 1, '64b0f1a2c3d4e5f607182950', 51, 1, 0, 9000, 1, 200, '', 1000, 1500),
			       (2, 2, 1, '64b0f1a2c3d4e5f607182950', 51, 0, 3000, 9000, 1, 500, 'status 500', 1000, 0),
			       (4, 4, 2, '64b0f1a2c3d4e5f607182950', 51, 0, 2000, 9000, 0, 0, '', 2000, 0);`)
	if _, err := old.Exec(strings.Join(script, "\n")); err != nil {
		t.Fatal(err)
	}
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}

	if db, err = Open(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	lane := ServiceLane("64b0f1a2c3d4e5f607182950")
	err = db.ViewDeliveries(t.Context(), func(tx *Tx) error {
		var seqs []int64
		due, err := tx.Due(t.Context(), lane, 5000, Cursor{}, []string{"key 3"}, 9)
		for _, p := range due {
			seqs = append(seqs, p.Delivery.Seq)
			if p.Delivery.Lane != lane.Lane || p.Event.Trace != "" {
				t.Errorf("due: %+v", p)
			}
		}
		if !slices.Equal(seqs, []int64{4, 2}) {
			t.Errorf("due: %v, want 4 and 2", seqs)
		}
		if err != nil {
			return err
		}
		ofKey, err := tx.DueOfKey(t.Context(), lane, "key 2", 5000, Cursor{}, 9)
		if len(ofKey) != 1 || ofKey[0].Delivery.Seq != 4 {
			t.Errorf("due of a key: %+v", ofKey)
		}
		if err != nil {
			return err
		}
		d, _, err := tx.Delivery(t.Context(), bellhop.NewUUID(1000, 1, 1))
		if d.Status != bellhop.Delivered || d.Lane != lane.Lane {
			t.Errorf("delivered before: %+v", d)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// TestLanePlans looks at how lanes are read: by an index alone, without sorting.
func TestLanePlans(t *testing.T) {
	db := openForLists(t)
	err := db.ViewDeliveries(t.Context(), func(tx *Tx) error {
		lane := ServiceLane("64b0f1a2c3d4e5f607182950")
		for name, c := range map[string]struct {
			read  func() error
			index string
		}{
			"Due": {func() error { _, err := tx.Due(t.Context(), lane, 1, Cursor{}, []string{"k"}, 1); return err }, "deliveries_lane (partition=? AND lane=?"},
			"DueOfKey": {func() error { _, err := tx.DueOfKey(t.Context(), lane, "k", 1, Cursor{}, 1); return err },
				"deliveries_key (partition=? AND lane=? AND key=?"},
			"Oldest":  {func() error { _, err := tx.Oldest(t.Context(), lane); return err }, "deliveries_lane (partition=? AND lane=?"},
			"NextDue": {func() error { _, err := tx.NextDue(t.Context(), lane, 1); return err }, "deliveries_lane (partition=? AND lane=? AND due>?"},
			"Ended": {func() error { _, err := tx.Ended(t.Context(), lane, 1, Cursor{}, 1); return err },
				"deliveries_lane (partition=? AND lane=?"},
			"Waiting": {func() error { _, err := tx.Waiting(t.Context()); return err }, "((partition,lane)>(?,?))"},
		} {
			clear(tx.session.prepared)
			if err := c.read(); err != nil {
				return err
			}
			for text := range tx.session.prepared {
				var plan []string
				_, err := tx.scanRows(t.Context(), "EXPLAIN QUERY PLAN "+text, make([]any, strings.Count(text, "$")), func(row scanner) error {
					var a, b, c int
					var line string
					err := row.Scan(&a, &b, &c, &line)
					plan = append(plan, line)
					return err
				})
				if err != nil {
					return err
				}
				all := strings.Join(plan, "\n")
				if !strings.Contains(all, c.index) || strings.Contains(all, "TEMP B-TREE FOR ORDER") {
					t.Errorf("%s: the plan is\n%s", name, all)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
