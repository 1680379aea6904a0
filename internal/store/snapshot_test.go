package store

import (
	"fmt"
	"strings"
	"testing"

	"bellhop"
)

// Contract: resources.md 1: The numbers are counted by the database
func TestSnapshotPlans(t *testing.T) {
	db := openForLists(t)
	for _, c := range []struct{ root, scope, want string }{
		{"64b0f1a2c3d4e5f60718293a#64b0f1a2c3d4e5f60718294b", "organizations_path", "_path (org_path=? AND created_at>? AND created_at<?)"},
		// At the top nearly everything is within.
		{"64b0f1a2c3d4e5f60718293a", "organizations_created", "_created (created_at>? AND created_at<?)"},
	} {
		err := db.View(t.Context(), func(tx *Tx) error {
			span := &Span{From: 1, To: 2, Visible: Visible{Roots: []string{c.root}}}
			for _, kind := range []*bellhop.Kind{bellhop.Conversations, bellhop.Messages, bellhop.Contacts} {
				s := tx.selection(documentSource(bellhop.Organizations))
				within, _ := s.within(span)
				var plan strings.Builder
				_, err := tx.scanRows(t.Context(), "EXPLAIN QUERY PLAN "+within+"SELECT count(*) FROM scope JOIN "+s.created(kind, span), s.args, func(row scanner) error {
					var id, parent, unused int
					var detail string
					err := row.Scan(&id, &parent, &unused, &detail)
					fmt.Fprintln(&plan, detail)
					return err
				})
				want := kind.Plural + c.want
				if err != nil || !strings.Contains(plan.String(), want) || !strings.Contains(plan.String(), c.scope) {
					t.Errorf("%s are counted by %v\n%swant %s", kind.Plural, err, &plan, want)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
