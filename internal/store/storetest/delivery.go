package storetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"bellhop"
	"bellhop/internal/store"
)

func testPending(t *testing.T, open Opener) {
	with(t, "due as appended", open, func(t *testing.T, db *store.DB) {
		event := newEvent(noon, "k")
		event.InstanceAt = 3
		deliveries := []bellhop.Delivery{{Service: service, Instance: []byte(`{"a":1}`)}, {Service: otherService}}
		var told []store.Pending
		db.DeliverTo(&receiver{handOver: func(ps []store.Pending) { told = ps }})
		update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.Append(ctx, event, deliveries) })
		for i, service := range []bellhop.ID{service, otherService} {
			got := due(t, db, service, noon, 9)
			if len(got) != 1 || !reflect.DeepEqual(got[0], told[i]) {
				t.Fatalf("Due = %+v, handed over: %+v", got, told[i])
			}
			d := got[0].Delivery
			if d.Status != bellhop.Pending || d.Ends != noon.Add(24*time.Hour) || d.Due != noon || d.CreatedAt != noon || d.Attempts != 0 {
				t.Errorf("delivery = %+v", d)
			}
		}
	})
	with(t, "in the order of due times, then of events", open, func(t *testing.T, db *store.DB) {
		var all []int64
		for i := range 6 {
			all = append(all, appendAt(t, db, noon+bellhop.Time(i/2), service).Seq)
			appendAt(t, db, noon, otherService)
		}
		// The first one failed, and is due between others.
		record(t, db, failure(all[0], 1, noon+1))
		for _, c := range []struct {
			now  bellhop.Time
			n    int
			want []int64
		}{
			{noon + 2, 9, []int64{all[1], all[0], all[2], all[3], all[4], all[5]}},
			{noon + 2, 3, []int64{all[1], all[0], all[2]}},
			{noon + 2, 0, nil},
		} {
			if got := seqs(due(t, db, service, c.now, c.n)); !slices.Equal(got, c.want) {
				t.Errorf("Due at %d, %d of them = %v, want %v", c.now-noon, c.n, got, c.want)
			}
		}
	})
	with(t, "not before they are due", open, func(t *testing.T, db *store.DB) {
		d1, d2 := appendAt(t, db, noon, service), appendAt(t, db, noon, service)
		record(t, db, failure(d1.Seq, 1, noon+10_000))
		record(t, db, failure(d2.Seq, 1, noon+20_000))
		for now, want := range map[bellhop.Time]struct{ due, next int64 }{
			noon: {0, 10_000}, noon + 9_999: {0, 10_000}, noon + 10_000: {1, 20_000}, noon + 20_000: {2, 0},
		} {
			view(t, db, func(ctx context.Context, tx *store.Tx) error {
				found, err := tx.Due(ctx, store.ServiceLane(service), now, store.Cursor{}, nil, 9)
				if err != nil {
					return err
				}
				next, err := tx.NextDue(ctx, store.ServiceLane(service), now)
				wantNext := bellhop.Time(0)
				if want.next > 0 {
					wantNext = noon + bellhop.Time(want.next)
				}
				if int64(len(found)) != want.due || next != wantNext {
					t.Errorf("at %d: %d due, next %d, want %d and %d", now-noon, len(found), next-noon, want.due, want.next)
				}
				return err
			})
		}
	})
	with(t, "in the order of events also when the clock goes back", open, func(t *testing.T, db *store.DB) {
		var want []int64
		for _, at := range []bellhop.Time{noon + 5000, noon, noon + 100, noon + 6000, noon + 200} {
			want = append(want, appendAt(t, db, at, service).Seq)
		}
		for _, now := range []bellhop.Time{noon + 200, noon + 9000} {
			if got := seqs(due(t, db, service, now, 9)); !slices.Equal(got, want) {
				t.Errorf("Due at %d = %v, want %v", now-noon, got, want)
			}
		}
		record(t, db, failure(want[0], 1, noon+5500)) // and a retry does not come earlier
		if got := seqs(due(t, db, service, noon+200, 9)); !slices.Equal(got, want[1:]) {
			t.Errorf("Due = %v, want %v", got, want[1:])
		}
	})
	with(t, "which services wait", open, func(t *testing.T, db *store.DB) {
		waiting := func() (ids []bellhop.ID) {
			view(t, db, func(ctx context.Context, tx *store.Tx) error {
				lanes, err := tx.Waiting(ctx)
				for _, lane := range lanes {
					if lane.Lane != lane.Service {
						t.Errorf("waiting: %+v", lane)
					}
					ids = append(ids, lane.Service)
				}
				return err
			})
			slices.Sort(ids)
			return ids
		}
		if got := waiting(); len(got) != 0 {
			t.Errorf("Waiting = %v", got)
		}
		var services []bellhop.ID
		for range 400 {
			services = append(services, db.NewID(noon))
		}
		var first []bellhop.Delivery
		update(t, db, func(ctx context.Context, tx *store.Tx) (err error) {
			first, err = deliver(ctx, tx, newEvent(noon, "k"), services...)
			_, err2 := deliver(ctx, tx, newEvent(noon, "k"), services[1:]...)
			return errors.Join(err, err2)
		})
		record(t, db, success(first[0].Seq, 1), success(first[1].Seq, 1))
		if got := waiting(); !slices.Equal(got, services[1:]) {
			t.Errorf("%d services wait, want %d", len(got), len(services)-1)
		}
	})
	with(t, "partitions are stable", open, func(t *testing.T, db *store.DB) {
		used := map[int]bool{}
		for range 2000 {
			id := db.NewID(noon)
			p := store.PartitionOf(id)
			if p < 0 || p >= store.Partitions || p != store.PartitionOf(id) {
				t.Fatalf("PartitionOf(%s) = %d", id, p)
			}
			used[p] = true
		}
		if len(used) < store.Partitions/2 {
			t.Errorf("2000 services use %d partitions", len(used))
		}
		if got := store.PartitionOf(service); got != 51 {
			t.Errorf("PartitionOf(%s) = %d, and rows say 51", service, got)
		}
	})
	with(t, "what has ended", open, testEnded)
}

func testEnded(t *testing.T, db *store.DB) {
	end := noon.Add(24 * time.Hour)
	var all []bellhop.Delivery
	for i := range 5 {
		all = append(all, appendAt(t, db, noon+bellhop.Time(i), service))
	}
	appendAt(t, db, noon, otherService)
	retried := failure(all[0].Seq, 1, noon+10_000)
	retried.Attempt.Status, retried.Attempt.Error = 503, "status 503"
	record(t, db, retried, success(all[1].Seq, 1))
	for _, c := range []struct {
		now  bellhop.Time
		want []int
	}{{end, nil}, {end + 1, []int{0}}, {end + 3, []int{0, 2}}, {end + 4, []int{0, 2, 3}}, {end + 9, []int{0, 2, 3, 4}}} {
		var got []int64
		var after store.Cursor
		for page := 0; ; page++ {
			var ended []bellhop.Delivery
			view(t, db, func(ctx context.Context, tx *store.Tx) (err error) {
				ended, err = tx.Ended(ctx, store.ServiceLane(service), c.now, after, 2)
				return err
			})
			for _, d := range ended {
				got = append(got, d.Seq)
				if d.Seq == all[0].Seq && (d.ID != all[0].ID || d.Attempts != 1 || d.LastStatus != 503 || d.LastError != "status 503" || d.Service != service || d.Ends != end) {
					t.Errorf("ended: %+v", d)
				}
			}
			if len(ended) < 2 || page > 5 {
				break
			}
			after = store.CursorAt(&ended[1])
		}
		var want []int64
		for _, i := range c.want {
			want = append(want, all[i].Seq)
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("ended at %d = %v, want %v", c.now-end, got, want)
		}
	}
}

func success(seq int64, number int) store.Result {
	return store.Result{Delivery: seq, Status: bellhop.Delivered, At: noon + 7, Attempt: &bellhop.Attempt{Number: number, At: noon + 6, Status: 200}}
}

func failure(seq int64, number int, due bellhop.Time) store.Result {
	return store.Result{Delivery: seq, Status: bellhop.Pending, Due: due, At: noon + 7,
		Attempt: &bellhop.Attempt{Number: number, At: noon + 6, Status: 500, Error: "status 500", NextAttemptAt: due}}
}

// record stores results of deliveries that must be pending.
func record(t *testing.T, db *store.DB, results ...store.Result) {
	t.Helper()
	for _, r := range results {
		if !recorded(t, db, r) {
			t.Errorf("delivery %d was not pending", r.Delivery)
		}
	}
}

func recorded(t *testing.T, db *store.DB, r store.Result) (pending bool) {
	t.Helper()
	update(t, db, func(ctx context.Context, tx *store.Tx) (err error) {
		pending, err = tx.Record(ctx, r)
		return err
	})
	return pending
}

func storedDelivery(t *testing.T, db *store.DB, id bellhop.UUID) (d store.StoredDelivery) {
	t.Helper()
	view(t, db, func(ctx context.Context, tx *store.Tx) (err error) {
		d, _, err = tx.Delivery(ctx, id)
		return err
	})
	return d
}

func attempts(t *testing.T, db *store.DB, seq int64) (all []bellhop.Attempt) {
	t.Helper()
	view(t, db, func(ctx context.Context, tx *store.Tx) (err error) {
		all, err = tx.Attempts(ctx, seq)
		return err
	})
	return all
}

func testResults(t *testing.T, open Opener) {
	with(t, "attempts until it is delivered", open, func(t *testing.T, db *store.DB) {
		d := appendAt(t, db, noon, service)
		if got := attempts(t, db, d.Seq); len(got) != 0 {
			t.Errorf("attempts before the first: %v", got)
		}
		var want []bellhop.Attempt
		for n := 1; n <= 11; n++ { // two digits: in the order of numbers
			r := failure(d.Seq, n, noon+bellhop.Time(n*10_000))
			r.Attempt.URL, r.Attempt.ResponseBody = fmt.Sprint("https://example.com/", n), []byte{0xff, 0}
			r.Attempt.Timing.Total = time.Duration(n)
			want = append(want, *r.Attempt)
			record(t, db, r)
			got := storedDelivery(t, db, d.ID)
			if got.Status != bellhop.Pending || got.Due != r.Due || got.Attempts != n || got.LastStatus != 500 || got.LastError != "status 500" || got.DeliveredAt != 0 {
				t.Errorf("after attempt %d: %+v", n, got.Delivery)
			}
		}
		record(t, db, success(d.Seq, 12))
		want = append(want, *success(d.Seq, 12).Attempt)
		got := storedDelivery(t, db, d.ID)
		if got.Status != bellhop.Delivered || got.Attempts != 12 || got.LastStatus != 200 || got.LastError != "" || got.DeliveredAt != noon+7 {
			t.Errorf("at the end: %+v", got.Delivery)
		}
		if got := attempts(t, db, d.Seq); !reflect.DeepEqual(got, want) {
			t.Errorf("attempts = %+v, want %+v", got, want)
		}
	})
	with(t, "only while it is pending", open, func(t *testing.T, db *store.DB) {
		for name, last := range map[string]store.Result{
			"delivered": {Status: bellhop.Delivered, Attempt: success(0, 1).Attempt, At: noon},
			"refused":   {Status: bellhop.Dead, Attempt: failure(0, 1, 0).Attempt, At: noon},
			"ended":     {Status: bellhop.Dead, Error: "gave up", At: noon},
		} {
			d := appendAt(t, db, noon, service)
			last.Delivery = d.Seq
			record(t, db, last)
			before, attemptsBefore := storedDelivery(t, db, d.ID), attempts(t, db, d.Seq)
			if before.Status != last.Status {
				t.Errorf("%s: %s", name, before.Status)
			}
			if last.Attempt == nil && before.LastError != "gave up" {
				t.Errorf("%s: %+v", name, before.Delivery)
			}
			for _, late := range []store.Result{success(d.Seq, 1), success(d.Seq, 2), failure(d.Seq, 2, noon), {Delivery: d.Seq, Status: bellhop.Dead, Error: "x"}} {
				if recorded(t, db, late) {
					t.Errorf("%s: and then recorded %+v", name, late)
				}
			}
			if after := storedDelivery(t, db, d.ID); !reflect.DeepEqual(before, after) || !reflect.DeepEqual(attemptsBefore, attempts(t, db, d.Seq)) {
				t.Errorf("%s: %+v became %+v", name, before, after)
			}
		}
		if recorded(t, db, success(99_999, 1)) {
			t.Error("recorded a delivery that is not there")
		}
		if got := due(t, db, service, noon+1_000_000, 9); len(got) != 0 {
			t.Errorf("still due: %v", got)
		}
	})
	with(t, "no attempt twice", open, func(t *testing.T, db *store.DB) {
		d := appendAt(t, db, noon, service)
		for n := 1; n <= 3; n++ {
			record(t, db, failure(d.Seq, n, noon+1))
			if recorded(t, db, failure(d.Seq, n, noon+2)) {
				t.Errorf("attempt %d was recorded twice", n)
			}
		}
		if got := storedDelivery(t, db, d.ID); got.Due != noon+1 || got.Attempts != 3 || len(attempts(t, db, d.Seq)) != 3 {
			t.Errorf("delivery %+v", got.Delivery)
		}
	})
}
