package dispatch_test

import (
	"context"
	"testing"
	"time"

	"bellhop"
	"bellhop/internal/store"
)

// A crash repeats what is not recorded. So a result goes with the commit that begins next,
// whatever the commit under way is recording.
func TestResultsGoWithTheNextCommit(t *testing.T) {
	inWorld(t, "one waits for it already", func(t *testing.T, w *world) {
		w.answersAfter(10*time.Millisecond, 30*time.Millisecond)
		release := w.hold(w.db.Update, nil)
		w.sleep(50 * time.Millisecond)
		next := w.commit()
		release()
		<-next
		w.delivered(2)
	})
	inWorld(t, "one is being recorded", func(t *testing.T, w *world) {
		w.answersAfter(10*time.Millisecond, 50*time.Millisecond)
		releaseFirst := w.hold(w.db.Update, nil)
		w.sleep(20 * time.Millisecond) // the first result waits
		begun := make(chan struct{})
		releaseSecond := w.hold(w.db.UpdateSoon, begun) // goes behind it
		next := w.commit()
		releaseFirst()
		<-begun
		w.sleep(40 * time.Millisecond) // the second result waits
		last := w.commit()
		releaseSecond()
		<-next
		<-last
		w.delivered(2)
	})
}

// answersAfter publishes a delivery for each of times, which is how long its answer takes.
func (w *world) answersAfter(times ...time.Duration) {
	w.answer = func(a *arrival) reply { return reply{status: 200, after: times[a.nth]} }
	w.begin()
	s := w.service(nil)
	for i := range times {
		w.publish(s, string(rune('a'+i)))
	}
	w.sleep(0)
}

// hold begins an update that goes on until it is released. begun, if there is one, is
// closed when it runs.
func (w *world) hold(update func(context.Context, func(*store.Tx) error) error, begun chan struct{}) (release func()) {
	hold := make(chan struct{})
	go func() {
		err := update(context.WithoutCancel(w.t.Context()), func(*store.Tx) error {
			if begun != nil {
				close(begun)
			}
			<-hold
			return nil
		})
		if err != nil {
			w.t.Error(err)
		}
	}()
	w.sleep(0)
	return func() { close(hold) }
}

// commit begins an update and returns what is closed when it is on disk.
func (w *world) commit() <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := w.db.Update(context.WithoutCancel(w.t.Context()), func(*store.Tx) error { return nil }); err != nil {
			w.t.Error(err)
		}
	}()
	w.sleep(0)
	return done
}

// delivered expects that the first n deliveries are recorded.
func (w *world) delivered(n int) {
	w.t.Helper()
	for nth := range n {
		if d := w.stored(nth); d.Status != bellhop.Delivered {
			w.t.Errorf("delivery %d is %v, want it recorded with the commit", nth, d.Status)
		}
	}
}
