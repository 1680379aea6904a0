package storetest

import (
	"context"
	"errors"
	"reflect"
	"testing"

	"bellhop"
	"bellhop/internal/store"
)

func eventsOf(t *testing.T, db *store.DB, id bellhop.UUID) ([]store.StoredEvent, error) {
	t.Helper()
	var found []store.StoredEvent
	err := db.View(t.Context(), func(tx *store.Tx) (err error) {
		found, err = tx.Event(t.Context(), id)
		return err
	})
	return found, err
}

func testEvents(t *testing.T, open Opener) {
	with(t, "read back as appended", open, func(t *testing.T, db *store.DB) {
		event := newEvent(noon, "k")
		event.InstanceAt = 7
		var deliveries []bellhop.Delivery
		update(t, db, func(ctx context.Context, tx *store.Tx) (err error) {
			deliveries, err = deliver(ctx, tx, event, service, otherService)
			return err
		})
		if event.Seq == 0 || event.ID.Seq() != event.Seq || event.ID.IsZero() {
			t.Errorf("event %d has the id %s of %d", event.Seq, event.ID, event.ID.Seq())
		}
		found, err := eventsOf(t, db, event.ID)
		want := store.StoredEvent{Event: *event, FirstDelivery: deliveries[0].Seq, Deliveries: 2}
		if err != nil || len(found) != 1 || !reflect.DeepEqual(found[0], want) {
			t.Errorf("Event = %+v, %v, want %+v", found, err, want)
		}
		if deliveries[1].Seq != deliveries[0].Seq+1 {
			t.Errorf("deliveries %d and %d", deliveries[0].Seq, deliveries[1].Seq)
		}
		wrong := event.ID
		wrong[6] ^= 1 // a salt that was not given
		for _, id := range []bellhop.UUID{{}, wrong, bellhop.NewUUID(noon, 99, 1)} {
			if found, err := eventsOf(t, db, id); !errors.Is(err, store.ErrNoEvent) {
				t.Errorf("Event(%s) = %v, %v, want %v", id, found, err, store.ErrNoEvent)
			}
		}
	})
	with(t, "without key the id is the key", open, func(t *testing.T, db *store.DB) {
		event := newEvent(noon, "")
		update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.Append(ctx, event, nil) })
		if found, err := eventsOf(t, db, event.ID); err != nil || event.Key != event.ID.String() || found[0].Key != event.Key {
			t.Errorf("key %q, stored %+v, %v", event.Key, found, err)
		}
	})
	with(t, "an id can be had before", open, func(t *testing.T, db *store.DB) {
		ids, err := db.NewEventIDs(t.Context(), noon, 2)
		if err != nil {
			t.Fatal(err)
		}
		first, second := ids[0], ids[1]
		event := newEvent(noon, "k")
		event.ID = first
		update(t, db, func(ctx context.Context, tx *store.Tx) error {
			return errors.Join(tx.Append(ctx, event, nil), tx.Append(ctx, newEvent(noon, "k"), nil))
		})
		if event.ID != first || event.Seq != first.Seq() || second.Seq() <= first.Seq() {
			t.Errorf("event %d, %s, want the id %s", event.Seq, event.ID, first)
		}
		if found, err := eventsOf(t, db, first); err != nil || len(found) != 1 {
			t.Errorf("Event(%s) = %v, %v", first, found, err)
		}
	})
	with(t, "chosen ids belong to an organization", open, testChosen)
	inBubble(t, "appended again after a failure of others", open, func(t *testing.T, db *store.DB) {
		event, chosen := newEvent(noon, ""), newEvent(noon, "")
		chosen.ID, chosen.Digest = bellhop.UUID{1}, []byte("digest")
		append := func(e *bellhop.Event) *member {
			return &member{f: func(ctx context.Context, tx *store.Tx) error {
				_, err := deliver(ctx, tx, e, service)
				return err
			}}
		}
		guilty := newEvent(noon, "k")
		one, two := append(event), append(chosen)
		together(t, db, one, two, &member{f: func(ctx context.Context, tx *store.Tx) error {
			return errors.Join(tx.Append(ctx, guilty, nil), errGuilty)
		}})
		if err := errors.Join(one.err, two.err); err != nil {
			t.Error(err)
		}
		for _, p := range due(t, db, service, noon, 9) {
			found, err := eventsOf(t, db, p.Event.ID)
			if err != nil || len(found) != 1 || found[0].FirstDelivery != p.Delivery.Seq {
				t.Errorf("delivery %d of %s: %+v, %v", p.Delivery.Seq, p.Event.ID, found, err)
			}
		}
	})
}

func testChosen(t *testing.T, db *store.DB) {
	other := bellhop.ID("64b0f1a2c3d4e5f60718293b")
	id := bellhop.UUID{1, 2, 3}
	mine, theirs := newEvent(noon, ""), newEvent(noon, "k")
	mine.ID, mine.Digest = id, []byte("digest 1")
	theirs.ID, theirs.Digest, theirs.Organization, theirs.OrgPath = id, []byte("digest 2"), other, string(other)
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(tx.Append(ctx, mine, nil), tx.Append(ctx, theirs, nil))
	})
	if mine.ID != id || mine.Key != id.String() || mine.Seq == theirs.Seq {
		t.Errorf("appended as %+v and %+v", mine, theirs)
	}
	if found, err := eventsOf(t, db, id); err != nil || len(found) != 2 {
		t.Errorf("Event = %+v, %v, want both", found, err)
	}
	view(t, db, func(ctx context.Context, tx *store.Tx) error {
		for organization, want := range map[bellhop.ID]*bellhop.Event{organization: mine, other: theirs} {
			got, err := tx.ChosenEvent(ctx, organization, id)
			if err != nil || !reflect.DeepEqual(got.Event, *want) {
				t.Errorf("ChosenEvent(%s) = %+v, %v, want %+v", organization, got, err, *want)
			}
		}
		for organization, id := range map[bellhop.ID]bellhop.UUID{organization: {9}, "64b0f1a2c3d4e5f60718293c": id} {
			if got, err := tx.ChosenEvent(ctx, organization, id); !errors.Is(err, store.ErrNoEvent) {
				t.Errorf("ChosenEvent = %+v, %v, want %v", got, err, store.ErrNoEvent)
			}
		}
		return nil
	})
	again := newEvent(noon, "k")
	again.ID, again.Digest = id, []byte("digest 1")
	if err := db.Update(t.Context(), func(tx *store.Tx) error { return tx.Append(t.Context(), again, nil) }); err == nil {
		t.Error("the same id in the same organization was taken twice")
	}

	// Whoever chooses the id that we made for another event hides nothing.
	ours := newEvent(noon, "k")
	update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.Append(ctx, ours, nil) })
	forged := newEvent(noon, "k")
	forged.ID, forged.Digest, forged.Organization = ours.ID, []byte("x"), other
	update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.Append(ctx, forged, nil) })
	if found, err := eventsOf(t, db, ours.ID); err != nil || len(found) != 2 {
		t.Errorf("Event = %+v, %v, want both", found, err)
	}
}
