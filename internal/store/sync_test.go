package store

import (
	"context"
	"sync"
	"testing"
	"time"
)

// The values of PRAGMA synchronous.
const (
	pragmaNormal = 1
	pragmaFull   = 2
)

// What is not lazy waits for the disk, also where it shares its commit with what is, or follows it.
func TestOnlyLazyCommitsDoNotWaitForTheDisk(t *testing.T) {
	db, err := Open(t.Context(), Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	mode := func(write func(context.Context, func(*Tx) error) error) (mode int) {
		err := write(t.Context(), func(tx *Tx) error { return tx.get(t.Context(), "PRAGMA synchronous", nil, &mode) })
		if err != nil {
			t.Error(err)
		}
		return mode
	}
	for _, step := range []struct {
		name  string
		write func(context.Context, func(*Tx) error) error
		want  int
	}{
		{"Update", db.Update, pragmaFull},
		{"UpdateLazily", db.UpdateLazily, pragmaNormal},
		{"UpdateSoon", db.UpdateSoon, pragmaFull},
		{"UpdateLazily", db.UpdateLazily, pragmaNormal},
		{"Update", db.Update, pragmaFull},
	} {
		if got := mode(step.write); got != step.want {
			t.Errorf("%s commits with synchronous=%d, want %d", step.name, got, step.want)
		}
	}

	// While one leads, two come to share the next commit.
	leads, goOn := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		err := db.Update(t.Context(), func(*Tx) error { close(leads); <-goOn; return nil })
		if err != nil {
			t.Error(err)
		}
	})
	<-leads
	var lazy, eager int
	wg.Go(func() { lazy = mode(db.UpdateLazily) })
	wg.Go(func() { eager = mode(db.Update) })
	for deadline := time.After(time.Minute); !haveCome(db); {
		select {
		case <-deadline:
			t.Fatal("nobody waits for the next commit")
		case <-time.After(time.Millisecond):
		}
	}
	close(goOn)
	wg.Wait()
	if lazy != pragmaFull || eager != pragmaFull {
		t.Errorf("a lazy one and another one share a commit with synchronous=%d, %d, want %d", lazy, eager, pragmaFull)
	}
}

// haveCome reports whether somebody waits and somebody rides.
func haveCome(db *DB) bool {
	db.group.mu.Lock()
	defer db.group.mu.Unlock()
	return len(db.group.waiting) > 0 && len(db.group.riders) > 0
}
