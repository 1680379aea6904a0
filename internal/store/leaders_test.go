package store_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"bellhop"
	"bellhop/internal/store"
	"bellhop/internal/store/storetest"
)

// leaders is how many batches are committed at once.
const leaders = 4

// atOnce runs functions of updates at the same time, each in a batch of its own, and returns their errors. meet
// waits, in each of them, until all are there, and does nothing when they run again.
func atOnce(t *testing.T, db *store.DB, n int, f func(tx *store.Tx, i int, meet func()) error) []error {
	t.Helper()
	var wg, all sync.WaitGroup
	all.Add(n)
	errs := make([]error, n)
	for i := range n {
		var once sync.Once
		running := make(chan struct{})
		var began sync.Once
		wg.Go(func() {
			errs[i] = db.Update(t.Context(), func(tx *store.Tx) error {
				began.Do(func() { close(running) })
				return f(tx, i, func() { once.Do(func() { all.Done(); all.Wait() }) })
			})
		})
		<-running // nobody joins its batch now
	}
	wg.Wait()
	return errs
}

// Those who deliver are told of commits in their order, also where several are under way at once.
func TestLeadersHandOverInOrder(t *testing.T) {
	db := open(t, storetest.Postgres(t))
	var told []int64
	var telling atomic.Int32
	db.DeliverTo(&receiver{handOver: func(ps []store.Pending) {
		if telling.Add(1) > 1 {
			t.Error("two are told at once")
		}
		for _, p := range ps {
			told = append(told, p.Delivery.Seq)
		}
		telling.Add(-1)
	}})
	const rounds = 10
	for range rounds {
		for _, err := range atOnce(t, db, leaders, func(tx *store.Tx, i int, meet func()) error {
			meet()
			for range i + 1 {
				if err := appendOne(t.Context(), tx); err != nil {
					return err
				}
			}
			return nil
		}) {
			if err != nil {
				t.Error(err)
			}
		}
	}
	if want := rounds * leaders * (leaders + 1) / 2; len(told) != want || !slices.IsSorted(told) || len(slices.Compact(slices.Clone(told))) != want {
		t.Errorf("told of %d, want %d in ascending order: %v", len(told), want, told)
	}
	var lane []int64
	err := db.ViewLane(t.Context(), service, func(tx *store.Tx) error {
		found, err := tx.Due(t.Context(), store.ServiceLane(service), noon, store.Cursor{}, nil, 1000)
		for _, p := range found {
			lane = append(lane, p.Delivery.Seq)
		}
		return err
	})
	if err != nil || !slices.Equal(lane, told) {
		t.Errorf("stored %v, %v, told of %v", lane, err, told)
	}
}

func appendOne(ctx context.Context, tx *store.Tx) error {
	return tx.Append(ctx, &bellhop.Event{Name: "order.created", Organization: organization, OrgPath: string(organization), Key: "k",
		CreatedAt: noon, Payload: []byte("{}")}, []bellhop.Delivery{{Service: service}})
}

// Two who publish with the same id at the same time store one event.
func TestLeadersPublishTheSame(t *testing.T) {
	db := open(t, storetest.Postgres(t))
	id := bellhop.UUID{1, 2, 3}
	var stored, known atomic.Int32
	for _, err := range atOnce(t, db, 2, func(tx *store.Tx, _ int, meet func()) error {
		_, err := tx.ChosenEvent(t.Context(), organization, id)
		meet()
		switch {
		case err == nil:
			known.Add(1)
			return nil
		case !errors.Is(err, store.ErrNoEvent):
			return err
		}
		tx.AfterCommit(func() { stored.Add(1) })
		return tx.Append(t.Context(), &bellhop.Event{ID: id, Digest: []byte("digest"), Name: "order.created", Organization: organization,
			OrgPath: string(organization), CreatedAt: noon, Payload: []byte("{}")}, nil)
	}) {
		if err != nil {
			t.Error(err)
		}
	}
	if stored.Load() != 1 || known.Load() != 1 {
		t.Errorf("%d stored, %d found what the other one has stored, want 1 and 1", stored.Load(), known.Load())
	}
}

// Who reads what he has appended, and then waits for what another one holds, does not wait for ever, though that one
// waits to number what he has appended.
func TestLeadersDoNotWaitForEachOther(t *testing.T) {
	db := open(t, storetest.Postgres(t))
	doc := &bellhop.Document{ID: db.NewID(noon), Organization: organization, OrgPath: string(organization), CreatedAt: noon, UpdatedAt: noon, Body: []byte("{}")}
	if err := db.Update(t.Context(), func(tx *store.Tx) error { return tx.Insert(t.Context(), bellhop.Contacts, doc) }); err != nil {
		t.Fatal(err)
	}
	for _, err := range atOnce(t, db, 2, func(tx *store.Tx, i int, meet func()) error {
		replace := func() error { return tx.Replace(t.Context(), bellhop.Contacts, doc) }
		if i == 1 {
			err := appendOne(t.Context(), tx)
			_, err2 := tx.Waiting(t.Context()) // so that it is numbered
			meet()
			return errors.Join(err, err2, replace())
		}
		err := replace()
		meet()
		return errors.Join(err, appendOne(t.Context(), tx))
	}) {
		if err != nil {
			t.Error(err)
		}
	}
}

// A commit that somebody waits for is on disk, whatever the database says by default, unless that is safer. Only
// what may be lost need not be.
func TestSynchronousCommit(t *testing.T) {
	for set, want := range map[string]string{"off": "on", "remote_apply": "remote_apply"} {
		config := storetest.Postgres(t)
		config.Unsafe = false
		setDefault(t, config.Database, "synchronous_commit", set)
		db := open(t, config)
		for name, c := range map[string]struct {
			update func(context.Context, func(*store.Tx) error) error
			want   string
		}{"Update": {db.Update, want}, "UpdateSoon": {db.UpdateSoon, want}, "UpdateLazily": {db.UpdateLazily, "off"}} {
			var got string
			err := c.update(t.Context(), func(tx *store.Tx) (err error) {
				got, err = tx.Parameter(t.Context(), "synchronous_commit")
				return err
			})
			if err != nil || got != c.want {
				t.Errorf("with %s by default %s has %s, %v, want %s", set, name, got, err, c.want)
			}
		}
	}
}

// setDefault sets what holds for all who connect to a database, unless they say otherwise.
func setDefault(t *testing.T, database, setting, value string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), "ALTER DATABASE "+conn.Config().Database+" SET "+setting+" = "+value); err != nil {
		t.Fatal(err)
	}
}
