package store

import (
	"fmt"
	"testing"

	"bellhop"
	"bellhop/internal/query"
)

// Rows that are not quite in the order of time are found all the same.
func TestListByTimeWithoutOrder(t *testing.T) { forEngines(t, testListByTimeWithoutOrder) }

func testListByTimeWithoutOrder(t *testing.T, db *DB) {
	times := []bellhop.Time{10, 20, 50, 30, 40, 60, 55, 70}
	err := db.Update(t.Context(), func(tx *Tx) error {
		for n, at := range times {
			if _, err := tx.exec(t.Context(), `INSERT INTO events (seq, salt, name, organization, org_path, key, created_at, payload, instance_at, first_delivery, deliveries)
				VALUES ($1, 0, 'a.b', 'o', 'o', 'k', $2, $3, 0, 0, 0)`, 3*n+5, at, []byte("{}")); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for from := range bellhop.Time(forEngine(db, 80)) {
		for to := from; to < 80; to += 7 {
			for _, ops := range [][2]string{{">", "<"}, {">=", "<="}} {
				text := fmt.Sprintf("createdAt=%s%s&createdAt=%s%s", ops[0], from, ops[1], to)
				want := 0
				for _, at := range times {
					if at > from && at < to || ops[0] == ">=" && (at == from || at == to) {
						want++
					}
				}
				q, err := query.Parse(bellhop.Events, text)
				if err != nil {
					t.Fatal(err)
				}
				err = db.View(t.Context(), func(tx *Tx) error {
					found, _, err := tx.Events(t.Context(), q, Visible{All: true})
					if len(found) != want {
						t.Errorf("events?%s finds %d, want %d", text, len(found), want)
					}
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}
