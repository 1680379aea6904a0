package storetest

import (
	"context"
	"errors"
	"slices"
	"testing"

	"bellhop"
	"bellhop/internal/store"
)

func testNotifications(t *testing.T, open Opener) {
	const a, b, sales, help bellhop.ID = "a", "b", "1", "2"
	routed, task := store.Notification{Channel: sales}, store.Notification{Channel: sales, Task: true}
	inHelp := store.Notification{Channel: help}
	for _, step := range []struct {
		name     string
		change   func(ctx context.Context, tx *store.Tx) error
		ofA, ofB []store.Notification
	}{
		{"nothing", func(context.Context, *store.Tx) error { return nil }, []store.Notification{routed, inHelp}, []store.Notification{task}},
		{"notify again", func(ctx context.Context, tx *store.Tx) error {
			return errors.Join(tx.Notify(ctx, a, task), tx.Notify(ctx, b, routed))
		}, []store.Notification{task, inHelp}, []store.Notification{routed}},
		{"withdraw", func(ctx context.Context, tx *store.Tx) error {
			return errors.Join(tx.Withdraw(ctx, a, sales), tx.Withdraw(ctx, b, help), tx.Withdraw(ctx, "none", sales))
		}, []store.Notification{inHelp}, []store.Notification{task}},
		{"withdraw what is no task", func(ctx context.Context, tx *store.Tx) error {
			return errors.Join(tx.WithdrawRouted(ctx, a), tx.WithdrawRouted(ctx, b), tx.WithdrawRouted(ctx, "none"))
		}, nil, []store.Notification{task}},
		{"withdraw all", func(ctx context.Context, tx *store.Tx) error {
			return errors.Join(tx.WithdrawAll(ctx, b), tx.WithdrawAll(ctx, "none"))
		}, []store.Notification{routed, inHelp}, nil},
		{"empty a channel", func(ctx context.Context, tx *store.Tx) error {
			return errors.Join(tx.EmptyChannel(ctx, sales), tx.EmptyChannel(ctx, "none"))
		}, []store.Notification{inHelp}, nil},
	} {
		with(t, step.name, open, func(t *testing.T, db *store.DB) {
			update(t, db, func(ctx context.Context, tx *store.Tx) error {
				return errors.Join(tx.Notify(ctx, a, inHelp), tx.Notify(ctx, a, routed), tx.Notify(ctx, b, task))
			})
			update(t, db, step.change)
			view(t, db, func(ctx context.Context, tx *store.Tx) error {
				ofA, err := tx.Notifications(ctx, a)
				ofB, err2 := tx.Notifications(ctx, b)
				if !slices.Equal(ofA, step.ofA) || !slices.Equal(ofB, step.ofB) {
					t.Errorf("notifications = %+v and %+v, want %+v and %+v", ofA, ofB, step.ofA, step.ofB)
				}
				return errors.Join(err, err2)
			})
		})
	}
}
