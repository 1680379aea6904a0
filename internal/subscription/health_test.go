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

// A backlog that is quick to count is counted each time, and one that is not, seldom.
func TestBacklogsAreCountedSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b backlogs
		counted := 0
		count := func(took time.Duration, err error) func() (store.Backlog, error) {
			return func() (store.Backlog, error) {
				counted++
				time.Sleep(took)
				return store.Backlog{Pending: counted}, err
			}
		}
		want := func(service bellhop.ID, took time.Duration, pending int) {
			t.Helper()
			if got, err := b.of(service, count(took, nil)); got.Pending != pending || err != nil {
				t.Errorf("%s: %d, %v, want %d", service, got.Pending, err, pending)
			}
		}
		want("quick", time.Microsecond, 1)
		want("quick", time.Microsecond, 2)
		want("long", 20*time.Millisecond, 3)
		want("long", 20*time.Millisecond, 3)
		want("quick", time.Microsecond, 4)
		time.Sleep(1900 * time.Millisecond)
		want("long", 20*time.Millisecond, 3)
		time.Sleep(200 * time.Millisecond)
		want("long", 20*time.Millisecond, 5)
		errStore := errors.New("no store")
		if _, err := b.of("other", count(time.Second, errStore)); !errors.Is(err, errStore) {
			t.Errorf("error %v, want that of the store", err)
		}
		want("other", time.Microsecond, 7)
		for i := range maxBacklogs + 1 {
			b.of(bellhop.ID(fmt.Sprint(i)), count(time.Second, nil))
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
