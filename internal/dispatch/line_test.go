package dispatch

import (
	"testing"

	"bellhop"
	"bellhop/internal/store"
)

func pendingOf(key string, seq int64, due bellhop.Time, attempts int) store.Pending {
	return store.Pending{Delivery: bellhop.Delivery{Seq: seq, Due: due, Attempts: attempts}, Event: &bellhop.Event{Key: key}}
}

// wantRest checks that the rest of a crowded line begins no later than with p.
func wantRest(t *testing.T, q *queue, p store.Pending) {
	t.Helper()
	if got := q.add(p, false); got != lineFull {
		t.Fatalf("add = %d, want %d", got, lineFull)
	}
	if ln := q.lines[p.Event.Key]; !ln.crowded || !ln.last.Before(store.CursorAt(&p.Delivery)) {
		t.Errorf("the rest of the line is read behind %+v, and delivery %+v is never found", ln.last, store.CursorAt(&p.Delivery))
	}
}

func smallQueue() queue {
	l := defaultLimits()
	l.waiting = 4
	return newQueue(&l, &budget{most: mostHeld})
}

// What was put back stands behind nothing that is still in the line.
func TestLineAfterPutBack(t *testing.T) {
	q := smallQueue()
	second := pendingOf("a", 4, 4, 0)
	q.add(pendingOf("a", 1, 1, 0), false)
	q.add(second, false)
	q.take() // the first of a is under way
	q.drain()
	q.add(pendingOf("b", 2, 2, 0), false)
	q.add(pendingOf("b", 3, 3, 0), false) // and now there is no room to wait in
	wantRest(t, &q, second)
}

// A retry may be due later than what has never been attempted.
func TestLineOfRetry(t *testing.T) {
	q := smallQueue()
	q.add(pendingOf("b", 2, 2, 0), false)
	q.add(pendingOf("b", 3, 3, 0), false)
	q.add(pendingOf("a", 1, 100, 1), false)
	wantRest(t, &q, pendingOf("a", 4, 4, 0))
}
