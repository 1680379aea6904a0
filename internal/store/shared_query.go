package store

import (
	"context"
	"sync"
	"time"
)

// sharedQuery lets concurrent callers share the answer of a query that begins after they all
// came. So what each is told is never older than his question, and many who ask at the same
// time cost one query. Its zero value is not ready: ask must be set. It is safe for concurrent
// use.
type sharedQuery[T any] struct {
	// ask asks for n callers. Its context does not end with theirs: it must not take for ever.
	ask func(ctx context.Context, n int) (T, error)

	// apart is how much time lies between the beginnings of two queries, at least: where
	// many ask, how many queries that makes. Who asks after a while does not wait.
	apart time.Duration

	mu      sync.Mutex
	next    *sharedAnswer[T] // of those who wait for the query to begin; nil if nobody does
	working bool             // somebody asks
	closed  bool
	began   time.Time
	worker  sync.WaitGroup
}

// sharedAnswer is what several callers are told.
type sharedAnswer[T any] struct {
	n    int           // how many they are
	done chan struct{} // closed when value and err are set

	value T
	err   error
}

// get returns the answer of a query that begins after it was called, and which of those who
// share it the caller is, from 0. If ctx ends before, its error is returned.
func (q *sharedQuery[T]) get(ctx context.Context) (value T, i int, err error) {
	return q.getMany(ctx, 1)
}

// getMany is get for who counts as n callers, the first of whom is i.
func (q *sharedQuery[T]) getMany(ctx context.Context, n int) (value T, i int, err error) {
	if err := ctx.Err(); err != nil {
		return value, 0, err
	}
	q.mu.Lock()
	if q.closed {
		q.mu.Unlock()
		return value, 0, ErrClosed
	}
	if q.next == nil {
		q.next = &sharedAnswer[T]{done: make(chan struct{})}
	}
	a := q.next
	i = a.n
	a.n += n
	if !q.working {
		q.working = true
		q.worker.Go(func() { q.work(context.WithoutCancel(ctx)) })
	}
	q.mu.Unlock()
	select {
	case <-a.done:
		return a.value, i, a.err
	case <-ctx.Done():
		return value, 0, ctx.Err()
	}
}

// work asks until nobody waits.
func (q *sharedQuery[T]) work(ctx context.Context) {
	for {
		q.mu.Lock()
		wait := q.apart - time.Since(q.began)
		if q.next != nil && wait > 0 {
			q.mu.Unlock()
			<-time.After(wait)
			continue
		}
		a := q.next
		q.next = nil
		if a == nil {
			q.working = false
			q.mu.Unlock()
			return
		}
		q.began = time.Now()
		q.mu.Unlock()
		a.value, a.err = q.ask(ctx, a.n)
		close(a.done)
	}
}

// close turns away who comes, and waits for the query that is under way.
func (q *sharedQuery[T]) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.worker.Wait()
}
