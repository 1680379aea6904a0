package store_test

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"bellhop"
	"bellhop/internal/store"
)

// afterCrash returns a directory with what a crash would leave of dir just now.
func afterCrash(t *testing.T, dir string) string {
	t.Helper()
	left := t.TempDir()
	for _, name := range []string{"bellhop.db", "bellhop.db-wal", "key"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(left, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return left
}

// rows returns how many rows of deliveries there are on the disk.
func rows(t *testing.T, dir string) (n int) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(afterCrash(t, dir), "bellhop.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRow("SELECT count(*) FROM deliveries").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func deferring(t *testing.T) (*store.DB, store.Config) {
	t.Helper()
	config := store.Config{Dir: t.TempDir(), Unsafe: true}
	db := open(t, config)
	db.DeliverTo(&receiver{room: 1 << 20})
	return db, config
}

// storedAs returns a delivery as the store has it.
func storedAs(t *testing.T, db *store.DB, id bellhop.UUID) (d store.StoredDelivery, err error) {
	err = db.ViewDeliveries(t.Context(), func(tx *store.Tx) (err error) {
		d, _, err = tx.Delivery(t.Context(), id)
		return err
	})
	return d, err
}

func delivered(t *testing.T, db *store.DB, d bellhop.Delivery) {
	t.Helper()
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		pending, err := tx.Record(ctx, store.Result{Delivery: d.Seq, Status: bellhop.Delivered, At: noon, Attempt: &bellhop.Attempt{Number: 1, Status: 200}})
		if !pending {
			t.Errorf("delivery %d was not pending", d.Seq)
		}
		return err
	})
}

func nothing(t *testing.T, db *store.DB) {
	t.Helper()
	update(t, db, func(context.Context, *store.Tx) error { return nil })
}

func TestRowsAreWrittenOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db, config := deferring(t)
		want := func(when string, want int) {
			t.Helper()
			if got := rows(t, config.Dir); got != want {
				t.Errorf("%s: %d rows, want %d", when, got, want)
			}
		}
		_, d := appended(t, db, noon)
		appended(t, db, noon)
		want("appended", 0)
		delivered(t, db, d)
		want("one is delivered", 1)
		time.Sleep(4999 * time.Millisecond)
		appended(t, db, noon)
		want("not old yet", 1)
		time.Sleep(time.Millisecond)
		nothing(t, db)
		want("one is old", 2)
		err := db.ViewLane(t.Context(), organization, func(*store.Tx) error { return nil })
		want("another lane was read", 2)
		dueNow(t, db, noon)
		want("read", 3)
		if err != nil {
			t.Error(err)
		}
		appended(t, db, noon)
		if err := db.Close(); err != nil {
			t.Error(err)
		}
		if got := len(dueNow(t, open(t, config), noon)); got != 3 {
			t.Errorf("%d are due, want 3", got)
		}
	})
}

func TestWithoutReceiverNothingIsDeferred(t *testing.T) {
	config := store.Config{Dir: t.TempDir(), Unsafe: true}
	appended(t, open(t, config), noon)
	if got := rows(t, config.Dir); got != 1 {
		t.Errorf("%d rows, want 1", got)
	}
}

func TestDeferredPayloadIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // in which nothing gets old
		db, config := deferring(t)
		for range 20 {
			update(t, db, func(ctx context.Context, tx *store.Tx) error {
				event := &bellhop.Event{Name: "order.created", Organization: organization, OrgPath: string(organization), CreatedAt: noon, Payload: make([]byte, 1<<20)}
				return tx.Append(ctx, event, []bellhop.Delivery{{Service: service}})
			})
		}
		if got := rows(t, config.Dir); got != 4 {
			t.Errorf("%d rows, want those above 16 MiB: 4", got)
		}
	})
}

func TestCrash(t *testing.T) {
	db, config := deferring(t)
	_, first := appended(t, db, noon)
	_, second := appended(t, db, noon+1)
	_, third := appended(t, db, noon) // the clock went back
	delivered(t, db, second)
	want, err := storedAs(t, open(t, store.Config{Dir: afterCrash(t, config.Dir)}), third.ID)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(want.Delivery, third) {
		t.Errorf("stored %+v, want %+v", want.Delivery, third)
	}
	db = open(t, store.Config{Dir: afterCrash(t, config.Dir)})
	if got := dueNow(t, db, noon); !slices.Equal(got, []int64{first.Seq, third.Seq}) {
		t.Errorf("due: %v, want %d and %d", got, first.Seq, third.Seq)
	}
	if d, err := storedAs(t, db, second.ID); err != nil || d.Status != bellhop.Delivered {
		t.Errorf("stored: %+v, %v", d, err)
	}
	if _, d := appended(t, db, noon); d.Seq != third.Seq+1 || d.Due != noon+1 {
		t.Errorf("the next one: %+v after %d", d, third.Seq)
	}
	delivered(t, db, first)
}

// What was dropped and removed is not taken for missing.
func TestCrashAfterDrop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db, config := deferring(t)
		_, d := appended(t, db, noon)
		update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.DropDeliveries(ctx, service) })
		run := func(db *store.DB) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if err := db.Run(ctx, slog.New(slog.DiscardHandler)); err != nil {
				t.Error(err)
			}
		}
		early := open(t, store.Config{Dir: afterCrash(t, config.Dir), Unsafe: true})
		run(early)
		run(db)
		for name, db := range map[string]*store.DB{"before": early, "after": open(t, store.Config{Dir: afterCrash(t, config.Dir), Unsafe: true})} {
			if got := dueNow(t, db, noon); len(got) != 0 {
				t.Errorf("due after a crash %s the removal: %v", name, got)
			}
			if _, next := appended(t, db, noon); next.Seq <= d.Seq {
				t.Errorf("delivery %d after %d", next.Seq, d.Seq)
			}
		}
	})
}

// Restarts look only at new events. One that was numbered long ago and appended now is not
// missed.
func TestCrashWithLateEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db, config := deferring(t)
		id, err := db.NewEventID(t.Context(), noon)
		if err != nil {
			t.Fatal(err)
		}
		late := &bellhop.Event{ID: id, Name: "order.created", Organization: organization, OrgPath: string(organization), CreatedAt: noon, Payload: []byte("{}")}
		for range 15 {
			update(t, db, func(ctx context.Context, tx *store.Tx) error {
				for range 1000 {
					event := &bellhop.Event{Name: "order.created", Organization: organization, OrgPath: string(organization), CreatedAt: noon, Payload: []byte("{}")}
					if err := tx.Append(ctx, event, nil); err != nil {
						return err
					}
				}
				return nil
			})
		}
		_, d := appended(t, db, noon)
		delivered(t, db, d)
		time.Sleep(time.Second)
		nothing(t, db) // takes note
		before := rows(t, config.Dir)
		_, d = appended(t, db, noon)
		update(t, db, func(ctx context.Context, tx *store.Tx) error {
			return tx.Append(ctx, late, []bellhop.Delivery{{Service: service}})
		})
		if got := rows(t, config.Dir); got != before+1 {
			t.Errorf("%d rows, want %d: nothing may be deferred that a restart does not look at", got, before+1)
		}
		if got := dueNow(t, open(t, store.Config{Dir: afterCrash(t, config.Dir), Unsafe: true}), noon); !slices.Equal(got, []int64{d.Seq, d.Seq + 1}) {
			t.Errorf("due: %v, want %d and the next one", got, d.Seq)
		}
	})
}

// However many events come after it, what waits is looked for.
func TestCrashBeforeManyEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db, config := deferring(t)
		add := func(deliveries ...bellhop.Delivery) {
			update(t, db, func(ctx context.Context, tx *store.Tx) error {
				for range 1000 {
					event := &bellhop.Event{Name: "order.created", Organization: organization, OrgPath: string(organization), CreatedAt: noon, Payload: []byte("{}")}
					if err := tx.Append(ctx, event, slices.Clone(deliveries)); err != nil {
						return err
					}
				}
				return nil
			})
		}
		add(bellhop.Delivery{Service: service})
		for range 15 {
			add()
		}
		time.Sleep(5 * time.Second)
		nothing(t, db) // writes some of what is old now
		if got := rows(t, config.Dir); got == 0 || got > 500 {
			t.Errorf("%d rows were written at once", got)
		}
		err := open(t, store.Config{Dir: afterCrash(t, config.Dir), Unsafe: true}).ViewDeliveries(t.Context(), func(tx *store.Tx) error {
			due, err := tx.Due(t.Context(), store.ServiceLane(service), noon, store.Cursor{}, nil, 2000)
			if len(due) != 1000 {
				t.Errorf("%d are due, want 1000", len(due))
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// TestCrashes does this and that in many ways, crashes in between, and compares what is there
// with what was answered.
func TestCrashes(t *testing.T) {
	seeds := uint64(15)
	if store.RaceEnabled {
		seeds = 3
	}
	for seed := range seeds {
		synctest.Test(t, func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 1))
			config := store.Config{Dir: t.TempDir(), Unsafe: true}
			var db *store.DB
			start := func() {
				db = open(t, config)
				db.DeliverTo(&receiver{room: []int{0, 1, 1000}[r.IntN(3)]})
			}
			start()
			status := map[int64]bellhop.DeliveryStatus{}
			ids, attempts := map[int64]bellhop.UUID{}, map[int64]int{}
			var pending []int64
			for range 80 {
				switch r.IntN(12) {
				default:
					fails := r.IntN(4) == 0
					var made []bellhop.Delivery
					err := db.Update(t.Context(), func(tx *store.Tx) error {
						made = nil
						for range 1 + r.IntN(3) {
							event := &bellhop.Event{Name: "order.created", Organization: organization, OrgPath: string(organization),
								CreatedAt: noon + bellhop.Time(r.IntN(1000)), Payload: []byte("{}")}
							deliveries := make([]bellhop.Delivery, r.IntN(4))
							for i := range deliveries {
								deliveries[i].Service = []bellhop.ID{service, organization}[r.IntN(2)]
								if r.IntN(5) == 0 {
									deliveries[i].Instance = []byte("{}")
								}
							}
							if err := tx.Append(t.Context(), event, deliveries); err != nil {
								return err
							}
							made = append(made, deliveries...)
						}
						if fails {
							return errors.New("fails")
						}
						return nil
					})
					if (err != nil) != fails {
						t.Fatalf("seed %d: %v", seed, err)
					}
					for _, d := range made {
						if fails {
							continue
						}
						status[d.Seq], ids[d.Seq] = bellhop.Pending, d.ID
						pending = append(pending, d.Seq)
					}
				case 0, 1, 2, 3, 4:
					if len(pending) == 0 {
						continue
					}
					i := r.IntN(len(pending))
					seq := pending[i]
					result := store.Result{Delivery: seq, Status: bellhop.DeliveryStatus(r.IntN(3)), At: noon, Due: noon, Attempt: &bellhop.Attempt{Number: attempts[seq] + 1}}
					fails := r.IntN(4) == 0
					var was bool
					err := db.Update(t.Context(), func(tx *store.Tx) (err error) {
						was, err = tx.Record(t.Context(), result)
						if fails {
							err = errors.Join(err, errors.New("fails"))
						}
						return err
					})
					if (err != nil) != fails {
						t.Fatalf("seed %d: %v", seed, err)
					}
					if !was {
						t.Fatalf("seed %d: delivery %d was not pending", seed, seq)
					}
					if !fails {
						attempts[seq]++
					}
					if !fails && result.Status != bellhop.Pending {
						status[seq] = result.Status
						pending = slices.Delete(pending, i, i+1)
					}
				case 5:
					time.Sleep(time.Duration(r.IntN(2000)) * time.Millisecond)
				case 6:
					dueNow(t, db, noon)
				case 7:
					config.Dir = afterCrash(t, config.Dir)
					start()
				case 8:
					db = reopened(t, db, config)
				}
			}
			config.Dir = afterCrash(t, config.Dir)
			start()
			for seq, want := range status {
				if d, err := storedAs(t, db, ids[seq]); err != nil || d.Status != want || d.Attempts != attempts[seq] {
					t.Fatalf("seed %d: delivery %d is %s after %d attempts, %v, want %s after %d", seed, seq, d.Status, d.Attempts, err, want, attempts[seq])
				}
			}
			if got := rows(t, config.Dir); got != len(status) {
				t.Fatalf("seed %d: %d deliveries, want %d", seed, got, len(status))
			}
		})
	}
}
