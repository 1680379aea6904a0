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

const conversation = bellhop.ID("64b0f1a2c3d4e5f607182970")

// newDelayed stores a message that is due then.
func newDelayed(t *testing.T, db *store.DB, conversation bellhop.ID, due bellhop.Time) *store.Delayed {
	t.Helper()
	m := &store.Delayed{
		DelayedID: store.DelayedID{
			ID: db.NewID(noon), Conversation: conversation, Due: due,
			Poster: store.Poster{User: service, Organization: organization, Scope: bellhop.ScopeBot},
		},
		Organization: organization, OrgPath: string(organization), Body: []byte(`{"a":1}`), Draft: []byte(`{"text":"\ud83d"}`),
	}
	update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.InsertDelayed(ctx, m) })
	return m
}

func testDelayed(t *testing.T, open Opener) {
	dueAt := func(t *testing.T, db *store.DB, now bellhop.Time, n int) (ids []bellhop.ID, next bellhop.Time) {
		t.Helper()
		view(t, db, func(ctx context.Context, tx *store.Tx) error {
			due, at, err := tx.DueMessages(ctx, now, n)
			for _, m := range due {
				ids = append(ids, m.ID)
			}
			next = at
			return err
		})
		return ids, next
	}
	with(t, "by due time, then as they came", open, func(t *testing.T, db *store.DB) {
		late := newDelayed(t, db, conversation, noon+2)
		first := newDelayed(t, db, conversation, noon+1)
		second := newDelayed(t, db, service, noon+1)
		for _, tt := range []struct {
			now  bellhop.Time
			n    int
			want []bellhop.ID
			next bellhop.Time
		}{
			{noon, 9, nil, noon + 1},
			{noon + 1, 9, []bellhop.ID{first.ID, second.ID}, noon + 2},
			{noon + 1, 1, []bellhop.ID{first.ID}, 0},
			{noon + 9, 9, []bellhop.ID{first.ID, second.ID, late.ID}, 0},
		} {
			if ids, next := dueAt(t, db, tt.now, tt.n); !slices.Equal(ids, tt.want) || next != tt.next {
				t.Errorf("DueMessages(%d, %d) = %v, %d, want %v, %d", tt.now, tt.n, ids, next, tt.want, tt.next)
			}
		}
	})
	with(t, "whole, and taken once", open, func(t *testing.T, db *store.DB) {
		m := newDelayed(t, db, conversation, noon)
		update(t, db, func(ctx context.Context, tx *store.Tx) error {
			got, err := tx.Delayed(ctx, m.ID)
			if !reflect.DeepEqual(got, m) {
				t.Errorf("Delayed = %+v, want %+v", got, m)
			}
			for _, want := range []bool{true, false} {
				there, err := tx.DeleteDelayed(ctx, m.ID)
				if err != nil || there != want {
					t.Errorf("DeleteDelayed = %v, %v, want %v", there, err, want)
				}
			}
			none, noneErr := tx.Delayed(ctx, m.ID)
			if none != nil {
				t.Errorf("Delayed = %+v after it was deleted", none)
			}
			return errors.Join(err, noneErr)
		})
	})
	with(t, "of one conversation", open, func(t *testing.T, db *store.DB) {
		newDelayed(t, db, conversation, noon)
		other := newDelayed(t, db, service, noon)
		update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.DeleteDelayedOf(ctx, conversation) })
		if ids, _ := dueAt(t, db, noon, 9); !slices.Equal(ids, []bellhop.ID{other.ID}) {
			t.Errorf("left are %v, want %s", ids, other.ID)
		}
	})
}

func testLoops(t *testing.T, open Opener) {
	with(t, "told last", open, func(t *testing.T, db *store.DB) {
		want := func(want bellhop.Time) {
			t.Helper()
			view(t, db, func(ctx context.Context, tx *store.Tx) error {
				got, err := tx.LoopTold(ctx, conversation)
				if got != want {
					t.Errorf("LoopTold = %d, want %d", got, want)
				}
				return err
			})
		}
		want(0)
		for _, at := range []bellhop.Time{noon, noon + 5} {
			update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.SetLoopTold(ctx, conversation, at) })
			want(at)
		}
		update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.ForgetLoop(ctx, conversation) })
		want(0)
	})
}

func testNewest(t *testing.T, open Opener) {
	with(t, "oldest first", open, func(t *testing.T, db *store.DB) {
		var want []bellhop.ID
		post := func(limited bool) {
			doc := newContact(db, noon+bellhop.Time(len(want)))
			doc.Parent, doc.Keys = conversation, nil
			if limited {
				store.Limit(doc)
			}
			update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.Insert(ctx, bellhop.Messages, doc) })
			want = append(want, doc.ID)
		}
		check := func(newest, since int, limited bool) {
			t.Helper()
			view(t, db, func(ctx context.Context, tx *store.Tx) error {
				got, err := tx.NewestMessages(ctx, conversation, newest, noon+1, noon+4)
				if some := want[max(0, len(want)-newest):]; !slices.Equal(got.IDs, some) || got.Since != since || got.Limited != limited {
					t.Errorf("the newest %d are %+v, want %v, %d of them in time, limited %v", newest, got, some, since, limited)
				}
				return err
			})
		}
		check(3, 0, false)
		for range 5 {
			post(false)
		}
		check(3, 2, false)
		check(9, 3, false)
		post(true)
		post(false)
		check(1, 0, true) // this one is for everybody
		check(4, 1, true)
	})
}

func testAfterCommit(t *testing.T, open Opener) {
	with(t, "all who asked, of the commit alone", open, func(t *testing.T, db *store.DB) {
		for _, failed := range []error{nil, errGuilty} {
			called := 0
			err := db.Update(t.Context(), func(tx *store.Tx) error {
				tx.AfterCommit(func() { called++ })
				tx.AfterCommit(func() { called++ })
				return errors.Join(tx.Insert(t.Context(), bellhop.Contacts, newContact(db, noon)), failed)
			})
			if !errors.Is(err, failed) || (called == 2) != (failed == nil) {
				t.Errorf("error %v, %d of 2 called, want them for %v", err, called, failed)
			}
		}
	})
}
