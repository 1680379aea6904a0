package storetest

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"bellhop"
	"bellhop/internal/store"
)

func testDocuments(t *testing.T, open Opener) {
	with(t, "the life of a document", open, func(t *testing.T, db *store.DB) {
		for _, kind := range bellhop.Kinds() {
			t.Run(kind.Name, func(t *testing.T) { testLife(t, db, kind) })
		}
	})
	with(t, "every function on every kind in one store", open, testEverything)
	with(t, "children", open, testChildren)
	with(t, "referring to another one", open, testReferring)
	with(t, "several by their ids", open, testSeveral)
	with(t, "exists in a path or below", open, func(t *testing.T, db *store.DB) {
		doc := newContact(db, noon)
		doc.OrgPath = "aa#bb"
		update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.Insert(ctx, bellhop.Contacts, doc) })
		for path, want := range map[string]bool{"aa": true, "aa#bb": true, "aa#b": false, "a": false, "bb": false, "aa#bb#cc": false, "aa#bc": false} {
			view(t, db, func(ctx context.Context, tx *store.Tx) error {
				got, err := tx.Exists(ctx, bellhop.Contacts, path)
				if got != want {
					t.Errorf("Exists(%s) = %t, want %t", path, got, want)
				}
				return err
			})
		}
	})
	with(t, "owned by an organization", open, testOwned)
	with(t, "ids ascend", open, func(t *testing.T, db *store.DB) {
		last := db.NewID(noon)
		for _, now := range []bellhop.Time{noon, noon + 1, noon - 1000, noon + 1} {
			id := db.NewID(now)
			if !id.Valid() || id <= last {
				t.Errorf("NewID(%s) = %s after %s", now, id, last)
			}
			last = id
		}
	})
}

func testOwned(t *testing.T, db *store.DB) {
	var ids []bellhop.ID
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		for i, path := range []string{"aa", "aa#bb", "aa#bb", "aa#bb#cc", "aa#b"} {
			doc := newContact(db, noon-bellhop.Time(i)) // the later the older
			doc.OrgPath = path
			ids = append(ids, doc.ID)
			if err := tx.Insert(ctx, bellhop.Channels, doc); err != nil {
				return err
			}
		}
		return nil
	})
	for path, want := range map[string][]bellhop.ID{"aa": {ids[0]}, "aa#bb": {ids[2], ids[1]}, "aa#bb#cc": {ids[3]}, "bb": nil, "": nil} {
		view(t, db, func(ctx context.Context, tx *store.Tx) error {
			docs, err := tx.Owned(ctx, bellhop.Channels, path)
			var got []bellhop.ID
			for _, doc := range docs {
				got = append(got, doc.ID)
			}
			if !slices.Equal(got, want) {
				t.Errorf("Owned(%q) = %v, want %v", path, got, want)
			}
			return err
		})
	}
}

func testLife(t *testing.T, db *store.DB, kind *bellhop.Kind) {
	doc := newContact(db, noon)
	doc.Body, doc.Secret, doc.Parent = []byte(`{"name":"Zoë <&> \"x\""}`), []byte(`{"secret":"s3cret"}`), db.NewID(noon)
	read := func() (*bellhop.Document, error) {
		var found *bellhop.Document
		err := db.View(t.Context(), func(tx *store.Tx) (err error) {
			found, err = tx.Document(t.Context(), kind, doc.ID)
			return err
		})
		return found, err
	}
	write := func(f func(ctx context.Context, tx *store.Tx) error) error {
		return db.Update(t.Context(), func(tx *store.Tx) error { return f(t.Context(), tx) })
	}
	insert := func(ctx context.Context, tx *store.Tx) error { return tx.Insert(ctx, kind, doc) }
	replace := func(ctx context.Context, tx *store.Tx) error { return tx.Replace(ctx, kind, doc) }
	remove := func(ctx context.Context, tx *store.Tx) error { return tx.Delete(ctx, kind, doc.ID) }
	wantNone := func(err error) {
		t.Helper()
		if wantCode(t, err, bellhop.NotFound); err != nil && err.Error() != kind.NotFound().Error() {
			t.Errorf("error = %v, want %v", err, kind.NotFound())
		}
	}
	_, err := read()
	wantNone(err)
	wantNone(write(replace))
	wantNone(write(remove))
	for _, step := range []struct {
		name   string
		change func(ctx context.Context, tx *store.Tx) error
	}{{"insert", insert}, {"replace", replace}} {
		if err := write(step.change); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if found, err := read(); err != nil || !reflect.DeepEqual(found, doc) {
			t.Errorf("after %s: %+v, %v, want %+v", step.name, found, err, doc)
		}
		doc.Body, doc.Secret, doc.Parent, doc.UpdatedAt = []byte(`{"name":"B"}`), nil, "", noon+5
		doc.Organization, doc.OrgPath = db.NewID(noon), "aa#bb"
	}
	if err := write(insert); err == nil {
		t.Error("inserted twice")
	}
	if err := write(remove); err != nil {
		t.Error(err)
	}
	_, err = read()
	wantNone(err)
}

// testEverything fails when a session is asked to prepare more than it may.
func testEverything(t *testing.T, db *store.DB) {
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		for _, kind := range bellhop.Kinds() {
			doc := newContact(db, noon)
			doc.Keys = []string{"a"}
			_, childrenErr := tx.Children(ctx, kind, doc.ID, 1)
			_, idsErr := tx.ChildIDs(ctx, kind, doc.ID, 1)
			_, allErr := tx.All(ctx, kind)
			_, existsErr := tx.Exists(ctx, kind, "aa")
			_, ownedErr := tx.Owned(ctx, kind, "aa")
			err := errors.Join(tx.Insert(ctx, kind, doc), tx.Replace(ctx, kind, doc), tx.DeleteChildren(ctx, kind, doc.ID),
				childrenErr, idsErr, allErr, existsErr, ownedErr)
			if err != nil {
				return err
			}
			if _, err := tx.DocumentWithKey(ctx, kind, "a"); err != nil {
				return err
			}
			if _, err := tx.Document(ctx, kind, doc.ID); err != nil {
				return err
			}
			if err := tx.Delete(ctx, kind, doc.ID); err != nil {
				return err
			}
		}
		_, err := deliver(ctx, tx, newEvent(noon, "k"), service)
		return err
	})
}

func testChildren(t *testing.T, db *store.DB) {
	parent, other := db.NewID(noon), db.NewID(noon)
	var ids []bellhop.ID
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		for i := range 5 {
			doc := newContact(db, noon+bellhop.Time(i/2)) // the id decides ties
			doc.Parent, doc.Keys = parent, []string{"child:" + string(doc.ID)}
			ids = append(ids, doc.ID)
			if err := tx.Insert(ctx, bellhop.Messages, doc); err != nil {
				return err
			}
		}
		doc := newContact(db, noon)
		doc.Parent = other
		return tx.Insert(ctx, bellhop.Messages, doc)
	})
	for newest, want := range map[int][]bellhop.ID{0: nil, 2: ids[3:], 5: ids, 9: ids} {
		view(t, db, func(ctx context.Context, tx *store.Tx) error {
			docs, err := tx.Children(ctx, bellhop.Messages, parent, newest)
			if err != nil {
				return err
			}
			var of []bellhop.ID
			for _, doc := range docs {
				of = append(of, doc.ID)
			}
			got, err := tx.ChildIDs(ctx, bellhop.Messages, parent, newest)
			if !slices.Equal(of, want) || !slices.Equal(got, want) {
				t.Errorf("the newest %d: Children = %v, ChildIDs = %v, want %v", newest, of, got, want)
			}
			return err
		})
	}
	update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.DeleteChildren(ctx, bellhop.Messages, parent) })
	view(t, db, func(ctx context.Context, tx *store.Tx) error {
		gone, err := tx.ChildIDs(ctx, bellhop.Messages, parent, 9)
		left, err2 := tx.ChildIDs(ctx, bellhop.Messages, other, 9)
		if len(gone) != 0 || len(left) != 1 {
			t.Errorf("%d and %d children are left, want 0 and 1", len(gone), len(left))
		}
		return errors.Join(err, err2)
	})
	update(t, db, func(ctx context.Context, tx *store.Tx) error { // their keys went with them
		doc := newContact(db, noon)
		doc.Keys = []string{"child:" + string(ids[0])}
		return tx.Insert(ctx, bellhop.Messages, doc)
	})
}

func testReferring(t *testing.T, db *store.DB) {
	var want []bellhop.ID
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		var errs []error
		for i, body := range []string{`{"bot":"b1"}`, `{"bot":"b2"}`, `{"bot":"b1"}`, `{"bot":"b1"}`, `{"bot":null}`, `{}`} {
			doc := newContact(db, noon)
			doc.Body = []byte(body)
			if i == 3 {
				doc.Organization = db.NewID(noon)
			}
			if i == 0 || i == 2 {
				want = append(want, doc.ID)
			}
			errs = append(errs, tx.Insert(ctx, bellhop.BotInstances, doc))
		}
		return errors.Join(errs...)
	})
	view(t, db, func(ctx context.Context, tx *store.Tx) error {
		docs, err := tx.Referring(ctx, bellhop.BotInstances, "bot", "b1", organization)
		if got := idsOf(docs); !slices.Equal(got, want) {
			t.Errorf("Referring = %v, want %v", got, want)
		}
		return err
	})
}

func testSeveral(t *testing.T, db *store.DB) {
	var ids []bellhop.ID
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		var errs []error
		for range 3 {
			doc := newContact(db, noon)
			ids = append(ids, doc.ID)
			errs = append(errs, tx.Insert(ctx, bellhop.Contacts, doc))
		}
		return errors.Join(errs...)
	})
	for _, test := range []struct{ of, want []bellhop.ID }{
		{nil, nil},
		{[]bellhop.ID{ids[2], ids[0]}, []bellhop.ID{ids[2], ids[0]}},
		{[]bellhop.ID{"x", ids[1], db.NewID(noon), ids[1]}, []bellhop.ID{ids[1], ids[1]}},
	} {
		view(t, db, func(ctx context.Context, tx *store.Tx) error {
			docs, err := tx.Documents(ctx, bellhop.Contacts, test.of)
			if got := idsOf(docs); !slices.Equal(got, test.want) {
				t.Errorf("Documents(%v) = %v, want %v", test.of, got, test.want)
			}
			return err
		})
	}
}

func idsOf(docs []*bellhop.Document) (ids []bellhop.ID) {
	for _, doc := range docs {
		ids = append(ids, doc.ID)
	}
	return ids
}

func testKeys(t *testing.T, open Opener) {
	with(t, "unique in their kind", open, func(t *testing.T, db *store.DB) {
		long := strings.Repeat("ä", 200)
		a, b, user := newContact(db, noon), newContact(db, noon), newContact(db, noon)
		a.Keys, user.Keys = []string{"email:a", long + "a"}, []string{"email:a"}
		b.Keys = []string{"email:b", long + "b"}
		update(t, db, func(ctx context.Context, tx *store.Tx) error {
			return errors.Join(tx.Insert(ctx, bellhop.Contacts, a), tx.Insert(ctx, bellhop.Contacts, b), tx.Insert(ctx, bellhop.Users, user))
		})
		for key, want := range map[string]bellhop.ID{"email:a": a.ID, "email:b": b.ID, long + "a": a.ID, long + "b": b.ID} {
			view(t, db, func(ctx context.Context, tx *store.Tx) error {
				got, err := tx.DocumentWithKey(ctx, bellhop.Contacts, key)
				if err == nil && (got.ID != want || got.Keys != nil) {
					t.Errorf("DocumentWithKey(%.10q) = %s with %v, want %s", key, got.ID, got.Keys, want)
				}
				return err
			})
		}
		for name, change := range map[string]func(ctx context.Context, tx *store.Tx) error{
			"insert": func(ctx context.Context, tx *store.Tx) error {
				c := newContact(db, noon)
				c.Keys = []string{"email:c", "email:a"}
				return tx.Insert(ctx, bellhop.Contacts, c)
			},
			"replace": func(ctx context.Context, tx *store.Tx) error {
				changed := *b
				changed.Keys = []string{long + "a"}
				return tx.Replace(ctx, bellhop.Contacts, &changed)
			},
		} {
			err := db.Update(t.Context(), func(tx *store.Tx) error { return change(t.Context(), tx) })
			if !errors.Is(err, store.ErrTaken) {
				t.Errorf("%s = %v, want %v", name, err, store.ErrTaken)
			}
		}
		wantKey(t, db, "email:c", "")
		wantKey(t, db, "email:b", b.ID)
	})
	with(t, "follow their document", open, func(t *testing.T, db *store.DB) {
		doc := newContact(db, noon)
		doc.Keys = []string{"1", "2"}
		update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.Insert(ctx, bellhop.Contacts, doc) })
		for _, step := range []struct{ keys, want []string }{
			{nil, []string{"1", "2"}}, // nil leaves them
			{[]string{"2", "3"}, []string{"2", "3"}},
			{[]string{}, nil},
			{[]string{"1"}, []string{"1"}},
		} {
			doc.Keys = step.keys
			update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.Replace(ctx, bellhop.Contacts, doc) })
			for _, key := range []string{"1", "2", "3"} {
				want := bellhop.ID("")
				if slices.Contains(step.want, key) {
					want = doc.ID
				}
				wantKey(t, db, key, want)
			}
		}
		update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.Delete(ctx, bellhop.Contacts, doc.ID) })
		wantKey(t, db, "1", "")
	})
}

// wantKey checks which contact has key; "" means none.
func wantKey(t *testing.T, db *store.DB, key string, want bellhop.ID) {
	t.Helper()
	var got bellhop.ID
	err := db.View(t.Context(), func(tx *store.Tx) error {
		doc, err := tx.DocumentWithKey(t.Context(), bellhop.Contacts, key)
		if err == nil {
			got = doc.ID
		}
		return err
	})
	if want == "" {
		wantCode(t, err, bellhop.NotFound)
	} else if err != nil || got != want {
		t.Errorf("the contact with key %s = %s, %v, want %s", key, got, err, want)
	}
}

func testSettings(t *testing.T, open Opener) {
	with(t, "kept by name", open, func(t *testing.T, db *store.DB) {
		get := func(name string) (value string) {
			view(t, db, func(ctx context.Context, tx *store.Tx) error {
				secret, err := tx.Setting(ctx, name)
				value = string(secret)
				if secret == nil {
					value = "none"
				}
				return err
			})
			return value
		}
		set := func(name, value string) {
			update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.SetSetting(ctx, name, []byte(value)) })
		}
		set("a", "1")
		set("b", "2")
		set("a", "3")
		for name, want := range map[string]string{"a": "3", "b": "2", "c": "none"} {
			if got := get(name); got != want {
				t.Errorf("Setting(%s) = %s, want %s", name, got, want)
			}
		}
	})
}
