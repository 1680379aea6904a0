package storetest

import (
	"context"
	"errors"
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	"bellhop"
	"bellhop/internal/store"
)

func testReplays(t *testing.T, open Opener) {
	with(t, "the range of a time", open, testReplayRange)
	with(t, "which events are meant", open, testReplayStatus)
	with(t, "step by step", open, testReplaySteps)
	with(t, "a delivery once more", open, testAppendReplay)
	with(t, "what became of its deliveries", open, testReplayCounts)
	with(t, "samples", open, testAppendTest)
	with(t, "list", open, testReplayList)
}

// newReplay is a replay of all that there is, but it is not stored.
func newReplay(t *testing.T, db *store.DB, status bellhop.ReplayStatus) *bellhop.Replay {
	t.Helper()
	r := &bellhop.Replay{
		ID: db.NewID(noon), Service: service, Organization: organization, OrgPath: string(organization),
		State: bellhop.ReplayRunning, To: math.MaxInt64, Status: status, CreatedAt: noon, UpdatedAt: noon,
	}
	place(t, db, r)
	return r
}

// place finds the range of r in the store.
func place(t *testing.T, db *store.DB, r *bellhop.Replay) {
	t.Helper()
	view(t, db, func(ctx context.Context, tx *store.Tx) (err error) {
		r.Range, err = tx.ReplayRange(ctx, r.From, r.To)
		r.At = bellhop.ReplayPoint{Event: r.Range.FirstEvent - 1, Delivery: r.Range.FirstDelivery - 1}
		return err
	})
}

// replayed returns all events that r sends, found room at once.
func replayed(t *testing.T, db *store.DB, r *bellhop.Replay, room int, wanted func(*bellhop.Event) bool) (all []store.Replayed) {
	t.Helper()
	at := *r
	for {
		var found store.Found
		view(t, db, func(ctx context.Context, tx *store.Tx) (err error) {
			found, err = tx.NextReplayed(ctx, &at, room, wanted)
			return err
		})
		if len(found.Events) > room {
			t.Fatalf("%d events were found, want at most %d", len(found.Events), room)
		}
		all = append(all, found.Events...)
		if found.Whole {
			return all
		}
		if found.At == at.At {
			t.Fatal("a step went nowhere")
		}
		at.At = found.At
	}
}

func every(*bellhop.Event) bool { return true }

// again appends a delivery of e once more.
func again(t *testing.T, db *store.DB, e *bellhop.Event, d bellhop.Delivery) bellhop.Delivery {
	t.Helper()
	d.Service = service
	update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.AppendReplay(ctx, e, &d, noon+5000) })
	return d
}

func testReplayRange(t *testing.T, db *store.DB) {
	db.DeliverTo(&receiver{room: 100})
	var events []*bellhop.Event
	// The clock goes back between the third and the fourth.
	for _, after := range []bellhop.Time{0, 10, 20, 15, 20, 30} {
		event := newEvent(noon+after, "k")
		update(t, db, func(ctx context.Context, tx *store.Tx) error {
			_, err := deliver(ctx, tx, event, otherService, service)
			return err
		})
		events = append(events, event)
	}
	for _, c := range []struct {
		from, to bellhop.Time
		want     []int
	}{
		{0, 100, []int{0, 1, 2, 3, 4, 5}},
		{0, 30, []int{0, 1, 2, 3, 4}},
		{10, 20, []int{1, 3}},
		{15, 21, []int{2, 3, 4}},
		{20, 31, []int{2, 4, 5}},
		{31, 100, nil},
		{-10, 0, nil},
	} {
		for _, status := range []bellhop.ReplayStatus{bellhop.ReplayAny, bellhop.ReplayMissing} {
			r := newReplay(t, db, status)
			if status == bellhop.ReplayMissing {
				r.Service = "64b0f1a2c3d4e5f607182999"
			}
			r.From, r.To = noon+c.from, noon+c.to
			place(t, db, r)
			var got []int
			for _, next := range replayed(t, db, r, 100, every) {
				got = append(got, slices.IndexFunc(events, func(e *bellhop.Event) bool { return e.Seq == next.Event }))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%s from %d to %d = %v, want %v", status, c.from, c.to, got, c.want)
			}
		}
	}
}

func testReplayStatus(t *testing.T, db *store.DB) {
	db.DeliverTo(&receiver{room: 100})
	kill := func(seq int64) {
		record(t, db, store.Result{Delivery: seq, Status: bellhop.Dead, Error: "gave up", At: noon})
	}
	elsewhere := db.NewID(noon)
	var events []*bellhop.Event
	var own []int64 // the deliveries of the events; 0 if there was none
	for i := range 10 {
		event := newEvent(noon+bellhop.Time(i), "k")
		to := []bellhop.ID{otherService, service}
		if i >= 6 {
			to = to[:1]
		}
		var ds []bellhop.Delivery
		update(t, db, func(ctx context.Context, tx *store.Tx) (err error) {
			ds, err = deliver(ctx, tx, event, to...)
			return err
		})
		if own = append(own, 0); len(ds) > 1 {
			own[i] = ds[1].Seq
		}
		events = append(events, event)
	}
	kill(own[1])
	record(t, db, success(own[2], 1))
	// The newest delivery decides, but not one to somewhere else.
	kill(own[3])
	record(t, db, success(again(t, db, events[3], bellhop.Delivery{ReplayOf: bellhop.UUID{3}}).Seq, 1))
	kill(own[4])
	record(t, db, success(again(t, db, events[4], bellhop.Delivery{ReplayOf: bellhop.UUID{4}, Lane: elsewhere, Replay: elsewhere}).Seq, 1))
	record(t, db, success(own[5], 1))
	again(t, db, events[5], bellhop.Delivery{ReplayOf: bellhop.UUID{5}}) // waits
	// 6 was missing, and came late; 7 went elsewhere only.
	late := again(t, db, events[6], bellhop.Delivery{Replay: db.NewID(noon)})
	kill(late.Seq)
	again(t, db, events[7], bellhop.Delivery{Lane: elsewhere, Replay: elsewhere})

	for _, room := range []int{1, 2, 100} {
		for status, want := range map[bellhop.ReplayStatus][]int{
			bellhop.ReplayDead:      {1, 4, 6},
			bellhop.ReplayDelivered: {2, 3},
			bellhop.ReplayAny:       {0, 1, 2, 3, 4, 5, 6},
			bellhop.ReplayMissing:   {7, 8, 9},
		} {
			var got []int
			for _, next := range replayed(t, db, newReplay(t, db, status), room, every) {
				i := slices.IndexFunc(events, func(e *bellhop.Event) bool { return e.Seq == next.Event })
				got = append(got, i)
				of := own[i]
				if i == 6 {
					of = late.Seq
				}
				if next.Delivery != of {
					t.Errorf("%s: of event %d delivery %d is repeated, want %d", status, i, next.Delivery, of)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s, %d at once = %v, want %v", status, room, got, want)
			}
		}
	}
	odd := func(e *bellhop.Event) bool {
		return e.CreatedAt%2 == 1 && e.Name == "order.created" && e.Organization == organization
	}
	if got := replayed(t, db, newReplay(t, db, bellhop.ReplayAny), 100, odd); len(got) != 3 {
		t.Errorf("of the wanted events %v are sent, want 1, 3, 5", got)
	}
}

func testReplaySteps(t *testing.T, db *store.DB) {
	appendAt(t, db, noon, service)
	r := newReplay(t, db, bellhop.ReplayAny)
	r.URL, r.UserInfo, r.Events, r.Rate = "https://example.com/", "user:pw", []string{"a.b"}, 2.5
	update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.InsertReplay(ctx, r) })
	read := func() (stored *bellhop.Replay) {
		view(t, db, func(ctx context.Context, tx *store.Tx) (err error) {
			stored, err = tx.Replay(ctx, r.ID)
			return err
		})
		return stored
	}
	if got := read(); !reflect.DeepEqual(got, r) {
		t.Errorf("Replay = %+v, want %+v", got, r)
	}
	move := func(want bool, from *bellhop.Replay, f store.Found) {
		t.Helper()
		update(t, db, func(ctx context.Context, tx *store.Tx) error {
			moved, err := tx.MoveReplay(ctx, from, f)
			if moved != want {
				t.Errorf("MoveReplay from %v = %v, want %v", from.At, moved, want)
			}
			return errors.Join(err, tx.CountMade(ctx, from.ID, 1))
		})
	}
	move(true, r, store.Found{At: bellhop.ReplayPoint{Event: 7, Delivery: 8}})
	move(false, r, store.Found{At: bellhop.ReplayPoint{Event: 9, Delivery: 9}}) // somebody else was first
	state := func(s bellhop.ReplayState) {
		update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.SetReplayState(ctx, r, s, noon+1) })
	}
	state(bellhop.ReplayPaused)
	now := read()
	if now.State != bellhop.ReplayPaused || now.UpdatedAt != noon+1 || now.At != (bellhop.ReplayPoint{Event: 7, Delivery: 8}) {
		t.Errorf("replay = %+v", now)
	}
	move(false, now, store.Found{At: bellhop.ReplayPoint{Event: 9}})
	view(t, db, func(ctx context.Context, tx *store.Tx) error {
		running, err := tx.RunningReplays(ctx)
		open, err2 := tx.OpenReplays(ctx, service)
		if len(running) != 0 || len(open) != 1 {
			t.Errorf("%d are running, %d open, want none and one", len(running), len(open))
		}
		return errors.Join(err, err2)
	})
	state(bellhop.ReplayDone)
	if now := read(); now.Total != now.Made || now.Made != 3 {
		t.Errorf("done: total %d, made %d, want 3", now.Total, now.Made)
	}
	err := db.View(t.Context(), func(tx *store.Tx) error { _, err := tx.Replay(t.Context(), "x"); return err })
	wantCode(t, err, bellhop.NotFound)
}

func testAppendReplay(t *testing.T, db *store.DB) {
	var told []store.Pending
	db.DeliverTo(&receiver{room: 100, handOver: func(ps []store.Pending) { told = ps }})
	event := newEvent(noon, "k")
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		_, err := deliver(ctx, tx, event, service)
		return err
	})
	replay := db.NewID(noon)
	now := noon + 30*24*3600*1000
	d := bellhop.Delivery{Service: service, ReplayOf: bellhop.UUID{1}, Instance: []byte("{}"), Replay: replay, Lane: replay}
	update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.AppendReplay(ctx, event, &d, now) })
	if d.Due != now || d.Ends != now.Add(24*time.Hour) || d.CreatedAt != now || d.Status != bellhop.Pending {
		t.Errorf("delivery = %+v", d)
	}
	var found []store.Pending
	view(t, db, func(ctx context.Context, tx *store.Tx) (err error) {
		found, err = tx.Due(ctx, store.LaneID{Service: service, Lane: replay}, now, store.Cursor{}, nil, 9)
		return err
	})
	if len(found) != 1 || !reflect.DeepEqual(found[0].Delivery, d) || found[0].Event.ID != event.ID {
		t.Errorf("Due = %+v, want %+v", found, d)
	}
	if len(told) != 1 || !reflect.DeepEqual(told[0].Delivery, d) {
		t.Errorf("handed over: %+v, want %+v", told, d)
	}
	if got := due(t, db, service, now, 9); len(got) != 1 {
		t.Errorf("in the lane of the service wait %d, want its own one", len(got))
	}
	// What happens later is due later, though the clock was put back.
	if next := appendAt(t, db, noon+1, service); next.Due < d.Due || next.Seq <= d.Seq {
		t.Errorf("the next delivery is %d, due at %d, want it behind %d, %d", next.Seq, next.Due, d.Seq, d.Due)
	}
	view(t, db, func(ctx context.Context, tx *store.Tx) error {
		all, _, err := tx.Deliveries(ctx, parse(t, bellhop.Deliveries, "replay="+string(replay)), everything)
		if len(all) != 1 || all[0].ID != d.ID || all[0].Replay != replay || all[0].Lane != replay {
			t.Errorf("the deliveries of the replay = %+v", all)
		}
		return err
	})
}

func testReplayCounts(t *testing.T, db *store.DB) {
	event := newEvent(noon, "k")
	update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.Append(ctx, event, nil) })
	r, other := newReplay(t, db, bellhop.ReplayAny), newReplay(t, db, bellhop.ReplayAny)
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(tx.InsertReplay(ctx, r), tx.InsertReplay(ctx, other))
	})
	var made []bellhop.Delivery
	for range 5 {
		made = append(made, again(t, db, event, bellhop.Delivery{Replay: r.ID}))
	}
	alone := again(t, db, event, bellhop.Delivery{ReplayOf: bellhop.UUID{1}})
	check := func(sent, failed, pending int) {
		t.Helper()
		view(t, db, func(ctx context.Context, tx *store.Tx) error {
			now, err := tx.Replay(ctx, r.ID)
			left, err2 := tx.PendingOfReplay(ctx, r.ID)
			if err == nil && (now.Sent != sent || now.Failed != failed || left != pending) {
				t.Errorf("%d sent, %d failed, %d pending, want %d, %d, %d", now.Sent, now.Failed, left, sent, failed, pending)
			}
			untouched, err3 := tx.Replay(ctx, other.ID)
			if err3 == nil && untouched.Sent+untouched.Failed != 0 {
				t.Errorf("another replay has counted: %+v", untouched)
			}
			return errors.Join(err, err2, err3)
		})
	}
	check(0, 0, 5)
	record(t, db, by(r, success(made[0].Seq, 1)), by(r, failure(made[1].Seq, 1, noon+9000)), success(alone.Seq, 1))
	check(1, 0, 4)
	if recorded(t, db, by(r, success(made[0].Seq, 1))) {
		t.Error("a result was recorded twice")
	}
	record(t, db, by(r, success(made[1].Seq, 2)), by(r, store.Result{Delivery: made[2].Seq, Status: bellhop.Dead, Error: "gave up", At: noon}))
	check(2, 1, 2)
	update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.DropReplayed(ctx, r.ID) })
	check(2, 1, 0)
	if recorded(t, db, by(r, success(made[3].Seq, 1))) {
		t.Error("a result of what was dropped was recorded")
	}
	check(2, 1, 0)
	for i, want := range []bool{false, false, false, false} {
		view(t, db, func(ctx context.Context, tx *store.Tx) error {
			got, err := tx.IsPending(ctx, made[i].Seq)
			if got != want {
				t.Errorf("IsPending of delivery %d = %v, want %v", i, got, want)
			}
			return err
		})
	}
}

func testAppendTest(t *testing.T, db *store.DB) {
	event, d := newEvent(noon, ""), bellhop.Delivery{Service: otherService}
	update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.AppendTest(ctx, event, &d) })
	if got := due(t, db, otherService, noon, 9); len(got) != 1 || got[0].Delivery.ID != d.ID || got[0].Delivery.Replay != "" {
		t.Errorf("Due = %+v, want the sample", got)
	}
	for _, status := range []bellhop.ReplayStatus{bellhop.ReplayAny, bellhop.ReplayMissing} {
		for _, of := range []bellhop.ID{service, otherService} {
			r := newReplay(t, db, status)
			r.Service = of
			if got := replayed(t, db, r, 9, every); len(got) != 0 {
				t.Errorf("a replay of %s would send a sample: %v", status, got)
			}
		}
	}
	view(t, db, func(ctx context.Context, tx *store.Tx) error {
		test, err := tx.IsTest(ctx, event.Seq)
		found, err2 := tx.Event(ctx, event.ID)
		if !test || err2 == nil && len(found) != 1 {
			t.Errorf("IsTest = %v, found %d events", test, len(found))
		}
		deliveries, err3 := tx.DeliveriesOf(ctx, &found[0], otherService, 9)
		if len(deliveries) != 1 || deliveries[0].ID != d.ID {
			t.Errorf("DeliveriesOf = %+v", deliveries)
		}
		return errors.Join(err, err2, err3)
	})
}

func testReplayList(t *testing.T, db *store.DB) {
	var all []*bellhop.Replay
	for i := range 3 {
		r := newReplay(t, db, bellhop.ReplayDead)
		if i == 1 {
			r.Service, r.State, r.OrgPath = otherService, bellhop.ReplayDone, string(organization)+"#64b0f1a2c3d4e5f60718293b"
		}
		update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.InsertReplay(ctx, r) })
		all = append(all, r)
	}
	below := store.Visible{Roots: []string{all[1].OrgPath}}
	for _, c := range []listed{
		{"", everything, []int{2, 1, 0}},
		{"", below, []int{1}},
		{"", store.Visible{}, nil},
		{"sort=id&limit=2", everything, []int{0, 1}},
		{"state=running", everything, []int{2, 0}},
		{"service=" + string(otherService), everything, []int{1}},
		{"id=" + string(all[0].ID), everything, []int{0}},
		{"status=missing", everything, nil},
	} {
		view(t, db, func(ctx context.Context, tx *store.Tx) error {
			found, _, err := tx.Replays(ctx, parse(t, bellhop.Replays, c.query), c.visible)
			var got []int
			for _, r := range found {
				got = append(got, slices.IndexFunc(all, func(a *bellhop.Replay) bool { return a.ID == r.ID }))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("Replays(%q) = %v, want %v", c.query, got, c.want)
			}
			return err
		})
	}
}

func testServiceStates(t *testing.T, open Opener) {
	keep := func(t *testing.T, db *store.DB, body string, at bellhop.Time) {
		t.Helper()
		var b []byte
		if body != "" {
			b = []byte(body)
		}
		update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.KeepServiceState(ctx, service, b, at) })
	}
	states := func(t *testing.T, db *store.DB) (all []store.ServiceState) {
		t.Helper()
		view(t, db, func(ctx context.Context, tx *store.Tx) (err error) {
			all, err = tx.ServiceStates(ctx, service, 9)
			return err
		})
		return all
	}
	with(t, "each holds for the events between two changes", open, func(t *testing.T, db *store.DB) {
		first := appendAt(t, db, noon, otherService).Seq
		keep(t, db, "a", noon+1)
		keep(t, db, "a", noon+2) // nothing new
		appendAt(t, db, noon, otherService)
		keep(t, db, "b", noon+3)
		appendAt(t, db, noon, otherService)
		keep(t, db, "", noon+4)
		want := []store.ServiceState{
			{AfterEvent: first, UntilEvent: first + 1, Since: noon + 1, Until: noon + 3, Body: []byte("a")},
			{AfterEvent: first + 1, UntilEvent: first + 2, Since: noon + 3, Until: noon + 4, Body: []byte("b")},
			{AfterEvent: first + 2, Since: noon + 4},
		}
		if got := states(t, db); !reflect.DeepEqual(got, want) {
			t.Errorf("ServiceStates = %+v, want %+v", got, want)
		}
	})
	with(t, "the first one", open, func(t *testing.T, db *store.DB) {
		for _, body := range []string{"a", "b"} {
			update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.FirstServiceState(ctx, service, []byte(body)) })
		}
		if got := states(t, db); len(got) != 1 || string(got[0].Body) != "a" || got[0].AfterEvent != 0 {
			t.Errorf("ServiceStates = %+v, want one", got)
		}
		update(t, db, func(ctx context.Context, tx *store.Tx) error {
			other, err := tx.HasServiceState(ctx, otherService)
			known, err2 := tx.HasServiceState(ctx, service)
			if other || !known {
				t.Errorf("HasServiceState = %v of a service that has none, %v of one that has", other, known)
			}
			return errors.Join(err, err2)
		})
	})
	with(t, "what is old is forgotten, but not what is in force", open, func(t *testing.T, db *store.DB) {
		keep(t, db, "a", noon)
		keep(t, db, "b", noon+1)
		old := newReplay(t, db, bellhop.ReplayAny)
		old.State = bellhop.ReplayStopped
		running := newReplay(t, db, bellhop.ReplayAny)
		update(t, db, func(ctx context.Context, tx *store.Tx) error {
			return errors.Join(tx.InsertReplay(ctx, old), tx.InsertReplay(ctx, running), tx.ForgetOld(ctx))
		})
		if got := states(t, db); len(got) != 2 {
			t.Errorf("%d states are left of a store without events, want both", len(got))
		}
		appendAt(t, db, noon+5, service)
		update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.ForgetOld(ctx) })
		got := states(t, db)
		if len(got) != 1 || string(got[0].Body) != "b" {
			t.Errorf("ServiceStates = %+v, want what is in force", got)
		}
		view(t, db, func(ctx context.Context, tx *store.Tx) error {
			left, _, err := tx.Replays(ctx, parse(t, bellhop.Replays, ""), everything)
			if len(left) != 1 || left[0].ID != running.ID {
				t.Errorf("%d replays are left, want the one that is running", len(left))
			}
			return err
		})
	})
}

// by says that a replay has made the delivery of a result.
func by(replay *bellhop.Replay, r store.Result) store.Result {
	r.Replay = replay.ID
	return r
}
