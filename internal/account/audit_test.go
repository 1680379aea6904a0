package account

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"bellhop"
	"bellhop/internal/audit"
	"bellhop/internal/query"
	"bellhop/internal/store"
)

// audited returns all records, the oldest first, each in a line.
func (f *fixture) audited() (lines []string) {
	f.t.Helper()
	q := query.New()
	q.Limit = query.MaxLimit
	err := f.db.View(f.t.Context(), func(tx *store.Tx) error {
		records, _, err := tx.AuditRecords(f.t.Context(), q, store.Visible{All: true})
		for _, r := range slices.Backward(records) {
			line := fmt.Sprintf("%s|%s %s %s|%s %s", r.UserName, r.Verb, r.Kind, r.Name, r.Via, r.Address)
			if r.Failed {
				line += " failed"
			}
			for _, c := range r.Changes {
				if c.Secret {
					line += " " + c.Field
				}
			}
			lines = append(lines, line)
		}
		return err
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return lines
}

// TestAudit: what accounts do beside changes of resources is recorded, with who, how, and from where.
func TestAudit(t *testing.T) {
	f := newFixture(t, Config{})
	from := func(via bellhop.AuditVia, address string) context.Context {
		return audit.From(t.Context(), audit.Origin{Via: via, Address: address})
	}
	cookie, ada, err := f.a.StartSession(from(bellhop.ViaPage, "192.0.2.1"), adaEmail, adaPassword, "192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	if err := f.a.EndSession(from(bellhop.ViaPage, "192.0.2.2"), cookie); err != nil {
		t.Fatal(err)
	}
	if err := f.a.EndSession(from(bellhop.ViaPage, "192.0.2.2"), cookie); err != nil { // it has ended
		t.Fatal(err)
	}
	if err := f.a.Revoke(from(bellhop.ViaAPI, "192.0.2.3"), ada, f.ada); err != nil {
		t.Fatal(err)
	}
	if err := f.a.SetPassword(from(bellhop.ViaCommand, ""), adaEmail, "new"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := f.a.StartSession(from(bellhop.ViaPage, "192.0.2.4"), adaEmail, "wrong", "192.0.2.4"); err == nil {
		t.Fatal("a wrong password counts")
	}
	want := []string{
		"|create organization Acme|server ", "|create user Ada|server  password",
		"Ada|login user Ada|page 192.0.2.1", "Ada|logout user Ada|page 192.0.2.2", "Ada|revoke user Ada|api 192.0.2.3",
		"|update user Ada|command  password", "|login user Ada|page 192.0.2.4 failed",
	}
	if got := f.audited(); !slices.Equal(got, want) {
		t.Errorf("recorded is\n%q, want\n%q", got, want)
	}
}

// TestFailuresAreBounded: those who try passwords cannot fill the audit.
//
// Contract: extensions.md 8: Logins with a password are recorded
func TestFailuresAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, Config{})
		fail := func(n int) {
			t.Helper()
			err := f.db.Update(t.Context(), func(tx *store.Tx) error {
				for range n {
					if err := f.a.auditFailure(t.Context(), tx, nil); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		fail(maxRecorded + 5)
		count := func() int { return len(f.audited()) - 2 } // but for the setup
		if got := count(); got != maxRecorded {
			t.Errorf("%d failed logins are recorded, want %d", got, maxRecorded)
		}
		time.Sleep(time.Hour)
		fail(1)
		if got := count(); got != maxRecorded+1 {
			t.Errorf("an hour later %d are recorded", got)
		}
	})
}
