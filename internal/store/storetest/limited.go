package storetest

import (
	"context"
	"slices"
	"testing"

	"bellhop"
	"bellhop/internal/store"
)

// testLimited: messages for some users only are shown to these, and to who sees all.
func testLimited(t *testing.T, db *store.DB) {
	const (
		conversation = bellhop.ID("64b0f1a2c3d4e5f607182970")
		ada, bob     = bellhop.ID("64b0f1a2c3d4e5f607182940"), bellhop.ID("64b0f1a2c3d4e5f607182941")
		stranger     = bellhop.ID("64b0f1a2c3d4e5f607182942")
	)
	var ids []bellhop.ID
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		for i, body := range []string{
			`{"participants":[]}`, `{"participants":["` + string(ada) + `"],"user":"` + string(bob) + `"}`,
			`{"participants":["` + string(stranger) + `","` + string(ada) + `"],"createdBy":"` + string(bob) + `"}`, `{"participants":["` + string(stranger) + `"]}`,
		} {
			doc := &bellhop.Document{
				ID: tx.NewID(noon), Organization: organization, OrgPath: string(organization), Parent: conversation,
				CreatedAt: noon, UpdatedAt: noon, Body: []byte(body),
			}
			if i > 0 {
				store.Limit(doc)
			}
			if err := tx.Insert(ctx, bellhop.Messages, doc); err != nil {
				return err
			}
			ids = append(ids, doc.ID)
		}
		return nil
	})
	root := []string{string(organization)}
	for _, tt := range []struct {
		visible store.Visible
		want    []int
	}{
		{store.Visible{All: true}, []int{0, 1, 2, 3}},
		{store.Visible{Roots: root}, []int{0}},
		{store.Visible{Roots: root, Reader: ada}, []int{0, 1, 2}},
		{store.Visible{Roots: root, Reader: bob}, []int{0, 1, 2}},
		{store.Visible{Roots: root, Reader: stranger}, []int{0, 2, 3}},
		{store.Visible{Roots: root, Reader: "x"}, []int{0}},
		{store.Visible{Roots: root, Reader: "x", Limited: []string{"64b0"}}, []int{0}},
		{store.Visible{Roots: root, Reader: "x", Limited: root}, []int{0, 1, 2, 3}},
		{store.Visible{Roots: root, Limited: root}, []int{0, 1, 2, 3}},
	} {
		var want []bellhop.ID
		for _, i := range tt.want {
			want = append(want, ids[i])
		}
		view(t, db, func(ctx context.Context, tx *store.Tx) error {
			docs, total, err := tx.List(ctx, bellhop.Messages, parse(t, bellhop.Messages, "conversation="+string(conversation)), tt.visible)
			if err != nil {
				return err
			}
			var listed []bellhop.ID
			for _, doc := range docs {
				listed = append(listed, doc.ID)
			}
			if !slices.Equal(listed, want) || total != len(want) {
				t.Errorf("%+v lists %v of %d, want %v", tt.visible, listed, total, want)
			}
			for newest := 1; newest <= 4; newest++ {
				got, err := tx.ReadableIDs(ctx, conversation, newest, tt.visible)
				if err != nil {
					return err
				}
				if some := want[max(0, len(want)-newest):]; !slices.Equal(got, some) {
					t.Errorf("ReadableIDs(%d, %+v) = %v, want %v", newest, tt.visible, got, some)
				}
			}
			return nil
		})
	}
	// With the conversation all of it is gone.
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		return tx.DeleteChildren(ctx, bellhop.Messages, conversation)
	})
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		doc := &bellhop.Document{ID: ids[1], Organization: organization, OrgPath: string(organization), Parent: conversation, Body: []byte("{}")}
		store.Limit(doc)
		return tx.Insert(ctx, bellhop.Messages, doc)
	})
}
