package storetest

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"bellhop"
	"bellhop/internal/store"
)

// testLanes is about what is read of one lane, but for what testPending is about.
func testLanes(t *testing.T, open Opener) {
	lane := store.ServiceLane(service)
	replay := store.LaneID{Service: service, Lane: "64b0f1a2c3d4e5f607182999"}
	// fill appends events of these keys, a millisecond apart.
	fill := func(t *testing.T, db *store.DB, d bellhop.Delivery, keys ...string) (all []int64) {
		for i, key := range keys {
			ds := []bellhop.Delivery{d}
			update(t, db, func(ctx context.Context, tx *store.Tx) error {
				return tx.Append(ctx, newEvent(noon+bellhop.Time(i), key), ds)
			})
			all = append(all, ds[0].Seq)
		}
		return all
	}
	with(t, "behind a cursor and without some keys", open, func(t *testing.T, db *store.DB) {
		all := fill(t, db, bellhop.Delivery{Service: service}, "a", "b", "a", "c\"[]", "b", "a")
		record(t, db, failure(all[1], 1, noon+4)) // due with the fifth, and before it by its number
		record(t, db, success(all[5], 1))
		for _, c := range []struct {
			after store.Cursor
			skip  []string
			key   string
			n     int
			want  []int
		}{
			{store.Cursor{}, nil, "", 9, []int{0, 2, 3, 1, 4}},
			{store.Cursor{Due: noon, Seq: all[0]}, nil, "", 2, []int{2, 3}},
			{store.Cursor{Due: noon + 4, Seq: all[1]}, nil, "", 9, []int{4}},
			{store.Cursor{Due: noon + 4, Seq: all[4]}, nil, "", 9, nil},
			{store.Cursor{}, []string{"a"}, "", 9, []int{3, 1, 4}},
			{store.Cursor{}, []string{"a", "c\"[]", "none"}, "", 9, []int{1, 4}},
			{store.Cursor{Due: noon + 4, Seq: all[1]}, []string{"b"}, "", 9, nil},
			{store.Cursor{}, nil, "a", 9, []int{0, 2}},
			{store.Cursor{Due: noon, Seq: all[0]}, nil, "a", 9, []int{2}},
			{store.Cursor{}, nil, "b", 9, []int{4}}, // the other was attempted
			{store.Cursor{}, nil, "none", 9, nil},
		} {
			var found []store.Pending
			view(t, db, func(ctx context.Context, tx *store.Tx) (err error) {
				if c.key != "" {
					found, err = tx.DueOfKey(ctx, lane, c.key, noon+100, c.after, c.n)
				} else {
					found, err = tx.Due(ctx, lane, noon+100, c.after, c.skip, c.n)
				}
				return err
			})
			var want []int64
			for _, i := range c.want {
				want = append(want, all[i])
			}
			if got := seqs(found); !slices.Equal(got, want) {
				t.Errorf("after %v without %q, of %q: %v, want %v", c.after, c.skip, c.key, got, want)
			}
		}
	})
	with(t, "each by itself", open, func(t *testing.T, db *store.DB) {
		own := fill(t, db, bellhop.Delivery{Service: service}, "a")
		replayed := fill(t, db, bellhop.Delivery{Service: service, Lane: replay.Lane}, "a", "b")
		for l, want := range map[store.LaneID][]int64{lane: own, replay: replayed} {
			found := dueIn(t, db, l, noon+100)
			if !slices.Equal(seqs(found), want) || found[0].Delivery.Lane != l.Lane || found[0].Delivery.Service != service {
				t.Errorf("lane %v has %+v, want %v", l, found, want)
			}
		}
		view(t, db, func(ctx context.Context, tx *store.Tx) error {
			lanes, err := tx.Waiting(ctx)
			if !reflect.DeepEqual(lanes, []store.LaneID{lane, replay}) {
				t.Errorf("Waiting = %v", lanes)
			}
			return err
		})
	})
	with(t, "which lanes of some partitions wait, and until when", open, func(t *testing.T, db *store.DB) {
		var want []store.WaitingLane
		var all []int
		for i := range 100 {
			id := store.ServiceLane(db.NewID(noon))
			if i%3 == 0 {
				id.Lane = db.NewID(noon) // a replay
			}
			seqs := fill(t, db, bellhop.Delivery{Service: id.Service, Lane: id.Lane}, "a", "b")
			p := store.PartitionOf(id.Service)
			all = append(all, p)
			if p%2 == 0 {
				want = append(want, store.WaitingLane{LaneID: id, Due: dueIn(t, db, id, noon+100)[0].Delivery.Due, Seq: seqs[0]})
			}
			record(t, db, failure(seqs[1], 1, noon+5500))
		}
		var even []int
		for p := 0; p < store.Partitions; p += 2 {
			even = append(even, p)
		}
		waiting := func(partitions []int) (lanes []store.WaitingLane) {
			view(t, db, func(ctx context.Context, tx *store.Tx) (err error) {
				lanes, err = tx.WaitingIn(ctx, partitions)
				return err
			})
			slices.SortFunc(lanes, func(a, b store.WaitingLane) int { return strings.Compare(string(a.Lane), string(b.Lane)) })
			return lanes
		}
		slices.SortFunc(want, func(a, b store.WaitingLane) int { return strings.Compare(string(a.Lane), string(b.Lane)) })
		if got := waiting(even); !reflect.DeepEqual(got, want) {
			t.Errorf("WaitingIn = %v, want %v", got, want)
		}
		if got := waiting(nil); len(got) != 0 {
			t.Errorf("WaitingIn no partition = %v", got)
		}
		if got := waiting(all[:1]); len(got) == 0 || store.PartitionOf(got[0].Service) != all[0] {
			t.Errorf("WaitingIn %d = %v", all[0], got)
		}
	})
	with(t, "what was appended, by its numbers", open, func(t *testing.T, db *store.DB) {
		other := store.ServiceLane(db.NewID(noon))
		for store.PartitionOf(other.Service) == store.PartitionOf(lane.Service) {
			other = store.ServiceLane(db.NewID(noon))
		}
		last := func() (number int64) {
			view(t, db, func(ctx context.Context, tx *store.Tx) (err error) {
				number, err = tx.LastDelivery(ctx)
				return err
			})
			return number
		}
		before := last()
		mine := fill(t, db, bellhop.Delivery{Service: lane.Service}, "a", "b", "c", "d")
		theirs := fill(t, db, bellhop.Delivery{Service: other.Service}, "a", "b")
		more := fill(t, db, bellhop.Delivery{Service: lane.Service}, "a", "b")
		if mine[0] != before+1 || theirs[0] != mine[3]+1 || more[1] != last() || more[1] != before+8 {
			t.Fatalf("numbers %v, %v, %v behind %d, the last is %d", mine, theirs, more, before, last())
		}
		record(t, db, success(mine[1], 1))
		record(t, db, failure(mine[2], 1, noon+5500))
		here, there := store.PartitionOf(lane.Service), store.PartitionOf(other.Service)
		for _, c := range []struct {
			gaps       []store.Gap
			partitions []int
			n          int
			want       []int64
		}{
			{[]store.Gap{{After: before, UpTo: more[1]}}, []int{here}, 10, []int64{mine[0], mine[3], more[0], more[1]}},
			{[]store.Gap{{After: before, UpTo: more[1]}}, []int{there}, 10, theirs},
			{[]store.Gap{{After: before, UpTo: more[1]}}, []int{there, here}, 3, []int64{mine[0], mine[3], theirs[0]}},
			{[]store.Gap{{After: mine[0], UpTo: mine[3]}, {After: theirs[0], UpTo: more[0]}}, []int{here, there}, 10, []int64{mine[3], theirs[1], more[0]}},
			{[]store.Gap{{After: mine[0], UpTo: mine[3]}, {After: theirs[0], UpTo: more[0]}}, []int{here, there}, 2, []int64{mine[3], theirs[1]}},
			{[]store.Gap{{After: more[1], UpTo: more[1] + 10}}, []int{here, there}, 10, nil},
			{[]store.Gap{{After: before, UpTo: more[1]}}, nil, 10, nil},
			{nil, []int{here}, 10, nil},
		} {
			found, err := db.Appended(t.Context(), c.gaps, c.partitions, c.n)
			if err != nil {
				t.Fatal(err)
			}
			var got []int64
			for _, p := range found {
				got = append(got, p.Delivery.Seq)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("Appended(%v, %v, %d) = %v, want %v", c.gaps, c.partitions, c.n, got, c.want)
			}
		}
		// The same as a lane reads.
		found, err := db.Appended(t.Context(), []store.Gap{{After: before, UpTo: more[1]}}, []int{here}, 10)
		if err != nil {
			t.Fatal(err)
		}
		due := slices.DeleteFunc(dueIn(t, db, lane, noon+100), func(p store.Pending) bool { return p.Delivery.Attempts > 0 })
		if !reflect.DeepEqual(found, due) {
			t.Errorf("Appended = %+v, want %+v", found, due)
		}
	})
	with(t, "the oldest, due or not", open, func(t *testing.T, db *store.DB) {
		oldest := func() (seq int64) {
			view(t, db, func(ctx context.Context, tx *store.Tx) error {
				p, err := tx.Oldest(ctx, lane)
				if p != nil {
					seq = p.Delivery.Seq
				}
				return err
			})
			return seq
		}
		if got := oldest(); got != 0 {
			t.Errorf("oldest of nothing: %d", got)
		}
		all := fill(t, db, bellhop.Delivery{Service: service}, "a", "b")
		record(t, db, failure(all[0], 1, noon+10_000))
		if got := oldest(); got != all[1] {
			t.Errorf("oldest = %d, want %d", got, all[1])
		}
		record(t, db, failure(all[1], 1, noon+20_000))
		if got := oldest(); got != all[0] {
			t.Errorf("oldest = %d, want %d", got, all[0])
		}
	})
	with(t, "of a key also when the clock goes back", open, func(t *testing.T, db *store.DB) {
		all := fill(t, db, bellhop.Delivery{Service: service}, "a", "a")
		record(t, db, failure(all[0], 1, noon+1))
		view(t, db, func(ctx context.Context, tx *store.Tx) error {
			found, err := tx.DueOfKey(ctx, lane, "a", noon-1000, store.Cursor{}, 9)
			if got := seqs(found); !slices.Equal(got, all[1:]) {
				t.Errorf("DueOfKey = %v, want %v", got, all[1:])
			}
			return err
		})
	})
}

func testPauses(t *testing.T, open Opener) {
	with(t, "kept until they are cleared", open, func(t *testing.T, db *store.DB) {
		all := func() (pauses []store.Pause) {
			view(t, db, func(ctx context.Context, tx *store.Tx) (err error) {
				pauses, err = tx.Pauses(ctx)
				return err
			})
			return pauses
		}
		set := func(p store.Pause) {
			update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.SetPause(ctx, p) })
		}
		one := store.Pause{LaneID: store.ServiceLane(service), Since: noon, Reason: "10 failures in a row", Failures: 10}
		two := store.Pause{LaneID: store.LaneID{Service: service, Lane: otherService}, Since: noon + 1, Reason: "status 503", Failures: 12}
		set(two)
		set(one)
		one.Failures, one.Reason = 11, "timeout"
		set(one)
		if got := all(); !reflect.DeepEqual(got, []store.Pause{one, two}) {
			t.Errorf("Pauses = %+v", got)
		}
		for _, want := range []bool{true, false} {
			update(t, db, func(ctx context.Context, tx *store.Tx) error {
				was, err := tx.ClearPause(ctx, service)
				if was != want {
					t.Errorf("ClearPause = %t, want %t", was, want)
				}
				return err
			})
		}
		if got := fmt.Sprint(all()); got != fmt.Sprint([]store.Pause{two}) {
			t.Errorf("Pauses = %s", got)
		}
	})
}
