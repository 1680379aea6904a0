package storetest

import (
	"context"
	"maps"
	"testing"

	"bellhop"
	"bellhop/internal/store"
)

func testFailedLogins(t *testing.T, open Opener) {
	with(t, "they are counted in a row and forgotten", open, func(t *testing.T, db *store.DB) {
		account, address := store.Tally{1}, store.Tally{2}
		fail := func(tally store.Tally, now bellhop.Time, want int) {
			t.Helper()
			update(t, db, func(ctx context.Context, tx *store.Tx) error {
				n, err := tx.AddFailedLogin(ctx, tally, now, now-100)
				if n != want {
					t.Errorf("at %d that is failure %d, want %d", now, n, want)
				}
				return err
			})
		}
		known := func(want map[store.Tally]store.FailedLogins) {
			t.Helper()
			view(t, db, func(ctx context.Context, tx *store.Tx) error {
				got, err := tx.FailedLogins(ctx, account, address)
				if !maps.Equal(got, want) {
					t.Errorf("failed logins are %v, want %v", got, want)
				}
				return err
			})
		}
		known(map[store.Tally]store.FailedLogins{})
		fail(account, noon, 1)
		fail(account, noon+99, 2)
		fail(address, noon+100, 1)
		fail(account, noon+199, 1) // as if the others had never been
		fail(account, noon+200, 2)
		fail(store.Tally{3}, noon+250, 1)
		both := map[store.Tally]store.FailedLogins{account: {Failures: 2, Last: noon + 200}, address: {Failures: 1, Last: noon + 100}}
		known(both)
		update(t, db, func(ctx context.Context, tx *store.Tx) error {
			if err := tx.DropFailedLogins(ctx, noon+99); err != nil {
				return err
			}
			return tx.KeepFailedLogins(ctx, 3)
		})
		known(both)
		update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.KeepFailedLogins(ctx, 2) })
		delete(both, address)
		known(both)
		update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.DropFailedLogins(ctx, noon+199) })
		known(both)
		update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.ForgetFailedLogins(ctx, account) })
		known(map[store.Tally]store.FailedLogins{})
	})
}
