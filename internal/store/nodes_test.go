package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"bellhop"
	"bellhop/internal/store"
	"bellhop/internal/store/storetest"
)

// TestNodes is what several nodes on one database must not do to each other.
func TestNodes(t *testing.T) {
	t.Parallel()
	nodes := storetest.Nodes(t, 2)
	for name, test := range map[string]func(t *testing.T, nodes []*store.DB){
		"no change of another field is lost":            noFieldLost,
		"no change of a conversation is lost":           noPostLost,
		"conversations in any order":                    anyOrder,
		"nothing is made below what is deleted":         nothingBelow,
		"one of those who look for a key makes it":      oneOfAKey,
		"what is locked by name":                        lockedNames,
		"what was read in two states is read again":     twoStates,
		"what was read among others is not overwritten": readAmongOthers,
	} {
		t.Run(name, func(t *testing.T) { test(t, nodes) })
	}
}

func newDocument(db *store.DB, body string) *bellhop.Document {
	id := db.NewID(noon)
	return &bellhop.Document{ID: id, Organization: "64b0f1a2c3d4e5f60718293a", OrgPath: "64b0f1a2c3d4e5f60718293a", CreatedAt: noon, UpdatedAt: noon, Body: []byte(body)}
}

func write(t testing.TB, db *store.DB, f func(ctx context.Context, tx *store.Tx) error) {
	t.Helper()
	if err := db.Update(t.Context(), func(tx *store.Tx) error { return f(t.Context(), tx) }); err != nil {
		t.Error(err)
	}
}

// onAll runs f n times on each node, some of them at the same time.
func onAll(nodes []*store.DB, n int, f func(db *store.DB, i int)) {
	var all sync.WaitGroup
	for at, db := range nodes {
		for worker := range 4 {
			all.Go(func() {
				for i := worker; i < n; i += 4 {
					f(db, i*len(nodes)+at)
				}
			})
		}
	}
	all.Wait()
}

// setField reads a document, and stores it with one field more.
func setField(ctx context.Context, tx *store.Tx, kind *bellhop.Kind, id bellhop.ID, name string) error {
	doc, err := tx.Document(ctx, kind, id)
	if err != nil {
		return err
	}
	fields := map[string]any{}
	if err := doc.Decode(&fields); err != nil {
		return err
	}
	fields[name] = true
	if doc.Body, err = json.Marshal(fields); err != nil {
		return err
	}
	return tx.Replace(ctx, kind, doc)
}

func wantFields(t *testing.T, db *store.DB, kind *bellhop.Kind, id bellhop.ID, want int) {
	t.Helper()
	fields := map[string]any{}
	write(t, db, func(ctx context.Context, tx *store.Tx) error {
		doc, err := tx.Document(ctx, kind, id)
		if err != nil {
			return err
		}
		return doc.Decode(&fields)
	})
	if len(fields) != want {
		t.Errorf("%d fields are there, want %d", len(fields), want)
	}
}

func noFieldLost(t *testing.T, nodes []*store.DB) {
	doc := newDocument(nodes[0], `{}`)
	write(t, nodes[0], func(ctx context.Context, tx *store.Tx) error { return tx.Insert(ctx, bellhop.Users, doc) })
	onAll(nodes, 20, func(db *store.DB, i int) {
		write(t, db, func(ctx context.Context, tx *store.Tx) error {
			return setField(ctx, tx, bellhop.Users, doc.ID, fmt.Sprintf("f%d", i))
		})
	})
	wantFields(t, nodes[1], bellhop.Users, doc.ID, 40)
}

func noPostLost(t *testing.T, nodes []*store.DB) {
	doc := newDocument(nodes[0], `{}`)
	write(t, nodes[0], func(ctx context.Context, tx *store.Tx) error { return tx.Insert(ctx, bellhop.Conversations, doc) })
	onAll(nodes, 40, func(db *store.DB, i int) {
		write(t, db, func(ctx context.Context, tx *store.Tx) error {
			if err := setField(ctx, tx, bellhop.Conversations, doc.ID, fmt.Sprintf("f%d", i)); err != nil {
				return err
			}
			message := newDocument(db, `{}`)
			message.Parent = doc.ID
			return tx.Insert(ctx, bellhop.Messages, message)
		})
	})
	wantFields(t, nodes[1], bellhop.Conversations, doc.ID, 80)
	write(t, nodes[1], func(ctx context.Context, tx *store.Tx) error {
		messages, err := tx.Children(ctx, bellhop.Messages, doc.ID, 1000)
		if len(messages) != 80 {
			t.Errorf("%d messages are there, want 80", len(messages))
		}
		return err
	})
}

// Batches of several nodes take the same conversations in opposite orders.
func anyOrder(t *testing.T, nodes []*store.DB) {
	docs := make([]*bellhop.Document, 8)
	write(t, nodes[0], func(ctx context.Context, tx *store.Tx) (err error) {
		for i := range docs {
			docs[i] = newDocument(nodes[0], `{}`)
			err = errors.Join(err, tx.Insert(ctx, bellhop.Conversations, docs[i]))
		}
		return err
	})
	onAll(nodes, 80, func(db *store.DB, i int) {
		at := i / 2 % len(docs)
		if i%2 == 1 {
			at = len(docs) - 1 - at
		}
		write(t, db, func(ctx context.Context, tx *store.Tx) error {
			return setField(ctx, tx, bellhop.Conversations, docs[at].ID, fmt.Sprintf("f%d", i))
		})
	})
	for _, doc := range docs {
		wantFields(t, nodes[1], bellhop.Conversations, doc.ID, 160/len(docs))
	}
}

func nothingBelow(t *testing.T, nodes []*store.DB) {
	for range 10 {
		parent := newDocument(nodes[0], `{}`)
		write(t, nodes[0], func(ctx context.Context, tx *store.Tx) error { return tx.Insert(ctx, bellhop.Bots, parent) })
		var both sync.WaitGroup
		both.Go(func() {
			write(t, nodes[0], func(ctx context.Context, tx *store.Tx) error {
				if err := tx.Claim(ctx, bellhop.Bots, parent.ID); err != nil {
					return err
				}
				below, err := tx.ChildIDs(ctx, bellhop.BotInstances, parent.ID, 1)
				if err != nil || len(below) > 0 {
					return err
				}
				return tx.Delete(ctx, bellhop.Bots, parent.ID)
			})
		})
		both.Go(func() {
			write(t, nodes[1], func(ctx context.Context, tx *store.Tx) error {
				err := tx.Keep(ctx, bellhop.Bots, parent.ID)
				if bellhop.HasCode(err, bellhop.NotFound) {
					return nil
				}
				child := newDocument(nodes[1], `{}`)
				child.Parent = parent.ID
				return errors.Join(err, tx.Insert(ctx, bellhop.BotInstances, child))
			})
		})
		both.Wait()
		write(t, nodes[0], func(ctx context.Context, tx *store.Tx) error {
			below, err := tx.ChildIDs(ctx, bellhop.BotInstances, parent.ID, 10)
			_, missing := tx.Document(ctx, bellhop.Bots, parent.ID)
			if gone := bellhop.HasCode(missing, bellhop.NotFound); gone != (len(below) == 0) {
				t.Errorf("the parent is gone: %v, and below it are %v", gone, below)
			}
			return err
		})
	}
}

func oneOfAKey(t *testing.T, nodes []*store.DB) {
	var mu sync.Mutex
	found := map[string]map[bellhop.ID]bool{}
	onAll(nodes, 40, func(db *store.DB, i int) {
		key := fmt.Sprintf("key:%d", i/8)
		var id bellhop.ID
		write(t, db, func(ctx context.Context, tx *store.Tx) error {
			doc, err := tx.DocumentWithKey(ctx, bellhop.Contacts, key)
			if err == nil {
				id = doc.ID
				return nil
			}
			if !bellhop.HasCode(err, bellhop.NotFound) {
				return err
			}
			doc = newDocument(db, `{}`)
			doc.Keys = []string{key}
			id = doc.ID
			return tx.Insert(ctx, bellhop.Contacts, doc)
		})
		mu.Lock()
		defer mu.Unlock()
		if found[key] == nil {
			found[key] = map[bellhop.ID]bool{}
		}
		found[key][id] = true
	})
	for key, ids := range found {
		if len(ids) != 1 {
			t.Errorf("%s belongs to %v, want one", key, ids)
		}
	}
}

func lockedNames(t *testing.T, nodes []*store.DB) {
	onAll(nodes, 20, func(db *store.DB, i int) {
		write(t, db, func(ctx context.Context, tx *store.Tx) error {
			if err := errors.Join(tx.Lock(ctx, "counter"), tx.Lock(ctx, "counter")); err != nil {
				return err
			}
			n, err := tx.Setting(ctx, "counter")
			if err != nil {
				return err
			}
			return tx.SetSetting(ctx, "counter", append(n, 1))
		})
	})
	write(t, nodes[0], func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.Setting(ctx, "counter")
		if len(n) != 40 {
			t.Errorf("counted to %d, want 40", len(n))
		}
		return err
	})
}

// between changes a document on another node, in a transaction of its own.
func between(t *testing.T, db *store.DB, kind *bellhop.Kind, id bellhop.ID, name string) {
	t.Helper()
	write(t, db, func(ctx context.Context, tx *store.Tx) error { return setField(ctx, tx, kind, id, name) })
}

// One who reads a document twice does not store what he has made of the first reading.
func twoStates(t *testing.T, nodes []*store.DB) {
	doc := newDocument(nodes[0], `{}`)
	write(t, nodes[0], func(ctx context.Context, tx *store.Tx) error { return tx.Insert(ctx, bellhop.Users, doc) })
	runs := 0
	write(t, nodes[0], func(ctx context.Context, tx *store.Tx) error {
		first, err := tx.Document(ctx, bellhop.Users, doc.ID)
		if err != nil {
			return err
		}
		if runs++; runs == 1 {
			between(t, nodes[1], bellhop.Users, doc.ID, "between")
		}
		if _, err := tx.Document(ctx, bellhop.Users, doc.ID); err != nil {
			return err
		}
		fields := map[string]any{}
		if err := first.Decode(&fields); err != nil {
			return err
		}
		fields["own"] = true
		if first.Body, err = json.Marshal(fields); err != nil {
			return err
		}
		return tx.Replace(ctx, bellhop.Users, first)
	})
	wantFields(t, nodes[1], bellhop.Users, doc.ID, 2)
	if runs != 2 {
		t.Errorf("it ran %d times, want 2", runs)
	}
}

// Who was in the way of another one runs again, however long it took.
func TestNodesConflictSlowly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nodes := storetest.Nodes(t, 2)
		doc := newDocument(nodes[0], `{}`)
		write(t, nodes[0], func(ctx context.Context, tx *store.Tx) error { return tx.Insert(ctx, bellhop.Users, doc) })
		runs := 0
		write(t, nodes[0], func(ctx context.Context, tx *store.Tx) error {
			read, err := tx.Document(ctx, bellhop.Users, doc.ID)
			if err != nil {
				return err
			}
			if runs++; runs < 3 { // then it holds what it has read
				between(t, nodes[1], bellhop.Users, doc.ID, fmt.Sprintf("f%d", runs))
				time.Sleep(time.Minute)
			}
			return tx.Replace(ctx, bellhop.Users, read)
		})
		wantFields(t, nodes[1], bellhop.Users, doc.ID, 2)
		if runs != 3 {
			t.Errorf("it ran %d times, want 3", runs)
		}
	})
}

// Nor does it keep those from theirs who share its transaction.
func TestNodesConflictSlowlyAmongOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nodes := storetest.Nodes(t, 2)
		doc := newDocument(nodes[0], `{}`)
		write(t, nodes[0], func(ctx context.Context, tx *store.Tx) error { return tx.Insert(ctx, bellhop.Users, doc) })
		var all sync.WaitGroup
		busy := make(chan struct{})
		all.Go(func() { write(t, nodes[0], func(context.Context, *store.Tx) error { <-busy; return nil }) })
		synctest.Wait()
		runs := 0
		all.Go(func() {
			write(t, nodes[0], func(ctx context.Context, tx *store.Tx) error {
				read, err := tx.Document(ctx, bellhop.Users, doc.ID)
				if err != nil {
					return err
				}
				if runs++; runs < 3 {
					between(t, nodes[1], bellhop.Users, doc.ID, fmt.Sprintf("f%d", runs))
					time.Sleep(time.Minute)
				}
				return errors.Join(tx.SetSetting(ctx, "a", []byte("x")), tx.Replace(ctx, bellhop.Users, read))
			})
		})
		synctest.Wait()
		all.Go(func() {
			write(t, nodes[0], func(ctx context.Context, tx *store.Tx) error { return tx.SetSetting(ctx, "b", []byte("x")) })
		})
		synctest.Wait()
		close(busy)
		all.Wait()
		wantFields(t, nodes[1], bellhop.Users, doc.ID, 2)
		if runs != 3 {
			t.Errorf("it ran %d times, want 3", runs)
		}
	})
}

func readAmongOthers(t *testing.T, nodes []*store.DB) {
	for name, read := range map[string]func(ctx context.Context, tx *store.Tx, doc *bellhop.Document) ([]*bellhop.Document, error){
		"Documents": func(ctx context.Context, tx *store.Tx, doc *bellhop.Document) ([]*bellhop.Document, error) {
			return tx.Documents(ctx, bellhop.Services, []bellhop.ID{doc.ID})
		},
		"Children": func(ctx context.Context, tx *store.Tx, doc *bellhop.Document) ([]*bellhop.Document, error) {
			return tx.Children(ctx, bellhop.Services, doc.Parent, 1)
		},
		"All": func(ctx context.Context, tx *store.Tx, doc *bellhop.Document) ([]*bellhop.Document, error) {
			docs, err := tx.All(ctx, bellhop.Services)
			return docs[len(docs)-1:], err
		},
		"Owned": func(ctx context.Context, tx *store.Tx, doc *bellhop.Document) ([]*bellhop.Document, error) {
			docs, err := tx.Owned(ctx, bellhop.Services, doc.OrgPath)
			return docs[len(docs)-1:], err
		},
		"Referring": func(ctx context.Context, tx *store.Tx, doc *bellhop.Document) ([]*bellhop.Document, error) {
			return tx.Referring(ctx, bellhop.Services, "bot", doc.Parent, doc.Organization)
		},
		"DocumentWithKey": func(ctx context.Context, tx *store.Tx, doc *bellhop.Document) ([]*bellhop.Document, error) {
			doc, err := tx.DocumentWithKey(ctx, bellhop.Services, "key:"+string(doc.ID))
			return []*bellhop.Document{doc}, err
		},
	} {
		doc := newDocument(nodes[0], "")
		doc.Parent = doc.ID
		doc.Keys = []string{"key:" + string(doc.ID)}
		doc.Body = fmt.Appendf(nil, `{"bot":%q}`, doc.ID)
		write(t, nodes[0], func(ctx context.Context, tx *store.Tx) error { return tx.Insert(ctx, bellhop.Services, doc) })
		for _, remove := range []bool{false, true} {
			runs := 0
			write(t, nodes[0], func(ctx context.Context, tx *store.Tx) error {
				docs, err := read(ctx, tx, doc)
				if err != nil || len(docs) != 1 || docs[0].ID != doc.ID {
					t.Fatalf("%s: %v, %v", name, docs, err)
				}
				// The third time the other one would have to wait.
				if runs++; runs < 3 {
					between(t, nodes[1], bellhop.Services, doc.ID, fmt.Sprintf("f%v%d", remove, runs))
				}
				if remove {
					return tx.Delete(ctx, bellhop.Services, doc.ID)
				}
				return tx.Replace(ctx, bellhop.Services, docs[0])
			})
			if runs != 3 {
				t.Errorf("%s, remove %v: it ran %d times, want 3", name, remove, runs)
			}
			if !remove {
				wantFields(t, nodes[1], bellhop.Services, doc.ID, 3)
			}
		}
	}
}
