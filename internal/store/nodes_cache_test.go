package store_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"sync"
	"testing"

	"bellhop"
	"bellhop/internal/store"
	"bellhop/internal/store/storetest"
)

var cachedKinds = []*bellhop.Kind{bellhop.Users, bellhop.Services}

// cache is what a node keeps of all documents of two kinds, as those who use store.Tx.Changed do.
type cache struct {
	db *store.DB

	mu     sync.Mutex
	mark   int64
	bodies map[bellhop.ID]string
	whole  int // how often everything was read
}

func newCache(db *store.DB) *cache { return &cache{db: db, mark: -1} }

// bodiesIn returns what is there, as tx sees it.
func (c *cache) bodiesIn(ctx context.Context, tx *store.Tx) (map[bellhop.ID]string, error) {
	c.mu.Lock()
	mark, known := c.mark, c.bodies
	c.mu.Unlock()
	if own, ok := tx.Memo.(*cache); ok {
		mark, known = own.mark, own.bodies
	}
	ids, ok, err := tx.Changed(ctx, mark, cachedKinds...)
	if err != nil || ok && ids == nil {
		return known, err
	}
	if mark, err = tx.Mark(ctx, cachedKinds...); err != nil {
		return nil, err
	}
	known, err = c.read(ctx, tx, known, ids, ok)
	if err != nil {
		return nil, err
	}
	if tx.HasChanged(cachedKinds...) {
		tx.Memo = &cache{mark: mark, bodies: known}
		return known, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mark < mark {
		c.mark, c.bodies = mark, known
	}
	return known, nil
}

func (c *cache) read(ctx context.Context, tx *store.Tx, known map[bellhop.ID]string, ids [][]bellhop.ID, some bool) (map[bellhop.ID]string, error) {
	if !some {
		c.mu.Lock()
		c.whole++
		c.mu.Unlock()
		return all(ctx, tx)
	}
	known = maps.Clone(known)
	for i, kind := range cachedKinds {
		for _, id := range ids[i] {
			doc, err := tx.Document(ctx, kind, id)
			if bellhop.HasCode(err, bellhop.NotFound) {
				delete(known, id)
				continue
			}
			if err != nil {
				return nil, err
			}
			known[id] = string(doc.Body)
		}
	}
	return known, nil
}

func all(ctx context.Context, tx *store.Tx) (map[bellhop.ID]string, error) {
	bodies := map[bellhop.ID]string{}
	for _, kind := range cachedKinds {
		docs, err := tx.All(ctx, kind)
		if err != nil {
			return nil, err
		}
		for _, doc := range docs {
			bodies[doc.ID] = string(doc.Body)
		}
	}
	return bodies, nil
}

// now returns what is there outside of a transaction.
func (c *cache) now(ctx context.Context) (bodies map[bellhop.ID]string, err error) {
	mark, err := c.db.Mark(ctx, cachedKinds...)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	known, current := c.bodies, c.mark >= mark
	c.mu.Unlock()
	if current {
		return known, nil
	}
	err = c.db.View(ctx, func(tx *store.Tx) error {
		bodies, err = c.bodiesIn(ctx, tx)
		return err
	})
	return bodies, err
}

// change changes something, anything. In its transaction the node sees what is there; while
// others change something, too, that may be more with each look.
func (c *cache) change(ctx context.Context, t *testing.T, r *rand.Rand, alone bool) {
	kind, n, fails := cachedKinds[r.IntN(2)], r.IntN(100), r.IntN(10) == 0
	err := c.db.Update(ctx, func(tx *store.Tx) error {
		docs, err := tx.All(ctx, kind)
		if err != nil {
			return err
		}
		body := fmt.Sprintf(`{"n":%d}`, r.Int())
		if len(docs) == 0 || n < 40 {
			err = tx.Insert(ctx, kind, newDocument(c.db, body))
		} else if doc := docs[n%len(docs)]; n < 80 {
			doc.Body = []byte(body)
			err = tx.Replace(ctx, kind, doc)
		} else {
			err = tx.Delete(ctx, kind, doc.ID)
		}
		if err != nil {
			return err
		}
		got, err := c.bodiesIn(ctx, tx)
		if err != nil {
			return err
		}
		want, err := all(ctx, tx)
		if err == nil && alone && !maps.Equal(got, want) {
			t.Errorf("in a transaction the node sees %d documents otherwise than they are", differing(got, want))
		}
		if err == nil && fails {
			err = errFails
		}
		return err
	})
	if err != nil && !errors.Is(err, errFails) {
		t.Error(err)
	}
}

// differing returns how many documents are not the same in both.
func differing(a, b map[bellhop.ID]string) (n int) {
	for id, body := range a {
		if other, ok := b[id]; !ok || other != body {
			n++
		}
	}
	for id := range b {
		if _, ok := a[id]; !ok {
			n++
		}
	}
	return n
}

var errFails = errors.New("it fails on purpose")

// check compares what the node sees with what another one reads.
func (c *cache) check(ctx context.Context, t *testing.T, other *store.DB) {
	t.Helper()
	got, err := c.now(ctx)
	if err != nil {
		t.Fatal(err)
	}
	err = other.View(ctx, func(tx *store.Tx) error {
		want, err := all(ctx, tx)
		if !maps.Equal(got, want) {
			t.Errorf("the node sees %d documents otherwise than they are", differing(got, want))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestNodesSeeTheSame plays random changes on two nodes. What one has committed the other one
// sees from then on, by what it keeps and what it is told of changes.
func TestNodesSeeTheSame(t *testing.T) {
	t.Parallel()
	nodes := storetest.Nodes(t, 2)
	ctx := t.Context()
	caches := []*cache{newCache(nodes[0]), newCache(nodes[1])}
	caches[0].check(ctx, t, nodes[1])
	caches[1].check(ctx, t, nodes[0])
	r := rand.New(rand.NewPCG(1, 2))
	for range 80 {
		caches[r.IntN(2)].change(ctx, t, r, true)
		at := r.IntN(2)
		caches[at].check(ctx, t, nodes[1-at])
	}
	for round := range 3 {
		var all sync.WaitGroup
		for i, c := range []*cache{caches[0], caches[1], caches[0], caches[1]} {
			r := rand.New(rand.NewPCG(uint64(round), uint64(i)))
			all.Go(func() {
				for range 20 {
					c.change(ctx, t, r, false)
				}
			})
		}
		all.Wait()
		caches[0].check(ctx, t, nodes[1])
		caches[1].check(ctx, t, nodes[0])
	}
	for i, c := range caches {
		if c.whole != 1 {
			t.Errorf("node %d has read everything %d times, want once", i, c.whole)
		}
	}
}
