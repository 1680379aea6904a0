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
		update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.DeleteTunnel(ctx, want[1].ID) })
		link := func(id bellhop.ID, node store.NodeID, link int64) (there bool) {
			update(t, db, func(ctx context.Context, tx *store.Tx) (err error) {
				there, err = tx.LinkTunnel(ctx, id, node, link, later)
				return err
			})
			return there
		}
		unlink := func(link int64) {
			update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.UnlinkTunnel(ctx, want[0].ID, link, later+1) })
		}
		if !link(want[0].ID, "one", 7) || !link(want[0].ID, "two", 8) || !link(want[0].ID, "two", 8) || link(want[0].ID, "one", 7) || link(db.NewID(noon), "one", 9) {
			t.Error("LinkTunnel does not say which is the newest, or tells of another tunnel that it is there")
		}
		unlink(7) // which is not the newest
		want[0].SeenAt, want[0].Node, want[0].Link = later, "two", 8
		if got := all(); !slices.Equal(got, []store.Tunnel{want[0], want[2]}) {
			t.Errorf("tunnels %+v, want the first, listened at, and the last of %+v", got, want)
		}
		unlink(8)
		want[0].SeenAt, want[0].Node = later+1, ""
		if got := all(); !slices.Equal(got, []store.Tunnel{want[0], want[2]}) {
			t.Errorf("tunnels %+v, want the first, left, and the last of %+v", got, want)
		}
	})
	with(t, "changes of them are numbered", open, func(t *testing.T, db *store.DB) {
		for want := range int64(2) {
			var before, number, after int64
			update(t, db, func(ctx context.Context, tx *store.Tx) (err error) {
				if before, err = tx.TunnelChange(ctx); err == nil {
					number, err = tx.ChangeTunnels(ctx)
				}
				return err
			})
			view(t, db, func(ctx context.Context, tx *store.Tx) (err error) {
				after, err = tx.TunnelChange(ctx)
				return err
			})
			if before != want || number != want+1 || after != number {
				t.Errorf("the change after number %d has number %d, and then the newest is %d, want %d and one more, twice", before, number, after, want)
			}
		}
	})
}
