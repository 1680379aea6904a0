package store_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"bellhop/internal/store"
)

func TestStatsAndObserve(t *testing.T) {
	var mu sync.Mutex
	var batches []store.Batch
	var traced []error
	db := open(t, store.Config{Dir: t.TempDir(), Unsafe: true,
		Observe: func(b store.Batch) {
			mu.Lock()
			defer mu.Unlock()
			batches = append(batches, b)
		},
		Trace: func(context.Context) func(error) {
			return func(err error) { traced = append(traced, err) }
		},
	})
	appended(t, db, noon)
	appended(t, db, noon)
	errGuilty := errors.New("guilty")
	err := db.Update(t.Context(), func(*store.Tx) error { return errGuilty })
	if !errors.Is(err, errGuilty) {
		t.Fatal(err)
	}
	stats := db.Stats()
	if stats.Events != 2 || stats.Deliveries != 2 || stats.LogBytes == 0 || stats.Bytes == 0 {
		t.Errorf("Stats = %+v, want two events with a delivery each, and sizes", stats)
	}
	if len(batches) != 3 || batches[0].Updates != 1 || batches[0].Took <= 0 || batches[2].Failed != 0 {
		t.Errorf("batches %+v, want three of one update", batches)
	}
	if len(traced) != 3 || traced[0] != nil || !errors.Is(traced[2], errGuilty) {
		t.Errorf("traced %v, want two that went well and one that did not", traced)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}
