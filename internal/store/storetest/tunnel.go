package storetest

import (
	"context"
	"slices"
	"testing"

	"bellhop"
	"bellhop/internal/store"
)

func testTunnels(t *testing.T, open Opener) {
	with(t, "they are listed by user and name, seen and deleted", open, func(t *testing.T, db *store.DB) {
		all := func() (all []store.Tunnel) {
			view(t, db, func(ctx context.Context, tx *store.Tx) (err error) {
				all, err = tx.Tunnels(ctx)
				return err
			})
			return all
		}
		made := []store.Tunnel{
			{ID: db.NewID(noon), User: service, Organization: organization, Name: "b", CreatedAt: noon, SeenAt: noon},
			{ID: db.NewID(noon), User: service, Organization: organization, Name: "a", CreatedAt: noon, SeenAt: noon},
			{ID: db.NewID(noon), User: organization, Organization: organization, Name: "b", CreatedAt: noon, SeenAt: noon},
		}
		update(t, db, func(ctx context.Context, tx *store.Tx) error {
			for i := range made {
				if err := tx.InsertTunnel(ctx, &made[i]); err != nil {
					return err
				}
			}
			return nil
		})
		want := slices.Clone(made)
		slices.SortFunc(want, func(a, b store.Tunnel) int {
			return slices.Compare([]string{string(a.User), a.Name}, []string{string(b.User), b.Name})
		})
		if got := all(); !slices.Equal(got, want) {
			t.Errorf("tunnels %+v, want %+v", got, want)
		}
		err := db.Update(t.Context(), func(tx *store.Tx) error {
			return tx.InsertTunnel(t.Context(), &store.Tunnel{ID: db.NewID(noon), User: service, Name: "a"})
		})
		if err == nil {
			t.Error("a user has two tunnels of one name")
		}
		later := noon.Add(bellhop.DeliveryLife)
		update(t, db, func(ctx context.Context, tx *store.Tx) error {
			for _, id := range []bellhop.ID{want[0].ID, db.NewID(noon)} { // none of that id is no error
				if err := tx.SeeTunnel(ctx, id, later); err != nil {
					return err
				}
			}
			return tx.DeleteTunnel(ctx, want[1].ID)
		})
		want[0].SeenAt = later
		if got := all(); !slices.Equal(got, []store.Tunnel{want[0], want[2]}) {
			t.Errorf("tunnels %+v, want the first, seen later, and the last of %+v", got, want)
		}
	})
}
