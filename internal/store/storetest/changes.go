package storetest

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"testing"

	"bellhop"
	"bellhop/internal/store"
)

// changeKinds are two of those whose changes every engine tells of.
var changeKinds = [...]*bellhop.Kind{bellhop.Users, bellhop.Services}

func testChanges(t *testing.T, open Opener) {
	// changed returns what tx is told, nil if it has to read everything.
	changed := func(t *testing.T, tx *store.Tx, mark int64) [][]bellhop.ID {
		t.Helper()
		ids, ok, err := tx.Changed(t.Context(), mark, changeKinds[:]...)
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
	markOf := func(t *testing.T, store interface {
		Mark(context.Context, ...*bellhop.Kind) (int64, error)
	}, kinds ...*bellhop.Kind) int64 {
		t.Helper()
		mark, err := store.Mark(t.Context(), kinds...)
		if err != nil {
			t.Fatal(err)
		}
		return mark
	}
	// begin makes the store remember and returns the mark.
	begin := func(t *testing.T, db *store.DB) (mark int64) {
		view(t, db, func(ctx context.Context, tx *store.Tx) error {
			if ids := changed(t, tx, -1); ids != nil {
				t.Errorf("below zero: %v, want all", ids)
			}
			mark = markOf(t, tx, changeKinds[:]...)
			return nil
		})
		return mark
	}
	want := func(t *testing.T, tx *store.Tx, mark int64, users ...bellhop.ID) {
		t.Helper()
		if got := changed(t, tx, mark); !reflect.DeepEqual(got, [][]bellhop.ID{users, nil}) {
			t.Errorf("changed since %d: %v, want users %v", mark, got, users)
		}
	}
	with(t, "what was changed, children too, and once", open, func(t *testing.T, db *store.DB) {
		mark := begin(t, db)
		doc, child := newContact(db, noon), newContact(db, noon)
		child.Parent = doc.ID
		update(t, db, func(ctx context.Context, tx *store.Tx) error {
			if tx.HasChanged(bellhop.Users) {
				t.Error("a transaction has changed something before it did")
			}
			err := errors.Join(tx.Insert(ctx, bellhop.Users, doc), tx.Replace(ctx, bellhop.Users, doc))
			inside := markOf(t, tx, bellhop.Users)
			err = errors.Join(err, tx.Insert(ctx, bellhop.Users, child))
			if !tx.HasChanged(bellhop.Services, bellhop.Users) || tx.HasChanged(bellhop.Services) {
				t.Error("a transaction does not know what it has changed")
			}
			want(t, tx, mark, doc.ID, child.ID)
			want(t, tx, inside, child.ID)
			return err
		})
		middle := markOf(t, db, bellhop.Users)
		if none := markOf(t, db, bellhop.Services); middle <= mark || none != 0 {
			t.Errorf("marks %d of the changed kind and %d of the other, want above %d and 0", middle, none, mark)
		}
		update(t, db, func(ctx context.Context, tx *store.Tx) error {
			return errors.Join(tx.DeleteChildren(ctx, bellhop.Users, doc.ID), tx.Delete(ctx, bellhop.Users, doc.ID))
		})
		view(t, db, func(ctx context.Context, tx *store.Tx) error {
			want(t, tx, mark, doc.ID, child.ID)
			want(t, tx, middle, doc.ID, child.ID)
			want(t, tx, markOf(t, tx, bellhop.Users))
			return nil
		})
	})
	with(t, "whether what was kept can be used", open, func(t *testing.T, db *store.DB) {
		isCurrent := func(tx *store.Tx, mark int64, want bool) {
			t.Helper()
			if got, err := tx.IsCurrent(t.Context(), mark, bellhop.Users); got != want || err != nil {
				t.Errorf("IsCurrent(%d) = %v, %v, want %v", mark, got, err, want)
			}
		}
		var before int64
		update(t, db, func(ctx context.Context, tx *store.Tx) error {
			before = markOf(t, tx, bellhop.Users)
			isCurrent(tx, before, true)
			err := tx.Insert(ctx, bellhop.Users, newContact(db, noon))
			isCurrent(tx, before, false)
			isCurrent(tx, markOf(t, tx, bellhop.Users), false) // it is not for others
			return err
		})
		view(t, db, func(ctx context.Context, tx *store.Tx) error {
			isCurrent(tx, before, false)
			isCurrent(tx, markOf(t, tx, bellhop.Users), true)
			return nil
		})
	})
	with(t, "nothing that nobody has committed", open, func(t *testing.T, db *store.DB) {
		begin(t, db)
		doc := newContact(db, noon)
		err := db.Update(t.Context(), func(tx *store.Tx) error {
			return errors.Join(tx.Insert(t.Context(), bellhop.Users, doc), errGuilty)
		})
		if !errors.Is(err, errGuilty) {
			t.Errorf("error %v, want %v", err, errGuilty)
		}
		view(t, db, func(ctx context.Context, tx *store.Tx) error {
			want(t, tx, markOf(t, tx, changeKinds[:]...))
			return nil
		})
	})
	with(t, "what a reader does not see yet, unless others use the store", open, func(t *testing.T, db *store.DB) {
		begin(t, db)
		doc := newContact(db, noon)
		view(t, db, func(ctx context.Context, tx *store.Tx) error {
			if _, err := tx.All(ctx, bellhop.Users); err != nil {
				return err
			}
			update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.Insert(ctx, bellhop.Users, doc) })
			if newest := markOf(t, db, bellhop.Users); db.Shared() {
				want(t, tx, newest)
			} else {
				want(t, tx, newest, doc.ID)
			}
			return nil
		})
	})
	with(t, "all, when it was too much", open, func(t *testing.T, db *store.DB) {
		mark := begin(t, db)
		doc := newContact(db, noon)
		update(t, db, func(ctx context.Context, tx *store.Tx) error {
			err := tx.Insert(ctx, bellhop.Users, doc)
			var other *bellhop.Document
			many := 9000
			if db.Shared() {
				many = 4200 // by itself it is more than others read
			}
			for range many {
				other = newContact(db, noon)
				err = errors.Join(err, tx.Insert(ctx, bellhop.Users, other))
			}
			want(t, tx, markOf(t, tx, bellhop.Users)-1, other.ID)
			return err
		})
		view(t, db, func(ctx context.Context, tx *store.Tx) error {
			if ids := changed(t, tx, mark); ids != nil {
				t.Errorf("after thousands of changes: %d of each kind, want all", len(slices.Concat(ids...)))
			}
			want(t, tx, markOf(t, tx, bellhop.Users))
			return nil
		})
	})
}
