package store_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"bellhop/internal/store"
)

// A transaction that takes long takes no more updates, and what rides in it comes first:
// results of attempts do not wait for many who publish.
func TestLongBatchIsCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sizes []int
		var order []string
		db := open(t, store.Config{Dir: t.TempDir(), Unsafe: true, Observe: func(b store.Batch) { sizes = append(sizes, b.Updates) }})
		sizes = nil
		var wg sync.WaitGroup
		add := func(update func(context.Context, func(*store.Tx) error) error, name string, takes time.Duration) {
			wg.Go(func() {
				err := update(t.Context(), func(*store.Tx) error {
					order = append(order, name) // the leader's alone
					time.Sleep(takes)
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			})
			synctest.Wait()
		}
		add(db.Update, "first", 10*time.Millisecond)
		for _, name := range []string{"a", "b", "c", "d", "e"} {
			add(db.Update, name, 4*time.Millisecond)
		}
		add(db.UpdateLazily, "result", 0)
		wg.Wait()
		if want := []string{"first", "result", "a", "b", "c", "d", "e"}; !slices.Equal(order, want) {
			t.Errorf("order %q, want %q", order, want)
		}
		if want := []int{1, 3, 2, 1}; !slices.Equal(sizes, want) {
			t.Errorf("batches of %v, want %v", sizes, want)
		}
	})
}
