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
