package chipchat

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestRepeatWaitsForTheFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, failure := range []error{nil, errors.New("broken")} {
			b := newBot(t, answers(500), func(o *Options) { o.Dedupe = NewMemoryDedupe(0, 0) })
			var calls atomic.Int32
			b.On("message.create.*.*", func(context.Context, *Message, *Conversation) error {
				calls.Add(1)
				time.Sleep(5 * time.Second)
				return failure
			})
			begun := time.Now()
			answers := make(chan *httptest.ResponseRecorder, 3)
			for range 3 {
				go func() { answers <- post(b, deliveryOf(t, 1), "") }()
				time.Sleep(time.Second)
			}
			first := <-answers
			for range 2 {
				if w := <-answers; w.Code != first.Code || w.Body.String() != first.Body.String() {
					t.Errorf("repeat = %d %s, first = %d %s", w.Code, w.Body, first.Code, first.Body)
				}
			}
			if took := time.Since(begun); calls.Load() != 1 || took != 5*time.Second || (first.Code == 200) != (failure == nil) {
				t.Errorf("%d calls, answer %d after %v", calls.Load(), first.Code, took)
			}

			begun = time.Now()
			w := post(b, deliveryOf(t, 1), "")
			switch took := time.Since(begun); {
			case failure == nil && (w.Code != 200 || w.Body.String() != first.Body.String() || took != 0 || calls.Load() != 1):
				t.Errorf("repeat of a handled one = %d %s after %v, %d calls", w.Code, w.Body, took, calls.Load())
			case failure != nil && (w.Code != 400 || calls.Load() != 2):
				t.Errorf("repeat of a failed one = %d %s, %d calls", w.Code, w.Body, calls.Load())
			}
		}
	})
}

func TestWithoutStoreRepeatsAreHandled(t *testing.T) {
	b := newBot(t, answers(500), nil)
	calls := 0
	b.On("message.create.*.*", func(context.Context, *Message, *Conversation) error {
		calls++
		return nil
	})
	for range 2 {
		post(b, deliveryOf(t, 1), "")
	}
	if calls != 2 {
		t.Errorf("%d calls, want 2", calls)
	}
}

func TestDeliveriesWithoutUsableIDAreNotDeduplicated(t *testing.T) {
	store := NewMemoryDedupe(0, 0)
	b := newBot(t, answers(500), func(o *Options) { o.Dedupe = store })
	for _, id := range []string{"", strings.Repeat("x", maxDedupeID+1)} {
		calls := 0
		b.listeners.events = nil
		b.On("message.create.*.*", func(context.Context, *Message, *Conversation) error {
			calls++
			return nil
		})
		body := strings.Replace(deliveryOf(t, 1), "5f0c6d2e-1b7a-11ef-9c3d-2f6a1e4b8d01", id, 1)
		for range 2 {
			if w := post(b, body, ""); w.Code != 200 {
				t.Errorf("POST = %d %s", w.Code, w.Body)
			}
		}
		if calls != 2 || len(store.byID) != 0 {
			t.Errorf("id of %d bytes: %d calls, %d remembered", len(id), calls, len(store.byID))
		}
	}
}

// faultyStore fails where it is told to.
type faultyStore struct {
	*MemoryDedupe
	claim, keep error
}

func (s *faultyStore) Claim(ctx context.Context, id ID, lease time.Duration) (bool, error) {
	if s.claim != nil {
		return false, s.claim
	}
	return s.MemoryDedupe.Claim(ctx, id, lease)
}

func (s *faultyStore) Keep(ctx context.Context, id ID) error {
	if s.keep != nil {
		return s.keep
	}
	return s.MemoryDedupe.Keep(ctx, id)
}

func TestDedupeStoreFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &faultyStore{MemoryDedupe: NewMemoryDedupe(0, 0), claim: errors.New("store is away")}
		b := newBot(t, answers(500), func(o *Options) { o.Dedupe = store })
		calls, reported := 0, 0
		b.OnEvent("error", countErrors(&reported))
		b.On("message.create.*.*", func(context.Context, *Message, *Conversation) error {
			calls++
			return nil
		})
		w := post(b, deliveryOf(t, 1), "")
		if w.Code != 503 || w.Header().Get("Retry-After") == "" || calls != 0 || reported != 1 || strings.Contains(w.Body.String(), "away") {
			t.Errorf("without the store: %d %s, %d calls, %d reported", w.Code, w.Body, calls, reported)
		}
		store.claim, store.keep = nil, errors.New("store is full")
		if w := post(b, deliveryOf(t, 1), ""); w.Code != 200 || calls != 1 || reported != 2 {
			t.Errorf("answer not kept: %d %s, %d calls, %d reported", w.Code, w.Body, calls, reported)
		}
		store.keep = nil
		if w := post(b, deliveryOf(t, 1), ""); w.Code != 503 || calls != 1 {
			t.Errorf("while the claim lasts: %d %s, %d calls", w.Code, w.Body, calls)
		}
		time.Sleep(claimLease)
		if w := post(b, deliveryOf(t, 1), ""); w.Code != 200 || calls != 2 {
			t.Errorf("after the claim: %d %s, %d calls", w.Code, w.Body, calls)
		}
	})
}

func TestProcessesShareADedupeStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := NewMemoryDedupe(0, 0)
		var calls atomic.Int32
		process := func() *Bot {
			b := newBot(t, answers(500), func(o *Options) { o.Dedupe = store })
			return b.On("message.create.*.*", func(context.Context, *Message, *Conversation) error {
				calls.Add(1)
				time.Sleep(5 * time.Second)
				return nil
			})
		}
		one, two := process(), process()
		first := make(chan int)
		go func() { first <- post(one, deliveryOf(t, 1), "").Code }()
		synctest.Wait()
		if w := post(two, deliveryOf(t, 1), ""); w.Code != 503 {
			t.Errorf("repeat to another process = %d %s, want 503", w.Code, w.Body)
		}
		if code := <-first; code != 200 {
			t.Errorf("first = %d", code)
		}
		if w := post(two, deliveryOf(t, 1), ""); w.Code != 200 || calls.Load() != 1 {
			t.Errorf("repeat after it = %d %s, %d calls", w.Code, w.Body, calls.Load())
		}
	})
}

func TestMemoryDedupeBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		d := NewMemoryDedupe(3, time.Hour)
		knows := func(id ID) bool {
			t.Helper()
			handled, err := d.Claim(ctx, id, time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			_ = d.Release(ctx, id)
			return handled
		}
		for i := range 4 {
			id := messageID(i)
			if err := errors.Join(d.Keep(ctx, id), d.Keep(ctx, id)); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Minute)
		}
		for i, want := range []bool{false, true, true, true} {
			if got := knows(messageID(i)); got != want {
				t.Errorf("knows %d = %v, want %v", i, got, want)
			}
		}
		time.Sleep(57*time.Minute + 30*time.Second)
		for i, want := range []bool{false, false, true, true} {
			if got := knows(messageID(i)); got != want {
				t.Errorf("later knows %d = %v, want %v", i, got, want)
			}
		}
		if len(d.byID) != d.oldest.Len() || len(d.claims) != 0 {
			t.Errorf("%d, %d, %d remembered", len(d.byID), d.oldest.Len(), len(d.claims))
		}
	})
}
