package storetest

import (
	"context"
	"errors"
	"log/slog"
	"reflect"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"bellhop"
	"bellhop/internal/store"
)

// testDeferral is about deliveries that a lane takes into memory, whose rows may be written
// later: nobody sees a difference.
func testDeferral(t *testing.T, open Opener) {
	deferring := func(name string, test func(t *testing.T, db *store.DB)) {
		with(t, name, open, func(t *testing.T, db *store.DB) {
			db.DeliverTo(&receiver{room: 1000})
			test(t, db)
		})
	}
	with(t, "handed over as they are read", open, func(t *testing.T, db *store.DB) {
		var told []store.Pending
		db.DeliverTo(&receiver{room: 1000, handOver: func(ps []store.Pending) { told = append(told, ps...) }})
		event := newEvent(noon, "k")
		event.Trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
		event.InstanceAt = 3
		replayed := bellhop.UUID{1}
		deliveries := []bellhop.Delivery{{Service: service}, {Service: otherService, Instance: []byte(`{"a":1}`)},
			{Service: service, Lane: "64b0f1a2c3d4e5f607182999", ReplayOf: replayed}, {Service: "64b0f1a2c3d4e5f607182952"}}
		appendAt(t, db, noon+500, otherService) // due times do not go back
		update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.Append(ctx, event, deliveries) })
		for i, want := range told[1:] {
			if d := want.Delivery; d.Due != noon+500 || d.Seq != deliveries[i].Seq || d.ReplayOf != deliveries[i].ReplayOf || d.Lane != deliveries[i].Lane || d.Lane == "" {
				t.Errorf("handed over: %+v", d)
			}
			lane := store.LaneID{Service: want.Delivery.Service, Lane: want.Delivery.Lane}
			got := dueIn(t, db, lane, noon+500)
			if len(got) == 0 || !reflect.DeepEqual(got[len(got)-1], want) {
				t.Errorf("Due = %+v, handed over: %+v %+v", got, want, want.Event)
			}
			if d := storedDelivery(t, db, want.Delivery.ID); !reflect.DeepEqual(d.Delivery, want.Delivery) {
				t.Errorf("Delivery = %+v, handed over: %+v", d.Delivery, want.Delivery)
			}
		}
	})
	deferring("everybody sees them", func(t *testing.T, db *store.DB) {
		for name, see := range map[string]func(ctx context.Context, tx *store.Tx, d bellhop.Delivery) (int, error){
			"Due": func(ctx context.Context, tx *store.Tx, d bellhop.Delivery) (int, error) {
				found, err := tx.Due(ctx, store.ServiceLane(d.Service), noon, store.Cursor{}, nil, 9)
				return len(found), err
			},
			"DueOfKey": func(ctx context.Context, tx *store.Tx, d bellhop.Delivery) (int, error) {
				found, err := tx.DueOfKey(ctx, store.ServiceLane(d.Service), "k", noon, store.Cursor{}, 9)
				return len(found), err
			},
			"Oldest": func(ctx context.Context, tx *store.Tx, d bellhop.Delivery) (int, error) {
				found, err := tx.Oldest(ctx, store.ServiceLane(d.Service))
				if found == nil {
					return 0, err
				}
				return 1, err
			},
			"NextDue": func(ctx context.Context, tx *store.Tx, d bellhop.Delivery) (int, error) {
				next, err := tx.NextDue(ctx, store.ServiceLane(d.Service), noon-1)
				return int(next / noon), err
			},
			"Ended": func(ctx context.Context, tx *store.Tx, d bellhop.Delivery) (int, error) {
				found, err := tx.Ended(ctx, store.ServiceLane(d.Service), noon.Add(48*time.Hour), store.Cursor{}, 9)
				return len(found), err
			},
			"Waiting": func(ctx context.Context, tx *store.Tx, d bellhop.Delivery) (n int, err error) {
				lanes, err := tx.Waiting(ctx)
				for _, lane := range lanes {
					if lane == store.ServiceLane(d.Service) {
						n++
					}
				}
				return n, err
			},
			"Delivery": func(ctx context.Context, tx *store.Tx, d bellhop.Delivery) (int, error) {
				_, _, err := tx.Delivery(ctx, d.ID)
				return 1, err
			},
			"Deliveries": func(ctx context.Context, tx *store.Tx, d bellhop.Delivery) (int, error) {
				found, _, err := tx.Deliveries(ctx, parse(t, bellhop.Deliveries, "service="+string(d.Service)), store.Visible{All: true})
				return len(found), err
			},
		} {
			check := func(where string, view func(context.Context, func(*store.Tx) error) error) {
				d := appendAt(t, db, noon, db.NewID(noon))
				var n int
				err := view(t.Context(), func(tx *store.Tx) (err error) {
					n, err = see(t.Context(), tx, d)
					return err
				})
				if err != nil || n != 1 {
					t.Errorf("%s in %s found %d, %v", name, where, n, err)
				}
				if err := db.View(t.Context(), func(tx *store.Tx) error { _, err := see(t.Context(), tx, d); return err }); err == nil {
					t.Errorf("%s in a View missed nothing by chance", name)
				}
			}
			check("ViewDeliveries", db.ViewDeliveries)
			check("Update", db.Update)
			// What the same Update has appended is seen, too.
			update(t, db, func(ctx context.Context, tx *store.Tx) error {
				ds, err := deliver(ctx, tx, newEvent(noon, "k"), db.NewID(noon))
				if err != nil {
					return err
				}
				if name == "Delivery" { // by its id, which may not be there before somebody has read
					if _, err := tx.Waiting(ctx); err != nil {
						return err
					}
				}
				n, err := see(ctx, tx, ds[0])
				if n != 1 {
					t.Errorf("%s found %d of its own", name, n)
				}
				return err
			})
		}
	})
	deferring("a lane is seen alone", func(t *testing.T, db *store.DB) {
		want, other := appendAt(t, db, noon, service), appendAt(t, db, noon, otherService)
		err := db.ViewLane(t.Context(), service, func(tx *store.Tx) error {
			found, err := tx.Due(t.Context(), store.ServiceLane(service), noon, store.Cursor{}, nil, 9)
			if got := seqs(found); !slices.Equal(got, []int64{want.Seq}) {
				t.Errorf("Due = %v, want %d", got, want.Seq)
			}
			if _, err := tx.Due(t.Context(), store.ServiceLane(otherService), noon, store.Cursor{}, nil, 9); err == nil {
				t.Error("another lane was read")
			}
			if _, err := tx.Waiting(t.Context()); err == nil {
				t.Error("all lanes were read")
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
		if got := seqs(due(t, db, otherService, noon, 9)); !slices.Equal(got, []int64{other.Seq}) {
			t.Errorf("Due = %v, want %d", got, other.Seq)
		}
	})
	deferring("a result makes the row that it makes of others", func(t *testing.T, db *store.DB) {
		refused := failure(0, 1, 0)
		refused.Status = bellhop.Dead
		for name, r := range map[string]store.Result{
			"delivered": success(0, 1), "failed": failure(0, 1, noon+10_000), "refused": refused,
			"ended": {Status: bellhop.Dead, Error: "gave up", At: noon}, "second": success(0, 2),
		} {
			plain := appendAt(t, db, noon, service)
			storedDelivery(t, db, plain.ID) // it has its row now
			deferred := appendAt(t, db, noon, service)
			r.Delivery = plain.Seq
			record(t, db, r)
			r.Delivery = deferred.Seq
			record(t, db, r)
			if recorded(t, db, r) {
				t.Errorf("%s: recorded twice", name)
			}
			want, got := storedDelivery(t, db, plain.ID), storedDelivery(t, db, deferred.ID)
			want.Seq, want.ID, want.EventID = got.Seq, got.ID, got.EventID
			if !reflect.DeepEqual(got, want) || !reflect.DeepEqual(attempts(t, db, plain.Seq), attempts(t, db, deferred.Seq)) {
				t.Errorf("%s: stored %+v, want %+v", name, got, want)
			}
			later := dueIn(t, db, store.ServiceLane(service), noon+10_000)
			isDue := slices.Contains(seqs(later), deferred.Seq)
			ofKey := false
			view(t, db, func(ctx context.Context, tx *store.Tx) error {
				found, err := tx.DueOfKey(ctx, store.ServiceLane(service), "k", noon+10_000, store.Cursor{}, 99)
				ofKey = slices.Contains(seqs(found), deferred.Seq)
				return err
			})
			if isDue != (name == "failed") || ofKey {
				t.Errorf("%s: due again %t, by its key %t", name, isDue, ofKey)
			}
		}
	})
	deferring("what fails leaves no trace", func(t *testing.T, db *store.DB) {
		d := appendAt(t, db, noon, service)
		for range 2 {
			err := db.Update(t.Context(), func(tx *store.Tx) error {
				pending, err := tx.Record(t.Context(), success(d.Seq, 1))
				if again, _ := tx.Record(t.Context(), success(d.Seq, 1)); !pending || again {
					t.Errorf("recorded: %t, and again: %t", pending, again)
				}
				_, err2 := deliver(t.Context(), tx, newEvent(noon, "k"), service)
				return errors.Join(err, err2, errGuilty)
			})
			if !errors.Is(err, errGuilty) {
				t.Errorf("Update = %v", err)
			}
		}
		if got := seqs(due(t, db, service, noon, 9)); !slices.Equal(got, []int64{d.Seq}) {
			t.Errorf("Due = %v, want %d", got, d.Seq)
		}
		record(t, db, success(d.Seq, 1))
	})
	inBubble(t, "nor does it in a batch", open, func(t *testing.T, db *store.DB) {
		db.DeliverTo(&receiver{room: 1000})
		before, both := appendAt(t, db, noon, service), appendAt(t, db, noon, service)
		var after []bellhop.Delivery
		records := func(seq int64) *member {
			return &member{f: func(ctx context.Context, tx *store.Tx) error {
				pending, err := tx.Record(ctx, success(seq, 1))
				if !pending {
					t.Errorf("delivery %d was not pending", seq)
				}
				return err
			}}
		}
		good := records(before.Seq)
		appends := &member{f: func(ctx context.Context, tx *store.Tx) (err error) {
			after, err = deliver(ctx, tx, newEvent(noon, "k"), service)
			return err
		}}
		guilty := records(both.Seq)
		inner := guilty.f
		guilty.f = func(ctx context.Context, tx *store.Tx) error { return errors.Join(inner(ctx, tx), errGuilty) }
		together(t, db, good, appends, guilty)
		if good.err != nil || appends.err != nil || !errors.Is(guilty.err, errGuilty) {
			t.Errorf("errors: %v, %v, %v", good.err, appends.err, guilty.err)
		}
		if got := seqs(due(t, db, service, noon, 9)); !slices.Equal(got, []int64{both.Seq, after[0].Seq}) {
			t.Errorf("Due = %v, want %d and %d", got, both.Seq, after[0].Seq)
		}
	})
	deferring("recorded where it was appended", func(t *testing.T, db *store.DB) {
		var d bellhop.Delivery
		update(t, db, func(ctx context.Context, tx *store.Tx) error {
			ds, err := deliver(ctx, tx, newEvent(noon, "k"), service, otherService)
			if err != nil {
				return err
			}
			if _, err := tx.Waiting(ctx); err != nil { // whoever reads sees it, with its number
				return err
			}
			d = ds[1]
			pending, err := tx.Record(ctx, success(d.Seq, 1))
			if !pending {
				t.Error("it was not pending")
			}
			return err
		})
		if got := storedDelivery(t, db, d.ID); got.Status != bellhop.Delivered || recorded(t, db, success(d.Seq, 1)) {
			t.Errorf("stored: %+v", got)
		}
	})
	with(t, "no more than a lane has room for", open, func(t *testing.T, db *store.DB) {
		db.DeliverTo(&receiver{room: 3})
		var all [10][]bellhop.Delivery
		update(t, db, func(ctx context.Context, tx *store.Tx) (err error) {
			for i := range all {
				if all[i], err = deliver(ctx, tx, newEvent(noon, "k"), service, otherService); err != nil {
					return err
				}
			}
			return nil
		})
		var want []int64
		for _, ds := range all {
			want = append(want, ds[0].Seq)
		}
		if got := seqs(due(t, db, service, noon, 99)); !slices.Equal(got, want) {
			t.Errorf("Due = %v, want %v", got, want)
		}
	})
	inBubble(t, "dropped like others", open, func(t *testing.T, db *store.DB) {
		db.DeliverTo(&receiver{room: 1000})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- db.Run(ctx, slog.New(slog.DiscardHandler)) }()
		dropped, kept := appendAt(t, db, noon, service), appendAt(t, db, noon, otherService)
		update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.DropDeliveries(ctx, service) })
		time.Sleep(soon)
		synctest.Wait()
		if recorded(t, db, success(dropped.Seq, 1)) || len(due(t, db, service, noon, 9)) > 0 {
			t.Error("a dropped delivery is still there")
		}
		record(t, db, success(kept.Seq, 1))
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func dueIn(t *testing.T, db *store.DB, lane store.LaneID, now bellhop.Time) (found []store.Pending) {
	t.Helper()
	err := db.ViewLane(t.Context(), lane.Lane, func(tx *store.Tx) (err error) {
		found, err = tx.Due(t.Context(), lane, now, store.Cursor{}, nil, 1000)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
