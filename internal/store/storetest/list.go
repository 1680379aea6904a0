package storetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"bellhop"
	"bellhop/internal/query"
	"bellhop/internal/store"
)

func testLists(t *testing.T, open Opener) {
	with(t, "one delivery with its event", open, func(t *testing.T, db *store.DB) {
		event := newEvent(noon, "k")
		deliveries := []bellhop.Delivery{{Service: service, Instance: []byte("{}"), ReplayOf: bellhop.UUID{7}}}
		update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.Append(ctx, event, deliveries) })
		view(t, db, func(ctx context.Context, tx *store.Tx) error {
			got, of, err := tx.Delivery(ctx, deliveries[0].ID)
			want := store.StoredDelivery{Delivery: deliveries[0], EventID: event.ID, EventName: event.Name,
				Organization: organization, OrgPath: string(organization), Key: "k", OwnerPath: string(organization)}
			if err != nil || !reflect.DeepEqual(got, want) || !reflect.DeepEqual(of, event) {
				t.Errorf("Delivery = %+v of %+v, %v, want %+v of %+v", got, of, err, want, event)
			}
			return nil
		})
		wrong := deliveries[0].ID
		wrong[7] ^= 1
		for _, id := range []bellhop.UUID{{}, wrong, bellhop.NewUUID(noon, 99, 0)} {
			view(t, db, func(ctx context.Context, tx *store.Tx) error {
				if got, of, err := tx.Delivery(ctx, id); !errors.Is(err, store.ErrNoDelivery) {
					t.Errorf("Delivery(%s) = %+v of %v, %v, want %v", id, got, of, err, store.ErrNoDelivery)
				}
				return nil
			})
		}
	})
	with(t, "deliveries", open, testDeliveryList)
	with(t, "events", open, testEventList)
	with(t, "limited messages", open, testLimited)
}

var everything = store.Visible{All: true}

// listed is a filter and which of the rows it finds, newest first.
type listed struct {
	query   string
	visible store.Visible
	want    []int
}

func parse(t *testing.T, kind *bellhop.Kind, text string) *query.Query {
	t.Helper()
	q, err := query.Parse(kind, text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return q
}

// Contract: extensions.md 2: With ?message=<id> one finds
func testDeliveryList(t *testing.T, db *store.DB) {
	const below = "64b0f1a2c3d4e5f60718293a#64b0f1a2c3d4e5f60718293b"
	// Of the two services one is deleted.
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		doc := newContact(db, noon)
		doc.ID = service
		return tx.Insert(ctx, bellhop.Services, doc)
	})
	var all []bellhop.Delivery
	var events []*bellhop.Event
	for i := range 4 {
		event := newEvent(noon+bellhop.Time(i)*1000, "k")
		if i == 3 {
			event.Name, event.Key, event.OrgPath, event.Organization = "user.login", "u", below, "64b0f1a2c3d4e5f60718293b"
			event.ID, event.Digest = bellhop.UUID{1, 2, 3}, []byte("digest")
		}
		to := service
		if i == 2 {
			to = otherService
		}
		if i < 3 {
			event.Message = bellhop.ID(fmt.Sprintf("64b0f1a2c3d4e5f60718ee%02d", i/2))
		}
		var ds []bellhop.Delivery
		update(t, db, func(ctx context.Context, tx *store.Tx) (err error) {
			ds, err = deliver(ctx, tx, event, to)
			return err
		})
		all, events = append(all, ds...), append(events, event)
	}
	record(t, db, success(all[0].Seq, 1), failure(all[1].Seq, 1, noon+9000))
	record(t, db, store.Result{Delivery: all[2].Seq, Status: bellhop.Dead, Error: "gave up", At: noon})
	root := store.Visible{Roots: []string{string(organization)}}
	for _, c := range []listed{
		{"", everything, []int{3, 2, 1, 0}},
		{"", root, []int{3, 2, 1, 0}},
		{"", store.Visible{Roots: []string{below}}, nil}, // also what happened below is its service's
		{"", store.Visible{Organizations: []bellhop.ID{organization}}, []int{3, 1, 0}},
		{"", store.Visible{}, nil},
		{"sort=createdAt", root, []int{0, 1, 2, 3}},
		{"limit=2", root, []int{3, 2}},
		{"limit=2&offset=3", root, []int{0}},
		{"id=" + all[1].ID.String(), root, []int{1}},
		{"id=" + events[1].ID.String(), root, nil},
		{"id=x", root, nil},
		{"service=" + string(otherService), root, []int{2}},
		{"status=pending", root, []int{3, 1}},
		{"status=delivered", root, []int{0}},
		{"status=dead", root, []int{2}},
		{"status=ailing", root, nil},
		{"event=user.login", root, []int{3}},
		{"key=u", root, []int{3}},
		{"eventId=" + events[2].ID.String(), root, []int{2}},
		{"eventId=" + events[3].ID.String(), root, []int{3}},
		{"message=64b0f1a2c3d4e5f60718ee00", root, []int{1, 0}},
		{"message=[64b0f1a2c3d4e5f60718ee01,64b0f1a2c3d4e5f60718ee02]", root, []int{2}},
		{"message=x", root, nil},
		{"message=!", root, []int{3}},
		{"attempts=1", root, []int{1, 0}},
		{"lastStatus=500", root, []int{1}},
		{"lastError=gave%20up", root, []int{2}},
		{"nosuchfield=1", root, nil},
	} {
		view(t, db, func(ctx context.Context, tx *store.Tx) error {
			found, total, err := tx.Deliveries(ctx, parse(t, bellhop.Deliveries, c.query), c.visible)
			var got []int
			for _, d := range found {
				i := slices.IndexFunc(all, func(a bellhop.Delivery) bool { return a.ID == d.ID })
				got = append(got, i)
				if i >= 0 && (d.EventID != events[i].ID || d.EventName != events[i].Name || d.OrgPath != events[i].OrgPath || d.Message != events[i].Message) {
					t.Errorf("delivery %d is listed as %+v", i, d)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("Deliveries(%q) = %v, want %v", c.query, got, c.want)
			}
			if q := parse(t, bellhop.Deliveries, c.query); q.Limit == query.DefaultLimit && total != len(c.want) || q.Limit == 2 && total != 4 {
				t.Errorf("Deliveries(%q): total %d", c.query, total)
			}
			return err
		})
	}
}

func testEventList(t *testing.T, db *store.DB) {
	var all []*bellhop.Event
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		for i := range 3 {
			event := newEvent(noon+bellhop.Time(i), "k")
			var to []bellhop.ID
			switch i {
			case 1:
				event.ID, event.Digest = bellhop.UUID{1, 2, 3}, []byte("digest")
			case 2:
				event.Name, event.Key, to = "user.login", "u", []bellhop.ID{service}
			}
			all = append(all, event)
			if _, err := deliver(ctx, tx, event, to...); err != nil {
				return err
			}
		}
		return nil
	})
	root := store.Visible{Roots: []string{string(organization)}}
	for _, c := range []listed{
		{"", everything, []int{2, 1, 0}},
		{"", root, []int{2, 1, 0}},
		{"", store.Visible{Roots: []string{"64b0"}}, nil},
		{"", store.Visible{}, nil},
		{"sort=createdAt", root, []int{0, 1, 2}},
		{"limit=1&offset=1", root, []int{1}},
		{"id=" + all[0].ID.String(), root, []int{0}},
		{"id=" + all[1].ID.String(), root, []int{1}},
		{"event=user.login", root, []int{2}},
		{"key=u", root, []int{2}},
		{"deliveries=1", root, []int{2}},
	} {
		view(t, db, func(ctx context.Context, tx *store.Tx) error {
			found, total, err := tx.Events(ctx, parse(t, bellhop.Events, c.query), c.visible)
			var got []int
			for _, e := range found {
				got = append(got, slices.IndexFunc(all, func(a *bellhop.Event) bool { return a.Seq == e.Seq && a.ID == e.ID }))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("Events(%q) = %v, want %v", c.query, got, c.want)
			}
			if c.query == "limit=1&offset=1" && total != 3 {
				t.Errorf("Events(%q): total %d, want 3", c.query, total)
			}
			return err
		})
	}
}
