package storetest

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"bellhop"
	"bellhop/internal/store"
)

// Contract: resources.md Filter operators: Of each user two lists
// Contract: resources.md Filter operators: One that takes longer than 60 s
func testTurns(t *testing.T, open Opener) {
	const ada, bob = bellhop.ID("64b0f1a2c3d4e5f607182901"), bellhop.ID("64b0f1a2c3d4e5f607182902")
	lasting := func(d time.Duration) func(context.Context, *store.Tx) error {
		return func(ctx context.Context, _ *store.Tx) error {
			select {
			case <-time.After(d):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	inBubble(t, "who reads a lot waits for himself", open, func(t *testing.T, db *store.DB) {
		start := time.Now()
		ended := make(chan time.Duration, 20)
		for range 20 {
			go func() {
				if err := db.ViewInTurn(t.Context(), ada, lasting(10*time.Second)); err != nil {
					t.Error(err)
				}
				ended <- time.Since(start)
			}()
		}
		synctest.Wait()
		if err := db.ViewInTurn(t.Context(), bob, lasting(time.Second)); err != nil || time.Since(start) != time.Second {
			t.Errorf("another reader was answered %v after %v, want nil after 1s", err, time.Since(start))
		}
		for i := range 20 {
			if got, want := <-ended, time.Duration(i/2+1)*10*time.Second; got != want {
				t.Errorf("number %d ended after %v, want %v", i, got, want)
			}
		}
	})
	inBubble(t, "nobody reads for ever", open, func(t *testing.T, db *store.DB) {
		start := time.Now()
		err := db.ViewInTurn(t.Context(), ada, lasting(time.Hour))
		if !bellhop.HasCode(err, bellhop.Invalid) || time.Since(start) != time.Minute {
			t.Errorf("ViewInTurn = %v after %v, want an Invalid error after a minute", err, time.Since(start))
		}
		view(t, db, func(context.Context, *store.Tx) error { return nil })
	})
	inBubble(t, "who goes away waits no more", open, func(t *testing.T, db *store.DB) {
		for range 2 {
			go db.ViewInTurn(t.Context(), ada, lasting(50*time.Second))
		}
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := db.ViewInTurn(ctx, ada, lasting(0)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("ViewInTurn = %v, want %v", err, context.DeadlineExceeded)
		}
		time.Sleep(50 * time.Second)
		if err := db.ViewInTurn(t.Context(), ada, lasting(0)); err != nil {
			t.Errorf("ViewInTurn = %v, want nil", err)
		}
	})
}
