package storetest

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"bellhop"
	"bellhop/internal/query"
	"bellhop/internal/store"
)

func testAudit(t *testing.T, open Opener) {
	with(t, "read what was written", open, testAuditRecord)
	with(t, "a change that fails leaves none", open, testAuditRolledBack)
	with(t, "list", open, testAuditList)
	with(t, "drop", open, testAuditDrop)
}

// newRecord is a record of a change in the organization with that path.
func newRecord(path string, at bellhop.Time) *bellhop.AuditRecord {
	return &bellhop.AuditRecord{
		Organization: bellhop.ID(path[len(path)-24:]), OrgPath: path, Verb: bellhop.AuditUpdate, Kind: "service", Object: string(service),
		Name: "MCC", User: otherService, UserName: "Ada", Role: bellhop.RoleAdmin, Via: bellhop.ViaPage, CreatedAt: at,
		Changes: []bellhop.AuditChange{{Field: "params.secret", Secret: true}, {Field: "name", Old: []byte(`"a"`), New: []byte(`"b"`)}},
	}
}

func testAuditRecord(t *testing.T, db *store.DB) {
	r := newRecord(string(organization), noon)
	update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.Audit(ctx, r) })
	view(t, db, func(ctx context.Context, tx *store.Tx) error {
		got, err := tx.AuditRecord(ctx, r.ID)
		if !r.ID.Valid() || !reflect.DeepEqual(got, r) {
			t.Errorf("the record is %+v, want %+v", got, r)
		}
		if _, err := tx.AuditRecord(ctx, service); !errors.Is(err, store.ErrNoAudit) {
			t.Errorf("a record that is not there: %v", err)
		}
		return err
	})
}

func testAuditRolledBack(t *testing.T, db *store.DB) {
	fault := errors.New("no")
	r := newRecord(string(organization), noon)
	err := db.Update(t.Context(), func(tx *store.Tx) error { return errors.Join(tx.Audit(t.Context(), r), fault) })
	if !errors.Is(err, fault) {
		t.Fatalf("update = %v", err)
	}
	if got := audited(t, db, "", store.Visible{All: true}); len(got) != 0 {
		t.Errorf("records %v are there", got)
	}
}

// audited returns the numbers of the records in a list, by the milliseconds after noon.
func audited(t *testing.T, db *store.DB, rawQuery string, v store.Visible) []int {
	t.Helper()
	q, err := query.Parse(bellhop.AuditRecords, rawQuery)
	if err != nil {
		t.Fatal(err)
	}
	var numbers []int
	view(t, db, func(ctx context.Context, tx *store.Tx) error {
		records, total, err := tx.AuditRecords(ctx, q, v)
		for _, r := range records {
			numbers = append(numbers, int(r.CreatedAt-noon))
		}
		if total != len(records) && q.Limit > len(records) {
			t.Errorf("%s: total is %d of %d", rawQuery, total, len(records))
		}
		return err
	})
	return numbers
}

func testAuditList(t *testing.T, db *store.DB) {
	top, left, right := string(organization), string(organization)+"#"+string(service), string(organization)+"#"+string(otherService)
	below := left + "#64b0f1a2c3d4e5f607182952"
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		for i, path := range []string{top, left, right, below} {
			r := newRecord(path, noon.Add(time.Duration(i)*time.Millisecond))
			if path == right {
				r.User, r.Verb, r.Changes = "", bellhop.AuditDelete, nil
			}
			if err := tx.Audit(ctx, r); err != nil {
				return err
			}
		}
		return nil
	})
	for _, test := range []struct {
		query string
		seen  store.Visible
		want  []int
	}{
		{"", store.Visible{All: true}, []int{3, 2, 1, 0}},
		{"", store.Visible{Roots: []string{top}}, []int{3, 2, 1, 0}},
		// The organization below may be gone: it counts nevertheless.
		{"", store.Visible{Roots: []string{left}}, []int{3, 1}},
		{"", store.Visible{Roots: []string{right, below}}, []int{3, 2}},
		{"", store.Visible{}, nil},
		{"sort=createdAt", store.Visible{All: true}, []int{0, 1, 2, 3}},
		{"limit=2&offset=1", store.Visible{All: true}, []int{2, 1}},
		{"organization=" + string(service), store.Visible{All: true}, []int{1}},
		{"orgPath=^" + string(organization) + "%23" + string(service), store.Visible{All: true}, []int{3, 1}},
		{"user=" + string(otherService), store.Visible{All: true}, []int{3, 1, 0}},
		{"user=!", store.Visible{All: true}, []int{2}},
		{"object=" + string(service) + "&verb=delete", store.Visible{All: true}, []int{2}},
		{"kind=user", store.Visible{All: true}, nil},
		{"verb=[update,login]&name=~mc", store.Visible{Roots: []string{left}}, []int{3, 1}},
		{"changes.field=name", store.Visible{All: true}, []int{3, 1, 0}},
		{"changes.new=b", store.Visible{All: true}, []int{3, 1, 0}},
		{"createdAt=>=" + noon.Add(2*time.Millisecond).String(), store.Visible{All: true}, []int{3, 2}},
	} {
		if got := audited(t, db, test.query, test.seen); !slices.Equal(got, test.want) {
			t.Errorf("list %q of %+v = %v, want %v", test.query, test.seen, got, test.want)
		}
	}
}

func testAuditDrop(t *testing.T, db *store.DB) {
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		for i := range 10 {
			if err := tx.Audit(ctx, newRecord(string(organization), noon.Add(time.Duration(i)*time.Millisecond))); err != nil {
				return err
			}
		}
		return nil
	})
	for _, step := range []struct {
		name        string
		before      bellhop.Time
		most, n     int
		dropped     int
		left        int
		oldestAfter int
	}{
		{"nothing is too old", noon, 10, 5, 0, 10, 0},
		{"no more than asked", noon.Add(4 * time.Millisecond), 10, 3, 3, 7, 3},
		{"by age", noon.Add(4 * time.Millisecond), 10, 5, 1, 6, 4},
		{"by number", 0, 4, 5, 2, 4, 6},
		{"by number, no more than asked", 0, 1, 2, 2, 2, 8},
	} {
		update(t, db, func(ctx context.Context, tx *store.Tx) error {
			dropped, err := tx.DropAudit(ctx, step.before, step.most, step.n)
			if dropped != step.dropped {
				t.Errorf("%s: dropped %d, want %d", step.name, dropped, step.dropped)
			}
			return err
		})
		got := audited(t, db, "sort=createdAt", store.Visible{All: true})
		if len(got) != step.left || got[0] != step.oldestAfter {
			t.Errorf("%s: %v are left", step.name, got)
		}
	}
}
