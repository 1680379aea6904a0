package store

import (
	"fmt"
	"strings"
	"testing"

	"bellhop"
)

// What is looked for by a thousand ids is one condition, not a thousand: SQLite took half a minute to plan those.
func TestListsByManyIDs(t *testing.T) {
	db, err := Open(t.Context(), Config{Dir: t.TempDir(), Unsafe: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	uuid := func(n int) string { return bellhop.NewUUID(1_706_659_200_000, int64(n), 0).String() }
	id := func(n int) string { return fmt.Sprintf("%024x", n) }
	for _, list := range []struct {
		kind  *bellhop.Kind
		field string
		value func(int) string
	}{
		{bellhop.Deliveries, "eventId", uuid}, {bellhop.Deliveries, "id", uuid}, {bellhop.Deliveries, "replayOf", uuid},
		{bellhop.Deliveries, "replay", id}, {bellhop.Deliveries, "service", id}, {bellhop.Deliveries, "message", id}, {bellhop.Events, "id", uuid},
	} {
		plan := func(n int) (lines int) {
			var values []string
			for i := range n {
				values = append(values, list.value(i+1))
			}
			page, counting := plansOf(t, db, list.kind, list.field+"=["+strings.Join(values, ",")+"]", Visible{All: true})
			if strings.Contains(page+counting, "SCAN d\n") && list.field == "id" {
				t.Errorf("%s by %d values of %s reads all rows:\n%s", list.kind.Plural, n, list.field, page)
			}
			return strings.Count(page+counting, "\n")
		}
		if few, most := plan(2), plan(300); most != few {
			t.Errorf("%s by 300 values of %s takes %d steps, and %d with two", list.kind.Plural, list.field, most, few)
		}
	}
}
