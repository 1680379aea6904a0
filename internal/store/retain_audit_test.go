//go:build !race

package store_test

import (
	"testing"
	"testing/synctest"
	"time"

	"bellhop"
	"bellhop/internal/query"
	"bellhop/internal/store"
)

// Audit records go when they are old enough, and no other limit of the store touches them.
//
// Contract: extensions.md 8: Records are kept for --retain-audit
func TestRetainAudit(t *testing.T) {
	for _, test := range []struct {
		name   string
		retain time.Duration
		want   int
	}{{"a day", 24 * time.Hour, 12}, {"for ever", 0, 48}} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				db := open(t, store.Config{Dir: t.TempDir(), Unsafe: true, Retain: time.Hour, RetainAudit: test.retain})
				defer running(t, db, quiet)()
				for range 48 {
					err := db.Update(t.Context(), func(tx *store.Tx) error {
						return tx.Audit(t.Context(), &bellhop.AuditRecord{
							Organization: organization, OrgPath: string(organization), Verb: bellhop.AuditLogin, Kind: "user", CreatedAt: bellhop.TimeOf(time.Now()),
						})
					})
					if err != nil {
						t.Fatal(err)
					}
					time.Sleep(time.Hour)
				}
				time.Sleep(12*time.Hour + time.Minute)
				err := db.View(t.Context(), func(tx *store.Tx) error {
					_, total, err := tx.AuditRecords(t.Context(), query.New(), store.Visible{All: true})
					if total != test.want {
						t.Errorf("%d records are left, want %d", total, test.want)
					}
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}

// Contract: extensions.md 8: As with deliveries, 10,000 are counted
func TestAuditIsCountedSoFar(t *testing.T) {
	db := open(t, store.Config{Dir: t.TempDir(), Unsafe: true})
	const more = 10_001
	err := db.Update(t.Context(), func(tx *store.Tx) error {
		for range more {
			err := tx.Audit(t.Context(), &bellhop.AuditRecord{Organization: organization, OrgPath: string(organization), Verb: bellhop.AuditTest})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	err = db.View(t.Context(), func(tx *store.Tx) error {
		_, total, err := tx.AuditRecords(t.Context(), query.New(), store.Visible{Roots: []string{string(organization)}})
		if total != more-1 {
			t.Errorf("%d records are counted as %d", more, total)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
