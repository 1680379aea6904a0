package storetest

import (
	"context"
	"maps"
	"testing"

	"bellhop"
	"bellhop/internal/store"
)

func testCountOwned(t *testing.T, open Opener) {
	db := open(t)
	for i, path := range []string{"a", "a", "a", "a#b"} {
		update(t, db, func(ctx context.Context, tx *store.Tx) error {
			return tx.Insert(ctx, bellhop.Channels, &bellhop.Document{ID: bellhop.ID(string(rune('1' + i))), OrgPath: path, Body: []byte("{}")})
		})
	}
	view(t, db, func(ctx context.Context, tx *store.Tx) error {
		for _, test := range []struct {
			paths []string
			most  int
			want  map[string]int
		}{
			{[]string{"a", "a#b", "c"}, 9, map[string]int{"a": 3, "a#b": 1, "c": 0}},
			{[]string{"a"}, 2, map[string]int{"a": 2}},
			{nil, 9, nil},
		} {
			got, err := tx.CountOwned(ctx, bellhop.Channels, test.paths, test.most)
			if err != nil || !maps.Equal(got, test.want) {
				t.Errorf("CountOwned(%v, %d) = %v, %v, want %v", test.paths, test.most, got, err, test.want)
			}
		}
		return nil
	})
}
