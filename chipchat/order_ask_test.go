package chipchat

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
)

// A handler that waits for a reply does not keep that reply from coming.
func TestOrderLetsAReplyThrough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, Order{})
		var replied string
		s.bot.OnText(Text("1"), func(ctx context.Context, _ *Message, c *Conversation) error {
			m, err := c.Ask(ctx, "which one?")
			if err == nil {
				replied = m.Text
			}
			return err
		})
		s.arrive(t, deliveryOf(t, 1))
		s.arrive(t, deliveryOf(t, 2))
		s.posts.Wait()
		if replied != "2" {
			t.Errorf("replied %q", replied)
		}
		if err := s.bot.Drain(t.Context()); err != nil {
			t.Errorf("Drain = %v", err)
		}
	})
}

// Nor do as many of them as events may be handled.
func TestAskLeavesRoomForItsReply(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBot(t, echoes(), func(o *Options) { o.MaxRunning = 1 })
		var replied string
		b.OnText(Text("1"), func(ctx context.Context, _ *Message, c *Conversation) error {
			m, err := c.Ask(ctx, "which one?")
			if err == nil {
				replied = m.Text
			}
			return err
		})
		if err := b.IngestDetached(t.Context(), []byte(deliveryOf(t, 1)), nil); err != nil {
			t.Fatal(err)
		}
		synctest.Wait() // the question is there
		if err := b.Ingest(t.Context(), []byte(deliveryOf(t, 2)), nil); err != nil {
			t.Errorf("Ingest of the reply = %v", err)
		}
		synctest.Wait()
		if replied != "2" || len(b.slots) != 0 {
			t.Errorf("replied %q, %d slots taken", replied, len(b.slots))
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_ = b.Drain(ctx) // who still waits
	})
}

// Who answers before the handlers run still says when an event was not taken.
func TestRefusedEventsAreGivenBack(t *testing.T) {
	store := &faultyStore{MemoryDedupe: NewMemoryDedupe(0, 0), claim: errors.New("store is away")}
	b := newBot(t, answers(500), func(o *Options) { o.Dedupe = store })
	calls := make(chan struct{}, 10)
	b.On("message.create.*.*", func(context.Context, *Message, *Conversation) error {
		calls <- struct{}{}
		return nil
	})
	body := deliveryOf(t, 1)
	hooks := map[string]http.Handler{"router": b.Router(RouterOptions{AtOnce: true}), "middleware": b.HTTPMiddleware()}
	ask := func(h http.Handler) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body)))
		return w
	}
	for name, h := range hooks {
		if w := ask(h); w.Code != 503 || w.Header().Get("Retry-After") == "" {
			t.Errorf("%s without the store = %d %s", name, w.Code, w.Body)
		}
	}
	if err := b.Ingest(t.Context(), []byte(body), nil); !errors.Is(err, ErrTryAgain) {
		t.Errorf("Ingest = %v", err)
	}
	if err := b.IngestDetached(t.Context(), []byte(body), nil); !errors.Is(err, ErrTryAgain) {
		t.Errorf("IngestDetached = %v", err)
	}
	store.claim = nil
	for name, h := range hooks {
		if w := ask(h); w.Code != 200 {
			t.Errorf("%s with the store = %d %s", name, w.Code, w.Body)
		}
	}
	if err := b.Ingest(t.Context(), []byte(body), nil); err != nil {
		t.Errorf("Ingest = %v", err)
	}
	if err := b.Drain(t.Context()); err != nil || len(calls) != 1 {
		t.Errorf("Drain = %v, handled %d times", err, len(calls))
	}
}
