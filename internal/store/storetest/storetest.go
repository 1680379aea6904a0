// Package storetest is what every engine of package store must pass: each promise of
// its doc comments is a subtest. A test of an engine is one line,
//
//	storetest.Run(t, func(t *testing.T) *store.DB { ... })
//
// Many subtests run in bubbles of testing/synctest, with the store opened inside, so
// that "waits for 20 ms" is exact and "all of them wait" can be seen.
package storetest

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"bellhop"
	"bellhop/internal/store"
)

// Opener opens a new, empty store and closes it at the end of the test.
type Opener func(t *testing.T) *store.DB

// Run runs the suite; each subtest opens a store of its own.
func Run(t *testing.T, open Opener) {
	for _, part := range []struct {
		name string
		test func(t *testing.T, open Opener)
	}{
		{"Group", testGroup},
		{"Close", testClose},
		{"HandOver", testHandOver},
		{"Changes", testChanges},
		{"View", testView},
		{"Turns", testTurns},
		{"Documents", testDocuments},
		{"Keys", testKeys},
		{"Notifications", testNotifications},
		{"Settings", testSettings},
		{"Events", testEvents},
		{"Pending", testPending},
		{"Lanes", testLanes},
		{"Pauses", testPauses},
		{"Deferral", testDeferral},
		{"Results", testResults},
		{"Deaths", testDeaths},
		{"Dropping", testDropping},
		{"Lists", testLists},
		{"Replays", testReplays},
		{"Audit", testAudit},
		{"CountOwned", testCountOwned},
		{"ServiceStates", testServiceStates},
		{"Backlog", testBacklog},
		{"Stats", testStats},
		{"Snapshots", testSnapshots},
		{"Delayed", testDelayed},
		{"Loops", testLoops},
		{"Tunnels", testTunnels},
		{"FailedLogins", testFailedLogins},
		{"Newest", testNewest},
		{"AfterCommit", testAfterCommit},
	} {
		t.Run(part.name, func(t *testing.T) {
			t.Parallel()
			part.test(t, open)
		})
	}
}

// inBubble runs test in a bubble with a store of its own.
func inBubble(t *testing.T, name string, open Opener, test func(t *testing.T, db *store.DB)) {
	t.Run(name, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { test(t, open(t)) })
	})
}

// with runs test with a store of its own.
func with(t *testing.T, name string, open Opener, test func(t *testing.T, db *store.DB)) {
	t.Run(name, func(t *testing.T) { test(t, open(t)) })
}

const (
	organization = bellhop.ID("64b0f1a2c3d4e5f60718293a")
	service      = bellhop.ID("64b0f1a2c3d4e5f607182950")
	otherService = bellhop.ID("64b0f1a2c3d4e5f607182951")

	// noon is when most of what these tests store has happened.
	noon = bellhop.Time(1_716_724_800_000)
)

func update(t *testing.T, db *store.DB, f func(ctx context.Context, tx *store.Tx) error) {
	t.Helper()
	if err := db.Update(t.Context(), func(tx *store.Tx) error { return f(t.Context(), tx) }); err != nil {
		t.Fatal(err)
	}
}

func view(t *testing.T, db *store.DB, f func(ctx context.Context, tx *store.Tx) error) {
	t.Helper()
	if err := db.ViewDeliveries(t.Context(), func(tx *store.Tx) error { return f(t.Context(), tx) }); err != nil {
		t.Fatal(err)
	}
}

// receiver takes what is committed, and room deliveries of each lane into memory.
type receiver struct {
	room     int
	handOver func([]store.Pending)
}

func (r *receiver) Room(bellhop.ID) int { return r.room }

func (r *receiver) HandOver(ps []store.Pending) {
	if r.handOver != nil {
		r.handOver(ps)
	}
}

func newEvent(at bellhop.Time, key string) *bellhop.Event {
	return &bellhop.Event{Name: "order.created", Organization: organization, OrgPath: string(organization),
		Key: key, CreatedAt: at, Payload: []byte(`{"event":"order.created"}`)}
}

// deliver appends an event with a delivery to each of services.
func deliver(ctx context.Context, tx *store.Tx, event *bellhop.Event, services ...bellhop.ID) ([]bellhop.Delivery, error) {
	deliveries := make([]bellhop.Delivery, len(services))
	for i, service := range services {
		deliveries[i].Service = service
	}
	return deliveries, tx.Append(ctx, event, deliveries)
}

// appendAt stores an event with a delivery to service.
func appendAt(t *testing.T, db *store.DB, at bellhop.Time, service bellhop.ID) bellhop.Delivery {
	t.Helper()
	var ds []bellhop.Delivery
	update(t, db, func(ctx context.Context, tx *store.Tx) (err error) {
		ds, err = deliver(ctx, tx, newEvent(at, "k"), service)
		return err
	})
	return ds[0]
}

func due(t *testing.T, db *store.DB, service bellhop.ID, now bellhop.Time, n int) []store.Pending {
	t.Helper()
	var found []store.Pending
	view(t, db, func(ctx context.Context, tx *store.Tx) (err error) {
		found, err = tx.Due(ctx, store.ServiceLane(service), now, store.Cursor{}, nil, n)
		return err
	})
	return found
}

func seqs(ps []store.Pending) []int64 {
	var all []int64
	for _, p := range ps {
		all = append(all, p.Delivery.Seq)
	}
	return all
}

func newContact(db *store.DB, at bellhop.Time) *bellhop.Document {
	id := db.NewID(at)
	return &bellhop.Document{ID: id, Organization: organization, OrgPath: string(organization),
		CreatedAt: at, UpdatedAt: at, Body: fmt.Appendf(nil, `{"id":%q}`, id)}
}

func wantCode(t *testing.T, err error, want bellhop.Code) {
	t.Helper()
	if e, ok := asError(err); !ok || e.Code != want {
		t.Errorf("error = %v, want a bellhop.Error of code %d", err, want)
	}
}

// soon is more than a ride of UpdateSoon takes.
const soon = time.Second
