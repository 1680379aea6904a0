package storetest

import (
	"context"
	"errors"
	"reflect"
	"testing"

	"bellhop"
	"bellhop/internal/store"
)

func testChanges(t *testing.T, open Opener) {
	// changed returns what tx is told, nil if it has to read everything.
	changed := func(t *testing.T, tx *store.Tx, mark int64) [][]bellhop.ID {
		t.Helper()
		ids, ok, err := tx.Changed(t.Context(), mark, bellhop.Contacts, bellhop.Services)
		if err != nil {
			t.Fatal(err)
		}
		if ok && ids == nil {
			ids = [][]bellhop.ID{nil, nil}
		} else if !ok {
			ids = nil
		}
		return ids
	}
	// begin makes the store remember and returns the mark.
	begin := func(t *testing.T, db *store.DB) (mark int64) {
		view(t, db, func(ctx context.Context, tx *store.Tx) error {
			if ids := changed(t, tx, -1); ids != nil {
				t.Errorf("below zero: %v, want all", ids)
			}
			mark = tx.Mark(bellhop.Contacts, bellhop.Services)
			return nil
		})
		return mark
	}
	want := func(t *testing.T, tx *store.Tx, mark int64, contacts ...bellhop.ID) {
		t.Helper()
		if got := changed(t, tx, mark); !reflect.DeepEqual(got, [][]bellhop.ID{contacts, nil}) {
			t.Errorf("changed since %d: %v, want contacts %v", mark, got, contacts)
		}
	}
	with(t, "what was changed, children too, and once", open, func(t *testing.T, db *store.DB) {
		mark := begin(t, db)
		doc, child := newContact(db, noon), newContact(db, noon)
		child.Parent = doc.ID
		update(t, db, func(ctx context.Context, tx *store.Tx) error {
			if tx.HasChanged(bellhop.Contacts) {
				t.Error("a transaction has changed something before it did")
			}
			err := errors.Join(tx.Insert(ctx, bellhop.Contacts, doc), tx.Replace(ctx, bellhop.Contacts, doc), tx.Insert(ctx, bellhop.Contacts, child))
			if !tx.HasChanged(bellhop.Services, bellhop.Contacts) || tx.HasChanged(bellhop.Services) {
				t.Error("a transaction does not know what it has changed")
			}
			want(t, tx, mark, doc.ID, child.ID)
			return err
		})
		middle := db.Mark(bellhop.Contacts)
		if middle <= mark || db.Mark(bellhop.Services) != 0 {
			t.Errorf("marks %d of the changed kind and %d of the other, want above %d and 0", middle, db.Mark(bellhop.Services), mark)
		}
		update(t, db, func(ctx context.Context, tx *store.Tx) error {
			return errors.Join(tx.DeleteChildren(ctx, bellhop.Contacts, doc.ID), tx.Delete(ctx, bellhop.Contacts, doc.ID))
		})
		view(t, db, func(ctx context.Context, tx *store.Tx) error {
			want(t, tx, mark, doc.ID, child.ID)
			want(t, tx, middle, doc.ID, child.ID)
			want(t, tx, tx.Mark(bellhop.Contacts))
			return nil
		})
	})
	with(t, "also what was rolled back", open, func(t *testing.T, db *store.DB) {
		mark := begin(t, db)
		doc := newContact(db, noon)
		err := db.Update(t.Context(), func(tx *store.Tx) error {
			return errors.Join(tx.Insert(t.Context(), bellhop.Contacts, doc), errGuilty)
		})
		if !errors.Is(err, errGuilty) || db.Mark(bellhop.Contacts) <= mark {
			t.Errorf("error %v, mark %d, want above %d", err, db.Mark(bellhop.Contacts), mark)
		}
		view(t, db, func(ctx context.Context, tx *store.Tx) error { want(t, tx, mark, doc.ID); return nil })
	})
	with(t, "what a reader does not see yet", open, func(t *testing.T, db *store.DB) {
		begin(t, db)
		doc := newContact(db, noon)
		view(t, db, func(ctx context.Context, tx *store.Tx) error {
			if _, err := tx.All(ctx, bellhop.Contacts); err != nil {
				return err
			}
			update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.Insert(ctx, bellhop.Contacts, doc) })
			want(t, tx, db.Mark(bellhop.Contacts), doc.ID)
			return nil
		})
	})
	with(t, "all, when it was too much", open, func(t *testing.T, db *store.DB) {
		mark := begin(t, db)
		doc := newContact(db, noon)
		update(t, db, func(ctx context.Context, tx *store.Tx) error {
			err := tx.Insert(ctx, bellhop.Contacts, doc)
			for range 10_000 {
				err = errors.Join(err, tx.Replace(ctx, bellhop.Contacts, doc))
			}
			if ids := changed(t, tx, mark); ids != nil {
				t.Errorf("after 10,000 changes: %v, want all", ids)
			}
			want(t, tx, tx.Mark(bellhop.Contacts)-1, doc.ID)
			return err
		})
	})
}
