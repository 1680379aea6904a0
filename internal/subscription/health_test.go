package subscription

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"bellhop"
	"bellhop/internal/store"
)

// A big backlog is counted seldom, and a small one each time, however slow the machine.
func TestBacklogsAreCountedSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b backlogs
		counted := 0
		count := func(size int, err error) func() (store.Backlog, error) {
			return func() (store.Backlog, error) {
				counted++
				time.Sleep(20 * time.Millisecond)
				return store.Backlog{Pending: size + counted}, err
			}
		}
		want := func(service bellhop.ID, size, nth int) {
			t.Helper()
			if got, err := b.of(service, count(size, nil)); got.Pending != size+nth || err != nil {
				t.Errorf("%s: %d, %v, want %d", service, got.Pending, err, size+nth)
			}
		}
		want("small", 0, 1)
		want("small", 0, 2)
		want("big", bigBacklog, 3)
		want("big", bigBacklog, 3)
		want("small", 0, 4)
		time.Sleep(1900 * time.Millisecond)
		want("big", bigBacklog, 3)
		time.Sleep(200 * time.Millisecond)
		want("big", bigBacklog, 5)
		errStore := errors.New("no store")
		if _, err := b.of("other", count(bigBacklog, errStore)); !errors.Is(err, errStore) {
			t.Errorf("error %v, want that of the store", err)
		}
		want("other", 0, 7)
		for i := range maxBacklogs + 1 {
			b.of(bellhop.ID(fmt.Sprint(i)), count(bigBacklog, nil))
		}
		if len(b.known) > maxBacklogs {
			t.Errorf("%d backlogs are remembered", len(b.known))
		}
	})
}

// A count that waited long for the machine does not make the number old.
func TestBacklogsAreNeverOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b backlogs
		pending := 60_000
		count := func() (store.Backlog, error) {
			time.Sleep(time.Second)
			return store.Backlog{Pending: pending}, nil
		}
		b.of("busy", count)
		pending = 0
		time.Sleep(4 * time.Second)
		if got, _ := b.of("busy", count); got.Pending != 60_000 {
			t.Errorf("%d pending, counted again after 4 s", got.Pending)
		}
		time.Sleep(2 * time.Second)
		if got, _ := b.of("busy", count); got.Pending != 0 {
			t.Errorf("%d pending after 6 s, want 0: they have been delivered", got.Pending)
		}
	})
}
