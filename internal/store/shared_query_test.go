package store

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// slowQuery is a query that takes a second and answers how often it has begun.
func slowQuery() (*sharedQuery[int], *[]int) {
	var asked []int
	q := &sharedQuery[int]{}
	q.ask = func(_ context.Context, n int) (int, error) {
		asked = append(asked, n)
		begun := len(asked)
		<-time.After(time.Second)
		return begun, nil
	}
	return q, &asked
}

func TestSharedQueryBeginsAfterTheyCame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, asked := slowQuery()
		var all sync.WaitGroup
		get := func(want, index int) {
			all.Go(func() {
				if got, i, err := q.get(t.Context()); got != want || i != index || err != nil {
					t.Errorf("get() = %d, %d, %v, want %d, %d", got, i, err, want, index)
				}
			})
			synctest.Wait()
		}
		get(1, 0)
		time.Sleep(time.Second / 2)
		get(2, 0) // the first has begun before this one came
		get(2, 1)
		time.Sleep(2 * time.Second)
		get(3, 0)
		all.Wait()
		if len(*asked) != 3 || (*asked)[1] != 2 {
			t.Errorf("asked for %v callers, want for 1, 2, 1", *asked)
		}
	})
}

func TestSharedQueryFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("broken")
		fail := true
		q := &sharedQuery[int]{ask: func(context.Context, int) (int, error) {
			if fail {
				return 0, broken
			}
			return 1, nil
		}}
		if _, _, err := q.get(t.Context()); !errors.Is(err, broken) {
			t.Errorf("error %v, want %v", err, broken)
		}
		fail = false
		if got, _, err := q.get(t.Context()); got != 1 || err != nil {
			t.Errorf("get() = %d, %v after a failure, want 1", got, err)
		}
	})
}

// Who leaves does not take the answer from the others, not even who began.
func TestSharedQueryLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, _ := slowQuery()
		ctx, leave := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for _, ctx := range []context.Context{ctx, t.Context(), ctx, t.Context()} {
			all.Go(func() {
				if _, _, err := q.get(ctx); !errors.Is(err, ctx.Err()) {
					t.Errorf("error %v, want %v", err, ctx.Err())
				}
			})
		}
		synctest.Wait()
		leave()
		all.Wait()
		if _, _, err := q.get(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v for who has left already, want %v", err, context.Canceled)
		}
	})
}

func TestSharedQueryApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var asked []time.Duration
		q := &sharedQuery[int]{apart: time.Millisecond, ask: func(context.Context, int) (int, error) {
			asked = append(asked, time.Since(began))
			return 0, nil
		}}
		get := func() {
			if _, _, err := q.get(t.Context()); err != nil {
				t.Error(err)
			}
		}
		get()
		get()
		var all sync.WaitGroup
		for range 10 {
			all.Go(get)
		}
		all.Wait()
		time.Sleep(time.Second)
		get()
		want := []time.Duration{0, time.Millisecond, 2 * time.Millisecond, 2*time.Millisecond + time.Second}
		if len(asked) != len(want) {
			t.Fatalf("asked at %v, want %v", asked, want)
		}
		for i := range want {
			if asked[i] != want[i] {
				t.Errorf("asked at %v, want %v", asked, want)
			}
		}
	})
}

func TestSharedQueryClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, _ := slowQuery()
		var answered bool
		go func() { _, _, err := q.get(t.Context()); answered = err == nil }()
		synctest.Wait()
		q.close()
		synctest.Wait()
		if !answered {
			t.Error("close did not wait for the query that was under way")
		}
		if _, _, err := q.get(t.Context()); !errors.Is(err, ErrClosed) {
			t.Errorf("error %v after close, want %v", err, ErrClosed)
		}
	})
}
