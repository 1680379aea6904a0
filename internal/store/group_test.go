package store

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"

	"bellhop"
)

// Contract: extensions.md 1: When the store cannot keep up
func TestTooManyWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := openForLists(t)
		if db.group.mostWaiting != 8192 {
			t.Errorf("%d may wait, want 8192", db.group.mostWaiting)
		}
		db.group.mostWaiting = 20
		committed := make(chan struct{})
		var all sync.WaitGroup
		all.Go(func() {
			if err := db.Update(t.Context(), func(*Tx) error { <-committed; return nil }); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait() // a commit is under way
		ctx, leave := context.WithCancel(t.Context())
		for range 20 {
			all.Go(func() { _ = db.Update(ctx, func(*Tx) error { t.Error("who has left was served"); return nil }) })
		}
		synctest.Wait()
		err := db.Update(t.Context(), func(*Tx) error { t.Error("one too many was served"); return nil })
		if e, ok := err.(*bellhop.Error); !ok || e.Code != bellhop.TooMany || e.RetryAfter <= 0 || len(db.group.waiting) != 20 {
			t.Errorf("Update = %v with %d waiting, want TooMany", err, len(db.group.waiting))
		}
		leave()
		synctest.Wait()
		served := false
		all.Go(func() {
			if err := db.Update(t.Context(), func(*Tx) error { served = true; return nil }); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		close(committed)
		all.Wait()
		if !served {
			t.Error("there is no room when those who waited have left")
		}
	})
}
