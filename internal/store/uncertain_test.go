package store_test

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"

	"bellhop"
	"bellhop/internal/store"
	"bellhop/internal/store/storetest"
)

// A connection that is lost at a COMMIT loses nothing and does nothing twice, whether the COMMIT has arrived or not.
// Nobody is told that something is stored which is not.
func TestConnectionLostAtCommit(t *testing.T) {
	config := storetest.Postgres(t)
	p, through := newProxy(t, config.Database)
	config.Database = through
	for name, c := range map[string]struct {
		cut  cutting
		runs int  // of the function
		told bool // the caller hears that it is stored
	}{
		"before it arrives":                             {beforeCommit, 2, true},
		"after it has arrived":                          {afterCommit, 1, true},
		"before it arrives, and nobody can be asked":    {deafAndBefore, 1, false},
		"after it has arrived, and nobody can be asked": {deafAndAfter, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				for what, f := range updates(t) {
					p.deaf.Store(false)
					var told []store.Pending
					db := open(t, config)
					db.DeliverTo(&receiver{handOver: func(ps []store.Pending) { told = append(told, ps...) }})
					if err := db.Update(t.Context(), func(*store.Tx) error { return nil }); err != nil { // it is connected
						t.Fatal(err)
					}
					runs, committed := 0, 0
					p.cut.Store(int32(c.cut))
					var stored func(*store.Tx) (bool, *store.Pending, error)
					err := db.Update(t.Context(), func(tx *store.Tx) (err error) {
						runs++
						tx.AfterCommit(func() { committed++ })
						stored, err = f(tx)
						return err
					})
					if got := p.cut.Swap(int32(nowhere)); got != int32(nowhere) {
						t.Fatalf("%s: nothing was cut", what)
					}
					if c.told && err != nil || !c.told && !bellhop.HasCode(err, bellhop.Unavailable) {
						t.Errorf("%s: Update = %v", what, err)
					}
					if !c.told && !strings.Contains(err.Error(), "nobody knows") {
						t.Errorf("%s: Update = %v, which does not say that it may be stored", what, err)
					}
					if runs != c.runs || (committed == 1) != c.told || committed > 1 {
						t.Errorf("%s: %d runs, %d called after the commit, want %d runs", what, runs, committed, c.runs)
					}
					p.deaf.Store(false)
					var there bool
					var want *store.Pending
					err = db.ViewDeliveries(t.Context(), func(tx *store.Tx) (err error) {
						there, want, err = stored(tx)
						return err
					})
					if err != nil || there != (c.cut != deafAndBefore) {
						t.Errorf("%s: stored %t, %v", what, there, err)
					}
					switch {
					case !c.told || want == nil:
						if len(told) > 0 {
							t.Errorf("%s: handed over: %+v", what, told)
						}
					case len(told) != 1 || !reflect.DeepEqual(told[0], *want):
						t.Errorf("%s: handed over %+v, want %+v", what, told, want)
					}
					if err := db.Close(); err != nil {
						t.Error(err)
					}
				}
			})
		})
	}
}

// updates are functions that write, each of which returns one that looks whether that is stored, and what is to be delivered.
func updates(t *testing.T) map[string]func(tx *store.Tx) (func(*store.Tx) (bool, *store.Pending, error), error) {
	type look = func(*store.Tx) (bool, *store.Pending, error)
	pendingOf := func(lane bellhop.ID, n int) look {
		return func(tx *store.Tx) (bool, *store.Pending, error) {
			found, err := tx.Due(t.Context(), store.ServiceLane(lane), 1<<50, store.Cursor{}, nil, 9)
			if len(found) != n {
				return false, nil, err
			}
			return true, &found[n-1], err
		}
	}
	newEvent := func() *bellhop.Event {
		return &bellhop.Event{Name: "order.created", Organization: organization, OrgPath: string(organization), Key: "k",
			CreatedAt: noon, Payload: []byte("{}")}
	}
	return map[string]func(tx *store.Tx) (look, error){
		"an event with a delivery": func(tx *store.Tx) (look, error) {
			lane := tx.NewID(noon)
			return pendingOf(lane, 1), tx.Append(t.Context(), newEvent(), []bellhop.Delivery{{Service: lane}})
		},
		"an event that is read before": func(tx *store.Tx) (look, error) {
			lane := tx.NewID(noon)
			err := tx.Append(t.Context(), newEvent(), []bellhop.Delivery{{Service: lane}})
			_, err2 := tx.Waiting(t.Context())
			return pendingOf(lane, 1), errors.Join(err, err2)
		},
		"a document": func(tx *store.Tx) (look, error) {
			id := tx.NewID(noon)
			err := tx.Insert(t.Context(), bellhop.Contacts, &bellhop.Document{ID: id, Organization: organization,
				OrgPath: string(organization), CreatedAt: noon, UpdatedAt: noon, Body: []byte("{}")})
			return func(tx *store.Tx) (bool, *store.Pending, error) {
				_, err := tx.Document(t.Context(), bellhop.Contacts, id)
				if bellhop.HasCode(err, bellhop.NotFound) {
					return false, nil, nil
				}
				return err == nil, nil, err
			}, err
		},
	}
}

// A connection that was lost since it was used last is nobody's concern, and one that is lost while a function runs makes
// it run again. A database that nobody can reach makes everybody hear so, in bounded time.
func TestConnectionLost(t *testing.T) {
	config := storetest.Postgres(t)
	p, through := newProxy(t, config.Database)
	config.Database = through
	synctest.Test(t, func(t *testing.T) {
		db := open(t, config)
		insert := func(ctx context.Context, tx *store.Tx) error {
			id := tx.NewID(noon)
			return tx.Insert(ctx, bellhop.Contacts, &bellhop.Document{ID: id, Organization: organization,
				OrgPath: string(organization), CreatedAt: noon, UpdatedAt: noon, Body: []byte("{}")})
		}
		runs := 0
		err := db.Update(t.Context(), func(tx *store.Tx) error {
			if runs++; runs == 1 {
				p.cutAll()
			}
			return insert(t.Context(), tx)
		})
		if err != nil || runs != 2 {
			t.Errorf("Update = %v after %d runs, want 2", err, runs)
		}
		p.cutAll()
		if _, err := db.NewEventID(t.Context(), noon); err != nil {
			t.Error(err)
		}
		p.cutAll()
		if err := db.Update(t.Context(), func(tx *store.Tx) error { return insert(t.Context(), tx) }); err != nil {
			t.Error(err)
		}
		p.deaf.Store(true)
		p.cutAll()
		err = db.Update(t.Context(), func(tx *store.Tx) error { t.Error("it ran"); return nil })
		if !bellhop.HasCode(err, bellhop.Unavailable) {
			t.Errorf("Update = %v", err)
		}
		p.deaf.Store(false)
		if err := db.Update(t.Context(), func(tx *store.Tx) error { return insert(t.Context(), tx) }); err != nil {
			t.Error(err)
		}
		var all []*bellhop.Document
		err = db.View(t.Context(), func(tx *store.Tx) (err error) {
			all, err = tx.All(t.Context(), bellhop.Contacts)
			return err
		})
		if err != nil || len(all) != 3 {
			t.Errorf("%d stored, %v, want 3", len(all), err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
}
