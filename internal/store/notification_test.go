package store

import (
	"errors"
	"strings"
	"testing"

	"bellhop"
)

// Contract: conversations.md 1: channels | id[]
func TestConversationsAreFoundByTheirChannels(t *testing.T) {
	db := openForLists(t)
	fill(t, db, bellhop.Conversations, `{}`, `{}`, `{}`)
	err := db.Update(t.Context(), func(tx *Tx) error {
		return errors.Join(
			tx.Notify(t.Context(), numberedID(1), Notification{Channel: "b"}),
			tx.Notify(t.Context(), numberedID(2), Notification{Channel: "a", Task: true}),
			tx.Notify(t.Context(), numberedID(2), Notification{Channel: "b"}),
		)
	})
	if err != nil {
		t.Fatal(err)
	}
	checkLists(t, db, bellhop.Conversations, []listTest{
		{"channels=a", []int{2}},
		{"channels=b", []int{1, 2}},
		{"channels=[a,b]", []int{1, 2}},
		{"channels=c", nil},
		{"channels=!a", []int{1, 3}},
		{"channels=![a,b]", []int{3}},
		{"channels=", []int{1, 2, 3}},
		{"channels=!", nil},
		{"sort=-channels,-id", []int{2, 1, 3}},
	})
}

// Conversations and workflows are found by an index, and of those that lie in a channel only
// these are read.
func TestPlansOfChannels(t *testing.T) {
	db := openForLists(t)
	for _, v := range []Visible{{All: true}, {Roots: []string{"a"}}, {Organizations: []bellhop.ID{"a"}}} {
		plan, _ := plansOf(t, db, bellhop.Conversations, "channels=a&status=queued", v)
		if !strings.Contains(plan, "INDEX notifications_channel (channel=?)") || strings.Contains(plan, "SCAN") ||
			strings.Contains(plan, "conversations_path") {
			t.Errorf("channels=a for %+v is read by\n%s", v, plan)
		}
	}
	err := db.View(t.Context(), func(tx *Tx) error {
		for _, text := range []string{
			"SELECT id FROM workflows WHERE org_path = $1 ORDER BY created_at, id",
			"SELECT task FROM notifications WHERE conversation = $1 ORDER BY channel",
		} {
			var id, parent, unused int
			var plan string
			if err := tx.queryRow(t.Context(), "EXPLAIN QUERY PLAN "+text, "a").Scan(&id, &parent, &unused, &plan); err != nil {
				return err
			}
			if !strings.HasPrefix(plan, "SEARCH") {
				t.Errorf("%s: %s", text, plan)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
