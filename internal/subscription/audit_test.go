package subscription

import (
	"testing"

	"bellhop"
	"bellhop/internal/query"
	"bellhop/internal/store"
)

// TestAuditOfGone: that the server has switched a service off is recorded, with the reason.
//
// Contract: extensions.md 8: Why; also why the server did
func TestAuditOfGone(t *testing.T) {
	h := newHouse(t)
	service := h.webhook(h.top, "")
	h.die(service, "order.created", 410, "status 410")
	err := h.db.View(t.Context(), func(tx *store.Tx) error {
		records, _, err := tx.AuditRecords(t.Context(), query.New(), store.Visible{All: true})
		if len(records) != 1 {
			t.Fatalf("%d records, want 1", len(records))
		}
		r := records[0]
		if r.Verb != bellhop.AuditUpdate || r.Object != string(service) || r.Via != bellhop.ViaServer || r.User != "" || r.Reason != "The endpoint answered 410 Gone" ||
			len(r.Changes) != 1 || r.Changes[0].Field != "status" || string(r.Changes[0].New) != `"inactive"` {
			t.Errorf("the record is %+v", r)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
