package store

import (
	"slices"
	"testing"

	"bellhop"
	"bellhop/internal/query"
)

// Contract: extensions.md 2: A value of the filter `event` with a `*`
// Contract: extensions.md 2: What is no pattern
func TestListByPattern(t *testing.T) { forEngines(t, testListByPattern) }

func testListByPattern(t *testing.T, db *DB) {
	names := []string{"message.create.contact.chat", "message.create.agent.chat", "message-create.x", "message.create", "order.created", "order.delete"}
	err := db.Update(t.Context(), func(tx *Tx) error {
		for n, name := range names {
			if _, err := tx.exec(t.Context(), `INSERT INTO events (seq, salt, name, organization, org_path, key, created_at, payload, instance_at, first_delivery, deliveries)
				VALUES ($1, 0, $2, 'o', 'o', 'k', $1, $3, 0, $1, 1)`, n+1, name, []byte("{}")); err != nil {
				return err
			}
			if _, err := tx.exec(t.Context(), `INSERT INTO deliveries (seq, salt, event, service, partition, status, due, ends, attempts, last_status, last_error, created_at, delivered_at)
				VALUES ($1, 0, $1, $2, 0, 1, 0, 0, 1, 200, '', $1, 0)`, n+1, name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string][]string{
		"event=message.create.**":              {names[0], names[1], names[3]},
		"event=message.create.*.chat":          {names[0], names[1]},
		"event=*.delete":                       {names[5]},
		"event=order.*":                        {names[4], names[5]},
		"event=**":                             names,
		"event=conversation.message":           nil, // an old name for patterns of webhooks alone
		"event=mess*":                          nil, // no pattern, and no name
		"event=[order.created,message.*]":      {names[3], names[4]},
		"event=!order.*":                       {names[0], names[1], names[2], names[3]},
		"event=order.*&event=**.delete":        {names[5]},
		"event=^message&event=!message.create": {names[0], names[1], names[2]},
	} {
		for _, kind := range []*bellhop.Kind{bellhop.Deliveries, bellhop.Events} {
			q, err := query.Parse(kind, text+"&sort=id")
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			err = db.ViewDeliveries(t.Context(), func(tx *Tx) error {
				if kind == bellhop.Events {
					found, _, err := tx.Events(t.Context(), q, Visible{All: true})
					for _, e := range found {
						got = append(got, e.Name)
					}
					return err
				}
				found, _, err := tx.Deliveries(t.Context(), q, Visible{All: true})
				for _, d := range found {
					got = append(got, d.EventName)
				}
				return err
			})
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("%s?%s = %v, %v, want %v", kind.Plural, text, got, err, want)
			}
		}
	}
}
